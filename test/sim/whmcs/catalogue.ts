// How do products, prices and clients come into the simulated WHMCS?
import type { Decimal } from "../../../src/money.ts";
import type { CyclePrices, NewProduct, Owner, PriceChange, ProductIds } from "../../../src/sandbox/shop/catalog.ts";
import type { NewClient } from "../../../src/sandbox/shop/clients.ts";
import { recurringCycles } from "../../../src/sandbox/shop/cycles.ts";
import { roleOfField } from "../../../src/whmcs/fields.ts";
import { serverType } from "../../../src/whmcs/values.ts";
import { changeCredit } from "./invoices.ts";
import { addRow, type RowOf, rowOf, rowsWhere, type Tables } from "./tables.ts";
import type { World } from "./world.ts";

/** Adds a product with its price rows and custom fields (`License ID` and `Server IP` unless said otherwise). */
export function addProduct({ tables }: World, product: NewProduct): ProductIds {
  const options = Object.fromEntries((product.options ?? []).map((text, index) => [`option${index + 1}`, text]));
  const productId = addRow(tables, "products", {
    groupId: product.groupId ?? 0,
    name: product.name,
    prorata: product.isProrated ? 1 : 0,
    payType: product.payType ?? "recurring",
    allowQuantity: product.allowQuantity ?? 0,
    autoSetup: product.autoSetup ?? "",
    serverType: product.serverType ?? serverType,
    retired: product.isRetired ? 1 : 0,
    ...options,
  });
  addPrices(tables, { type: "product", relid: productId }, product.prices);
  const fields = product.fields ?? [{ name: "License ID" }, { name: "Server IP" }];
  const fieldIds = fields.map(({ name }) =>
    addRow(tables, "customFields", { type: "product", relid: productId, name }),
  );
  return { productId, fieldIds };
}

export function addPrices(tables: Tables, owner: Owner, prices: NewProduct["prices"] = {}): void {
  for (const [code, cycles] of Object.entries(prices))
    addRow(tables, "pricing", { currencyId: currencyIdOf(tables, code), ...owner, ...priceColumns(cycles) });
}

/** Every cycle's columns; one that is left out is not offered. */
function priceColumns(prices: CyclePrices): Partial<RowOf<"pricing">> {
  const columns = Object.values(recurringCycles).map(({ price: column }) => {
    const given = prices[column] ?? "-1.00";
    return typeof given === "string"
      ? { [column]: given }
      : { [column]: given.price, [`${column}Setup`]: given.setupFee };
  });
  return Object.assign({}, ...columns);
}

/** Changes one price, in the newest row of that currency. */
export function setPrice({ tables }: World, { productId, currency, cycle, price }: PriceChange): void {
  const currencyId = currencyIdOf(tables, currency);
  const row = priceRow(tables, { type: "product", relid: productId }, currencyId);
  if (row === undefined)
    addRow(tables, "pricing", { currencyId, relid: productId, ...priceColumns({ [cycle]: price }) });
  else row[cycle] = price;
}

/** The recurring price of a cycle in the client's currency, and the same with the setup fee. */
export function priceOf(
  { tables }: World,
  { clientId, sale, cycle }: { clientId: number; sale: Owner; cycle: string },
): { recurring: Decimal; setupFee: Decimal } {
  if (cycle === "Free Account") return { recurring: "0.00", setupFee: "0.00" };
  const { price: column } = recurringCycles[cycle as keyof typeof recurringCycles];
  const row = priceRow(tables, sale, rowOf(tables, "clients", clientId).currencyId);
  const recurring = row?.[column] ?? "-1.00";
  if (recurring.startsWith("-"))
    throw new RangeError(`${sale.type} ${sale.relid} is not sold ${cycle} in that currency`);
  return { recurring, setupFee: row?.[`${column}Setup`] ?? "0.00" };
}

function priceRow(tables: Tables, { type, relid }: Owner, currencyId: number): RowOf<"pricing"> | undefined {
  const isWanted = (row: RowOf<"pricing">) => row.type === type && row.relid === relid && row.currencyId === currencyId;
  return rowsWhere(tables, "pricing", isWanted).at(-1);
}

function currencyIdOf(tables: Tables, code: string): number {
  const [currency] = rowsWhere(tables, "currencies", (row) => row.code === code);
  if (currency === undefined) throw new RangeError(`the shop has no currency ${code}`);
  return currency.id;
}

/** Adds a client, by default one who came today and pays in the first currency. */
export function addClient(world: World, client: NewClient = {}): number {
  const { tables } = world;
  const clientId = addRow(tables, "clients", {
    email: client.email ?? "client@example.com",
    currencyId: client.currency === undefined ? 1 : currencyIdOf(tables, client.currency),
    createdOn: client.createdOn ?? world.today(),
    status: client.status ?? "Active",
  });
  if (client.credit !== undefined) changeCredit(world, clientId, client.credit);
  return clientId;
}

/** Writes a service's licence or IP as typed: into the newest value row, or into a new one. */
export function fillField(
  { tables }: World,
  { serviceId, role, value }: { serviceId: number; role: "licence" | "ip"; value: string },
): void {
  const { productId } = rowOf(tables, "services", serviceId);
  const [field] = rowsWhere(
    tables,
    "customFields",
    (row) => row.type === "product" && row.relid === productId && roleOfField(row.name) === role,
  );
  if (field === undefined) return;
  const isSame = (row: RowOf<"customFieldValues">) => row.fieldId === field.id && row.relid === serviceId;
  const row = rowsWhere(tables, "customFieldValues", isSame).at(-1);
  if (row === undefined) addRow(tables, "customFieldValues", { fieldId: field.id, relid: serviceId, value });
  else row.value = value;
}
