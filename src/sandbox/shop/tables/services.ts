// Which tables hold what clients have: services, their addons, orders, upgrades and cancellation requests?
import { defaulted, id, key, late, nullable, onlyIn, required, rowTimes, type Table, zero } from "../table.ts";

const statuses = "enum('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed')";
const money = "decimal(16,2)";

const services: Table = {
  name: "tblhosting",
  columns: [
    ...id(),
    ...required("userid orderid packageid server", "int(10)"),
    ...required("regdate", "date"),
    ...required("domain paymentmethod", "text"),
    ...late(defaulted("qty", "int(10) unsigned", "'1'")),
    ...defaulted("firstpaymentamount amount", money, "'0.00'"),
    ...required("billingcycle", "text"),
    ...nullable("nextduedate", "date"),
    ...required("nextinvoicedate", "date"),
    ...zero("termination_date completed_date", "date"),
    ...defaulted("domainstatus", statuses, "'Pending'"),
    ...required("username password notes subscriptionid", "text"),
    ...onlyIn("8.13", nullable("recommendation_source_product_id", "int(10) unsigned")),
    ...required("promoid", "int(10)"),
    ...late(nullable("promocount", "int(10)", "'0'")),
    ...required("suspendreason", "text"),
    ...required("overideautosuspend", "tinyint(1)"),
    ...required("overidesuspenduntil", "date"),
    ...required("dedicatedip assignedips ns1 ns2", "text"),
    ...defaulted("diskusage disklimit bwusage bwlimit", "int(10)", "'0'"),
    ...onlyIn("8.13", nullable("upsell_from_products", "varchar(40)")),
    ...zero("lastupdate", "datetime"),
    ...rowTimes(),
  ],
  keys: [
    "KEY `serviceid` (`id`)",
    ...["userid", "orderid", "packageid", "server"].map((column) => key(column)),
    key("domain", 64),
    key("domainstatus"),
    key("username", 8),
  ],
};

const serviceAddons: Table = {
  name: "tblhostingaddons",
  columns: [
    ...id(),
    ...required("orderid hostingid addonid", "int(10)"),
    ...defaulted("userid server", "int(10)", "'0'"),
    ...required("name", "text"),
    ...late(defaulted("qty", "int(10) unsigned", "'1'")),
    ...defaulted("firstpaymentamount setupfee recurring", money, "'0.00'"),
    ...required("billingcycle tax", "text"),
    ...defaulted("status", statuses, "'Pending'"),
    ...zero("regdate", "date"),
    ...nullable("nextduedate", "date"),
    ...required("nextinvoicedate", "date"),
    ...zero("termination_date proratadate", "date"),
    ...required("paymentmethod notes", "text"),
    ...defaulted("subscriptionid", "varchar(128)", "''"),
    ...onlyIn("8.13", nullable("upsell_from_products", "varchar(40)")),
    ...rowTimes(),
  ],
  keys: [key("orderid"), key("hostingid"), key("name", 32), key("status")],
};

/** Only the columns that are certain: the reference names this table without describing it. */
const domains: Table = {
  name: "tbldomains",
  columns: [
    ...id(),
    ...required("userid orderid", "int(10)"),
    ...required("domain", "text"),
    ...required("status", "varchar(32)"),
  ],
  keys: [key("userid"), key("orderid")],
};

const orders: Table = {
  name: "tblorders",
  columns: [
    ...id(),
    ...required("ordernum", "bigint(10)"),
    ...required("userid contactid", "int(10)"),
    ...late(defaulted("requestor_id admin_requestor_id", "int(10) unsigned", "'0'")),
    ...required("date", "datetime"),
    ...required("nameservers transfersecret renewals promocode promotype promovalue orderdata", "text"),
    ...required("amount", money),
    ...required("paymentmethod", "text"),
    ...onlyIn("8.4", defaulted("invoiceid", "int(10)", "'0'")),
    ...onlyIn("8.13", defaulted("invoiceid", "int(10) unsigned", "'0'")),
    ...required("status ipaddress fraudmodule fraudoutput notes", "text"),
    ...onlyIn("8.13", defaulted("purchase_source", "int(10) unsigned", "'4'")),
    ...onlyIn("8.13", defaulted("has_referral_products", "smallint(3) unsigned", "'0'")),
  ],
  keys: ["ordernum", "userid", "contactid", "date", "requestor_id"].map((column) => key(column)),
};

const orderStatuses: Table = {
  name: "tblorderstatuses",
  columns: [
    ...id(),
    ...required("title color", "text"),
    ...required("showpending showactive showcancelled", "int(1)"),
    ...required("sortorder", "int(2)"),
  ],
};

const cancellationRequests: Table = {
  name: "tblcancelrequests",
  columns: [
    ...id(),
    ...zero("date", "datetime"),
    ...required("relid", "int(10)"),
    ...required("reason type", "text"),
    ...rowTimes(),
  ],
  keys: [key("relid")],
};

const upgrades: Table = {
  name: "tblupgrades",
  columns: [
    ...id(),
    ...required("userid orderid", "int(10)"),
    ...required("type", "enum('service','addon','package','configoptions')"),
    ...required("date", "date"),
    ...required("relid", "int(10)"),
    ...required("originalvalue newvalue", "text"),
    ...required("new_cycle", "varchar(30)"),
    ...required("amount credit_amount", money),
    ...required("days_remaining total_days_in_cycle", "int(4)"),
    ...required("new_recurring_amount recurringchange", money),
    ...defaulted("status", "enum('Pending','Completed')", "'Pending'"),
    ...defaulted("paid", "enum('Y','N')", "'N'"),
  ],
  keys: [key("orderid"), key("relid")],
};

const customFieldValues: Table = {
  name: "tblcustomfieldsvalues",
  columns: [
    ...id("int(10) unsigned"),
    ...required("fieldid relid", "int(10)"),
    ...required("value", "text"),
    ...rowTimes(),
  ],
  keys: ["KEY `fieldid_relid` (`fieldid`,`relid`)"],
};

export const serviceTables: readonly Table[] = [
  services,
  serviceAddons,
  domains,
  orders,
  orderStatuses,
  cancellationRequests,
  upgrades,
  customFieldValues,
];
