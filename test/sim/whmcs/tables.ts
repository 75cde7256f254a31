// What does the simulated WHMCS store? The columns that production reads, and the few that WHMCS itself goes by.
import { DatabaseError } from "../../../src/errors.ts";
import type { Decimal } from "../../../src/money.ts";
import type * as schema from "../../../src/whmcs/schema.ts";

/** Rows by id, named as in production's own schema, so that a column read there and missing here does not compile. */
export interface Rows {
  products: typeof schema.products.$inferSelect;
  pricing: typeof schema.pricing.$inferSelect;
  currencies: typeof schema.currencies.$inferSelect;
  customFields: typeof schema.customFields.$inferSelect;
  customFieldValues: typeof schema.customFieldValues.$inferSelect;
  clients: typeof schema.clients.$inferSelect & { credit: Decimal };
  services: typeof schema.services.$inferSelect;
  serviceAddons: typeof schema.serviceAddons.$inferSelect;
  addons: typeof schema.addons.$inferSelect;
  moduleSettings: typeof schema.moduleSettings.$inferSelect;
  domains: typeof schema.domains.$inferSelect;
  orders: typeof schema.orders.$inferSelect;
  invoices: typeof schema.invoices.$inferSelect & { credit: Decimal; total: Decimal };
  invoiceLines: typeof schema.invoiceLines.$inferSelect;
  transactions: typeof schema.transactions.$inferSelect & { amountIn: Decimal; amountOut: Decimal };
  upgrades: typeof schema.upgrades.$inferSelect;
  cancelRequests: typeof schema.cancelRequests.$inferSelect;
}

export type TableName = keyof Rows;
export type RowOf<Name extends TableName> = Rows[Name];

export interface Tables {
  readonly rows: { readonly [Name in TableName]: Map<number, Rows[Name]> };
  /** The highest id that was ever given out. */
  readonly lastIds: Record<TableName, number>;
  /** `tblconfiguration`: setting to value. */
  readonly settings: Map<string, string>;
}

const zeroDate = "0000-00-00";
const zeroTime = "0000-00-00 00:00:00";

/** What a column holds when nothing is said: its default, or the implicit one (of an enum the first) of a relaxed session. */
const defaults: { readonly [Name in TableName]: Omit<Rows[Name], "id"> } = {
  products: {
    ...{
      groupId: 0,
      name: "",
      hidden: 0,
      showDomainOptions: 0,
      stockControl: 0,
      stock: 0,
      prorata: 0,
      payType: "",
    },
    ...{ allowQuantity: 0, autoSetup: "", serverType: "", retired: 0 },
    ...{ option1: "", option2: "", option3: "", option4: "", option5: "", option6: "", option7: "", option8: "" },
  },
  pricing: {
    ...{ type: "product", currencyId: 0, relid: 0 },
    ...{ monthlySetup: "0.00", quarterlySetup: "0.00", semiannuallySetup: "0.00" },
    ...{ annuallySetup: "0.00", bienniallySetup: "0.00", trienniallySetup: "0.00" },
    ...{ monthly: "0.00", quarterly: "0.00", semiannually: "0.00" },
    ...{ annually: "0.00", biennially: "0.00", triennially: "0.00" },
  },
  currencies: { code: "", rate: "1.00000", isDefault: 0 },
  customFields: { type: "", relid: 0, name: "", adminOnly: "", required: "on", onOrderForm: "on" },
  customFieldValues: { fieldId: 0, relid: 0, value: "" },
  clients: { email: "", currencyId: 0, createdOn: zeroDate, status: "Active", credit: "0.00" },
  services: {
    ...{ clientId: 0, orderId: 0, productId: 0, quantity: 1, firstPaymentAmount: "0.00", amount: "0.00" },
    ...{ billingCycle: "", status: "Pending", dedicatedIp: "", nextDueDate: null },
  },
  serviceAddons: {
    ...{ orderId: 0, serviceId: 0, addonId: 0, quantity: 1, firstPaymentAmount: "0.00", amount: "0.00" },
    ...{ billingCycle: "", status: "Pending", nextDueDate: null },
  },
  addons: {
    ...{ packages: "", name: "", billingCycle: "", allowQuantity: 0, hidden: 0, retired: 0 },
    ...{ autoSetup: "", module: "", prorata: 0 },
  },
  moduleSettings: { entity: "", entityId: 0, name: "", value: "" },
  domains: { orderId: 0, status: "Pending" },
  orders: { status: "", invoiceId: 0 },
  invoices: {
    ...{ clientId: 0, date: null, dueDate: null, paidAt: zeroTime, status: "" },
    ...{ taxRate: "0.000", taxRate2: "0.000", credit: "0.00", total: "0.00" },
  },
  invoiceLines: { invoiceId: 0, clientId: 0, type: "", relid: 0, amount: "0.00", taxed: 0, dueDate: null },
  transactions: { invoiceId: 0, date: null, amountIn: "0.00", amountOut: "0.00" },
  upgrades: { type: "service", relid: 0 },
  cancelRequests: { date: zeroTime, serviceId: 0, type: "" },
};

export function createTables(): Tables {
  const names = Object.keys(defaults) as TableName[];
  return {
    rows: Object.fromEntries(names.map((name) => [name, new Map()])) as unknown as Tables["rows"],
    lastIds: Object.fromEntries(names.map((name) => [name, 0])) as Tables["lastIds"],
    settings: new Map(),
  };
}

/** Adds a row under the next id; columns left out get their defaults. */
export function addRow<Name extends TableName>(
  tables: Tables,
  name: Name,
  row: Partial<Omit<RowOf<Name>, "id">>,
): number {
  const id = tables.lastIds[name] + 1;
  tables.lastIds[name] = id;
  tables.rows[name].set(id, { ...defaults[name], ...row, id } as unknown as RowOf<Name>);
  return id;
}

/** The row itself, to be read and changed; throws DatabaseError `no_such_row`. */
export function rowOf<Name extends TableName>(tables: Tables, name: Name, id: number): RowOf<Name> {
  const row = tables.rows[name].get(id);
  if (row === undefined) throw new DatabaseError("no_such_row", `${name} has no such row`, { fields: { id } });
  return row;
}

/** Rows for which the condition holds, by id. */
export function rowsWhere<Name extends TableName>(
  tables: Tables,
  name: Name,
  isWanted: (row: RowOf<Name>) => boolean,
): RowOf<Name>[] {
  const found: RowOf<Name>[] = [];
  for (const row of tables.rows[name].values()) if (isWanted(row)) found.push(row);
  return found;
}

/** Equal as WHMCS's collations compare: without regard to case and to blanks at the end. */
export function isSameText(a: string, b: string): boolean {
  return a === b || a.trimEnd().toLowerCase() === b.trimEnd().toLowerCase();
}
