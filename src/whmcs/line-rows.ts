// Which rows does WHMCS hold for these lines: line, invoice, service or addon, what was sold, order and client?
import { eq, getTableColumns, inArray, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { type AddonSetting, optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import { readOptions } from "./catalog-rows.ts";
import type { OptionalColumns } from "./columns.ts";
import type { LineFacts } from "./facts.ts";
import {
  isAddonOfLine,
  isAddonUpgradeOfLine,
  isOurAddon,
  isOurProduct,
  isServiceOfAddon,
  isServiceOfLine,
  isUpgradeOfLine,
} from "./our-lines.ts";
import {
  addons,
  clients,
  invoiceLines,
  invoices,
  orders,
  products,
  serviceAddons,
  services,
  upgrades,
} from "./schema.ts";
import { statusOfAddon } from "./service-status.ts";
import type { FieldPlaces } from "./typed-fields.ts";
import type { OnSale } from "./values.ts";

/** What was sold with its settings, and where its custom fields stand. */
export interface LineRow extends FieldPlaces {
  readonly line: typeof invoiceLines.$inferSelect;
  readonly invoice: typeof invoices.$inferSelect;
  readonly service: LineFacts["service"];
  readonly product: LineFacts["product"];
  readonly soldAs: OnSale;
  /** Of the service that an addon stands on. */
  readonly dedicatedIp: string | null;
  readonly order: LineFacts["order"];
  readonly client: typeof clients.$inferSelect | null;
  readonly payer: Pick<typeof clients.$inferSelect, "currencyId"> | null;
}

/** By line id. A line that is gone, or whose invoice, service, product or addon is gone or not ours, is left out. */
export async function readLineRows(
  db: MySql2Database,
  lineIds: readonly number[],
  has: OptionalColumns,
): Promise<LineRow[]> {
  const [ofServices, ofAddons] = await Promise.all([
    readLinesOfServices(db, lineIds, has),
    has.hasAddons ? readLinesOfAddons(db, lineIds, has) : [],
  ]);
  return [...ofServices, ...ofAddons].sort((a, b) => a.line.id - b.line.id);
}

const { quantity, dedicatedIp: _onlyOfAddons, ...serviceColumns } = getTableColumns(services);
/** Whom the line was billed to: another than the service's client where the service was moved since. */
const payers = alias(clients, "payers");
const around = {
  line: getTableColumns(invoiceLines),
  invoice: getTableColumns(invoices),
  order: { id: orders.id, status: orders.status },
  client: getTableColumns(clients),
  payer: { currencyId: payers.currencyId },
};

async function readLinesOfServices(
  db: MySql2Database,
  lineIds: readonly number[],
  has: OptionalColumns,
): Promise<LineRow[]> {
  const rows = await db
    .select({
      ...around,
      service: { ...serviceColumns, quantity: has.hasServiceQuantity ? quantity : sql<number>`1` },
      product: getTableColumns(products),
    })
    .from(invoiceLines)
    .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
    .leftJoin(upgrades, isUpgradeOfLine)
    .innerJoin(services, isServiceOfLine)
    .innerJoin(products, isOurProduct)
    .leftJoin(orders, eq(orders.id, services.orderId))
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(payers, eq(payers.id, invoiceLines.clientId))
    .where(inArray(invoiceLines.id, [...lineIds]));
  return rows.map((row) => ofService(row));
}

type Around = Pick<LineRow, "line" | "invoice" | "order" | "client" | "payer">;
type StoredService = Omit<typeof services.$inferSelect, "dedicatedIp">;

/** A row of the query, as it is read. */
export function ofService({
  service,
  product,
  ...row
}: Around & { service: StoredService; product: typeof products.$inferSelect }): LineRow {
  const { id, clientId, status, billingCycle, amount, firstPaymentAmount } = service;
  const soldAs = { kind: "product", id: product.id } as const;
  return {
    ...row,
    service: {
      ...{ id, parentId: null, clientId, status, billingCycle, amount, firstPaymentAmount },
      quantity: Number(service.quantity),
    },
    product: {
      ...{ id: product.id, options: readOptions(product) },
      ...{ isProrated: product.prorata !== 0, autoSetup: product.autoSetup },
    },
    soldAs,
    fieldsOf: [{ sale: soldAs, serviceId: id }],
    dedicatedIp: null,
  };
}

async function readLinesOfAddons(
  db: MySql2Database,
  lineIds: readonly number[],
  has: OptionalColumns,
): Promise<LineRow[]> {
  const { quantity: addonQuantity, ...addonColumns } = getTableColumns(serviceAddons);
  const rows = await db
    .select({
      ...around,
      service: { ...addonColumns, quantity: has.hasAddonQuantity ? addonQuantity : sql<number>`1` },
      product: getTableColumns(addons),
      parent: {
        ...{ id: services.id, clientId: services.clientId, productId: services.productId },
        ...{ status: services.status, dedicatedIp: services.dedicatedIp },
      },
    })
    .from(invoiceLines)
    .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
    .leftJoin(upgrades, isAddonUpgradeOfLine)
    .innerJoin(serviceAddons, isAddonOfLine)
    .innerJoin(addons, isOurAddon)
    .innerJoin(services, isServiceOfAddon)
    .leftJoin(orders, eq(orders.id, serviceAddons.orderId))
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(payers, eq(payers.id, invoiceLines.clientId))
    .where(inArray(invoiceLines.id, [...lineIds]));
  if (rows.length === 0) return [];
  const settings = await readAddonSettings(
    db,
    rows.map(({ product }) => product.id),
  );
  return rows.map((row) => ofAddon(row, settings));
}

type StoredParent = Pick<typeof services.$inferSelect, "id" | "clientId" | "productId" | "status" | "dedicatedIp">;

/** The same of an addon; the client is that of its service. */
export function ofAddon(
  {
    service,
    product,
    parent,
    ...row
  }: Around & {
    service: typeof serviceAddons.$inferSelect;
    product: typeof addons.$inferSelect;
    parent: StoredParent;
  },
  settings: readonly AddonSetting[],
): LineRow {
  const { id, billingCycle, amount, firstPaymentAmount } = service;
  const soldAs = { kind: "addon", id: product.id } as const;
  return {
    ...row,
    service: {
      ...{ id, parentId: parent.id, clientId: parent.clientId, billingCycle, amount, firstPaymentAmount },
      status: statusOfAddon(service.status, parent.status),
      quantity: Number(service.quantity),
    },
    product: {
      ...{ id: product.id, options: optionsOfAddon(product.id, settings) },
      ...{ isProrated: product.prorata !== 0, autoSetup: product.autoSetup },
    },
    soldAs,
    fieldsOf: [
      { sale: soldAs, serviceId: id },
      { sale: { kind: "product", id: parent.productId }, serviceId: parent.id },
    ],
    dedicatedIp: parent.dedicatedIp.trim() || null,
  };
}
