// Which WHMCS tables and columns does this program read? These and no others; it never writes them.
import { getTableColumns } from "drizzle-orm";
import { date, datetime, decimal, getTableConfig, int, mysqlTable, text, varchar } from "drizzle-orm/mysql-core";

/** Money stays the exact text that the DECIMAL column gives. */
const money = (column: string) => decimal(column, { precision: 16, scale: 2 });
const percentage = (column: string) => decimal(column, { precision: 10, scale: 3 });
/** Zero dates are ordinary data in WHMCS: only text survives them. */
const day = (column: string) => date(column, { mode: "string" });
const moment = (column: string) => datetime(column, { mode: "string" });

export const products = mysqlTable("tblproducts", {
  id: int("id").primaryKey(),
  groupId: int("gid").notNull(),
  name: text("name").notNull(),
  hidden: int("hidden").notNull(),
  showDomainOptions: int("showdomainoptions").notNull(),
  stockControl: int("stockcontrol").notNull(),
  stock: int("qty").notNull(),
  prorata: int("proratabilling").notNull(),
  payType: text("paytype").notNull(),
  allowQuantity: int("allowqty").notNull(),
  autoSetup: text("autosetup").notNull(),
  serverType: text("servertype").notNull(),
  option1: text("configoption1").notNull(),
  option2: text("configoption2").notNull(),
  option3: text("configoption3").notNull(),
  option4: text("configoption4").notNull(),
  option5: text("configoption5").notNull(),
  option6: text("configoption6").notNull(),
  option7: text("configoption7").notNull(),
  option8: text("configoption8").notNull(),
  retired: int("retired").notNull(),
});

export const productGroups = mysqlTable("tblproductgroups", {
  id: int("id").primaryKey(),
  hidden: int("hidden").notNull(),
});

export const pricing = mysqlTable("tblpricing", {
  id: int("id").primaryKey(),
  type: varchar("type", { length: 32 }).notNull(),
  currencyId: int("currency").notNull(),
  relid: int("relid").notNull(),
  monthlySetup: money("msetupfee").notNull(),
  quarterlySetup: money("qsetupfee").notNull(),
  semiannuallySetup: money("ssetupfee").notNull(),
  annuallySetup: money("asetupfee").notNull(),
  bienniallySetup: money("bsetupfee").notNull(),
  trienniallySetup: money("tsetupfee").notNull(),
  monthly: money("monthly").notNull(),
  quarterly: money("quarterly").notNull(),
  semiannually: money("semiannually").notNull(),
  annually: money("annually").notNull(),
  biennially: money("biennially").notNull(),
  triennially: money("triennially").notNull(),
});

export const currencies = mysqlTable("tblcurrencies", {
  id: int("id").primaryKey(),
  code: text("code").notNull(),
  rate: decimal("rate", { precision: 10, scale: 5 }).notNull(),
  isDefault: int("default").notNull(),
});

export const services = mysqlTable("tblhosting", {
  id: int("id").primaryKey(),
  clientId: int("userid").notNull(),
  orderId: int("orderid").notNull(),
  productId: int("packageid").notNull(),
  /** Absent in older releases: select it only after asking `columns.ts`. */
  quantity: int("qty").notNull(),
  firstPaymentAmount: money("firstpaymentamount").notNull(),
  amount: money("amount").notNull(),
  billingCycle: text("billingcycle").notNull(),
  status: varchar("domainstatus", { length: 32 }).notNull(),
  /** Read with addons only: select it only after asking `columns.ts`. */
  dedicatedIp: text("dedicatedip").notNull(),
  nextDueDate: day("nextduedate"),
});

/** Product addons that clients have. Besides id, order and status, select columns only after asking `columns.ts`. */
export const serviceAddons = mysqlTable("tblhostingaddons", {
  id: int("id").primaryKey(),
  orderId: int("orderid").notNull(),
  serviceId: int("hostingid").notNull(),
  addonId: int("addonid").notNull(),
  /** Absent in older releases. */
  quantity: int("qty").notNull(),
  firstPaymentAmount: money("firstpaymentamount").notNull(),
  amount: money("recurring").notNull(),
  billingCycle: text("billingcycle").notNull(),
  status: varchar("status", { length: 32 }).notNull(),
  nextDueDate: day("nextduedate"),
});

/** Product addons on sale. Select it only after asking `columns.ts`, as `moduleSettings`. */
export const addons = mysqlTable("tbladdons", {
  id: int("id").primaryKey(),
  /** Ids of the products that it can be added to, with commas between. */
  packages: text("packages").notNull(),
  name: text("name").notNull(),
  billingCycle: text("billingcycle").notNull(),
  allowQuantity: int("allowqty").notNull(),
  hidden: int("hidden").notNull(),
  retired: int("retired").notNull(),
  autoSetup: text("autoactivate").notNull(),
  module: varchar("module", { length: 32 }).notNull(),
  prorata: int("prorate").notNull(),
});

/** Where the module settings of addons stand: of one `entity`, `configoption1` and so on, one row each. */
export const moduleSettings = mysqlTable("tblmodule_configuration", {
  id: int("id").primaryKey(),
  entity: varchar("entity_type", { length: 8 }).notNull(),
  entityId: int("entity_id").notNull(),
  name: varchar("setting_name", { length: 16 }).notNull(),
  value: text("value").notNull(),
});

/** May be out of sight of the reading user: select it only after asking `columns.ts`. */
export const domains = mysqlTable("tbldomains", {
  id: int("id").primaryKey(),
  orderId: int("orderid").notNull(),
  status: varchar("status", { length: 32 }).notNull(),
});

export const orders = mysqlTable("tblorders", {
  id: int("id").primaryKey(),
  invoiceId: int("invoiceid").notNull(),
  status: text("status").notNull(),
});

export const invoices = mysqlTable("tblinvoices", {
  id: int("id").primaryKey(),
  clientId: int("userid").notNull(),
  date: day("date"),
  dueDate: day("duedate"),
  paidAt: moment("datepaid"),
  taxRate: percentage("taxrate").notNull(),
  taxRate2: percentage("taxrate2").notNull(),
  status: text("status").notNull(),
});

export const invoiceLines = mysqlTable("tblinvoiceitems", {
  id: int("id").primaryKey(),
  invoiceId: int("invoiceid").notNull(),
  clientId: int("userid").notNull(),
  type: varchar("type", { length: 30 }).notNull(),
  relid: int("relid").notNull(),
  amount: money("amount").notNull(),
  taxed: int("taxed").notNull(),
  dueDate: day("duedate"),
});

export const transactions = mysqlTable("tblaccounts", {
  id: int("id").primaryKey(),
  invoiceId: int("invoiceid").notNull(),
  date: moment("date"),
});

export const upgrades = mysqlTable("tblupgrades", {
  id: int("id").primaryKey(),
  type: varchar("type", { length: 32 }).notNull(),
  relid: int("relid").notNull(),
});

/** Rows stay when WHMCS has acted on them. */
export const cancelRequests = mysqlTable("tblcancelrequests", {
  id: int("id").primaryKey(),
  date: moment("date"),
  serviceId: int("relid").notNull(),
  type: text("type").notNull(),
});

export const customFields = mysqlTable("tblcustomfields", {
  id: int("id").primaryKey(),
  type: text("type").notNull(),
  relid: int("relid").notNull(),
  name: text("fieldname").notNull(),
  /** Each of these flags is `on` or empty. */
  adminOnly: text("adminonly").notNull(),
  required: text("required").notNull(),
  onOrderForm: text("showorder").notNull(),
});

export const customFieldValues = mysqlTable("tblcustomfieldsvalues", {
  id: int("id").primaryKey(),
  fieldId: int("fieldid").notNull(),
  relid: int("relid").notNull(),
  value: text("value").notNull(),
});

export const clients = mysqlTable("tblclients", {
  id: int("id").primaryKey(),
  email: text("email").notNull(),
  currencyId: int("currency").notNull(),
  createdOn: day("datecreated"),
  status: varchar("status", { length: 32 }).notNull(),
});

/** The rows of `tblconfiguration` that are read; the others may be secret (`SMTPPassword`, `License`). */
export const readSettings = {
  provisionsExistingOnly: "AutoProvisionExistingOnly",
  taxType: "TaxType",
  taxCompound: "TaxL2Compound",
  moduleHooks: "ModuleHooks",
  addonModulesHooks: "AddonModulesHooks",
} as const;

export const configuration = mysqlTable("tblconfiguration", {
  setting: varchar("setting", { length: 64 }).primaryKey(),
  value: text("value").notNull(),
});

const readTables = [
  products,
  productGroups,
  pricing,
  currencies,
  services,
  serviceAddons,
  addons,
  moduleSettings,
  domains,
  orders,
  invoices,
  invoiceLines,
  transactions,
  upgrades,
  cancelRequests,
  customFields,
  customFieldValues,
  clients,
  configuration,
] as const;

/** Every table with the columns that are read from it: what a reading database user must be granted. */
export function listReadColumns(): { table: string; columns: string[] }[] {
  return readTables.map((table) => ({
    table: getTableConfig(table).name,
    columns: Object.values(getTableColumns(table)).map((column) => column.name),
  }));
}
