// Which tables hold clients and their money: invoices, lines, transactions, credit?
import { defaulted, id, key, nullable, onlyIn, required, rowTimes, type Table, zero } from "../table.ts";

const money = "decimal(16,2)";

const invoices: Table = {
  name: "tblinvoices",
  columns: [
    ...onlyIn("8.4", id()),
    ...onlyIn("8.13", id("int(10) unsigned")),
    ...required("userid", "int(10)"),
    ...required("invoicenum", "text"),
    ...nullable("date duedate", "date"),
    ...zero("datepaid", "datetime"),
    ...zero("last_capture_attempt date_refunded date_cancelled", "timestamp"),
    ...required("subtotal credit tax tax2", money),
    ...defaulted("total", money, "'0.00'"),
    ...defaulted("taxrate taxrate2", "decimal(10,3)", "'0.000'"),
    ...required("status paymentmethod", "text"),
    ...nullable("paymethodid", "int(10) unsigned"),
    ...required("notes", "text"),
    ...rowTimes(),
  ],
  keys: [key("userid"), key("status", 3)],
};

const invoiceLines: Table = {
  name: "tblinvoiceitems",
  columns: [
    ...id(),
    ...onlyIn("8.4", defaulted("invoiceid", "int(10)", "'0'")),
    ...onlyIn("8.13", defaulted("invoiceid", "int(10) unsigned", "'0'")),
    ...required("userid", "int(10)"),
    ...required("type", "varchar(30)"),
    ...required("relid", "int(10)"),
    ...required("description", "text"),
    ...defaulted("amount", money, "'0.00'"),
    ...required("taxed", "int(1)"),
    ...nullable("duedate", "date"),
    ...required("paymentmethod notes", "text"),
  ],
  keys: [key("invoiceid"), "KEY `userid` (`userid`,`type`,`relid`)"],
};

const transactions: Table = {
  name: "tblaccounts",
  columns: [
    ...id(),
    ...required("userid currency", "int(10)"),
    ...required("gateway", "text"),
    ...nullable("date", "datetime"),
    ...required("description", "text"),
    ...defaulted("amountin fees amountout", money, "'0.00'"),
    ...defaulted("rate", "decimal(16,5)", "'1.00000'"),
    ...required("transid", "text"),
    ...onlyIn("8.4", defaulted("invoiceid", "int(10)", "'0'")),
    ...onlyIn("8.13", defaulted("invoiceid", "int(10) unsigned", "'0'")),
    ...defaulted("refundid", "int(10)", "'0'"),
  ],
  keys: [key("invoiceid"), key("userid"), key("date"), key("transid", 32)],
};

const credit: Table = {
  name: "tblcredit",
  columns: [
    ...id(),
    ...required("clientid", "int(10)"),
    ...defaulted("admin_id", "int(10) unsigned", "'0'"),
    ...required("date", "date"),
    ...required("description", "text"),
    ...required("amount", money),
    ...defaulted("relid", "int(10)", "'0'"),
  ],
};

const clients: Table = {
  name: "tblclients",
  columns: [
    ...id(),
    ...defaulted("uuid", "varchar(255)", "''"),
    ...required(
      "firstname lastname companyname email address1 address2 city state postcode country phonenumber",
      "text",
    ),
    ...defaulted("tax_id", "varchar(128)", "''"),
    ...required("password authmodule authdata", "text"),
    ...required("currency", "int(10)"),
    ...required("defaultgateway", "text"),
    ...required("credit", money),
    ...required("taxexempt latefeeoveride overideduenotices separateinvoices disableautocc", "tinyint(1)"),
    ...required("datecreated", "date"),
    ...required("notes", "text"),
    ...required("billingcid securityqid", "int(10)"),
    ...required("securityqans", "text"),
    ...required("groupid", "int(10)"),
    ...defaulted("cardtype", "varchar(255)", "''"),
    ...required("cardlastfour", "text"),
    ...required("cardnum startdate expdate issuenumber", "blob"),
    ...required("bankname banktype", "text"),
    ...required("bankcode bankacct", "blob"),
    ...required("gatewayid", "text"),
    ...nullable("lastlogin", "datetime"),
    ...required("ip host", "text"),
    ...defaulted("status", "enum('Active','Inactive','Closed')", "'Active'"),
    ...required("language pwresetkey", "text"),
    ...required("emailoptout", "int(1)"),
    ...defaulted("marketing_emails_opt_in", "tinyint(1) unsigned", "'0'"),
    ...required("overrideautoclose", "int(1)"),
    ...defaulted("allow_sso", "tinyint(1)", "'1'"),
    ...defaulted("email_verified", "tinyint(1)", "'0'"),
    ...nullable("email_preferences", "text"),
    ...rowTimes(),
    ...zero("pwresetexpiry", "timestamp"),
  ],
  keys: ["KEY `firstname_lastname` (`firstname`(32),`lastname`(32))", key("email", 64)],
};

export const invoiceTables: readonly Table[] = [invoices, invoiceLines, transactions, credit, clients];
