// What stands in WHMCS's rows of our services and addons, and of their invoice lines, that the purchase engine goes by?
import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import type { OptionalColumns } from "../whmcs/columns.ts";
import { isLineOf, isServiceOfAddon } from "../whmcs/our-lines.ts";
import { clients, currencies, invoiceLines, invoices, serviceAddons, services } from "../whmcs/schema.ts";
import { refOfAddon, refOfService, type ServiceRef, shownId, splitRefs } from "../whmcs/service-ref.ts";
import { type FieldPlaces, firstValueOf, readTypedFields } from "../whmcs/typed-fields.ts";
import type { OnSale } from "../whmcs/values.ts";

export interface ServiceRow {
  /** As other programs get it: of an addon `a` and its number. */
  readonly id: string;
  readonly licence: string | null;
  /** Its product or addon has a place for the licence; where none has one that is a finding of the products. */
  readonly isLicenceAsked: boolean;
  readonly billingCycle: string;
  readonly quantity: number;
  readonly amount: string;
  readonly firstPaymentAmount: string;
  /** Null where the client does not exist, or has a currency that WHMCS does not know. */
  readonly client: number | null;
  readonly currency: number | null;
}

type Stored = Omit<ServiceRow, "licence" | "isLicenceAsked" | "id"> &
  FieldPlaces & { readonly ref: ServiceRef; readonly sale: OnSale };

/** By id, services first; an addon whose service is gone is left out. */
export async function readServiceRows(
  db: MySql2Database,
  refs: readonly ServiceRef[],
  { catalogue, has }: { readonly catalogue: CatalogRows; readonly has: OptionalColumns },
): Promise<ServiceRow[]> {
  const { serviceIds, addonIds } = splitRefs(refs);
  const rows = [
    ...(serviceIds.length === 0 ? [] : await readServices(db, serviceIds, has)),
    ...(addonIds.length === 0 ? [] : await readAddons(db, addonIds, has)),
  ];
  const typed = await readTypedFields(db, rows);
  return rows.map((row) => {
    const { ref, sale, fieldsOf: _places, ...stored } = row;
    const sold = catalogue.products.find(({ kind, id }) => kind === sale.kind && id === sale.id);
    const isLicenceAsked = sold !== undefined && (sold.licenceFieldId !== null || sold.takesLicenceOfService);
    return { ...stored, id: shownId(ref), licence: firstValueOf(row, "licence", typed), isLicenceAsked };
  });
}

const around = { client: clients.id, currency: currencies.id };

async function readServices(db: MySql2Database, ids: readonly number[], has: OptionalColumns): Promise<Stored[]> {
  const { id, productId, billingCycle, amount, firstPaymentAmount } = services;
  const quantity = has.hasServiceQuantity ? services.quantity : sql<number>`1`;
  const rows = await db
    .select({ id, productId, billingCycle, quantity, amount, firstPaymentAmount, ...around })
    .from(services)
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(currencies, eq(currencies.id, clients.currencyId))
    .where(inArray(id, [...ids]))
    .orderBy(id);
  return rows.map(({ id: serviceId, productId: soldId, ...row }) => {
    const sale = { kind: "product", id: soldId } as const;
    return { ...row, ref: refOfService(serviceId), sale, fieldsOf: [{ sale, serviceId }] };
  });
}

/** Only where addons can be read. */
async function readAddons(db: MySql2Database, ids: readonly number[], has: OptionalColumns): Promise<Stored[]> {
  const { id, addonId, billingCycle, amount, firstPaymentAmount } = serviceAddons;
  const quantity = has.hasAddonQuantity ? serviceAddons.quantity : sql<number>`1`;
  const parent = { id: services.id, productId: services.productId };
  const rows = await db
    .select({ id, addonId, parent, billingCycle, quantity, amount, firstPaymentAmount, ...around })
    .from(serviceAddons)
    .innerJoin(services, isServiceOfAddon)
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(currencies, eq(currencies.id, clients.currencyId))
    .where(inArray(id, [...ids]))
    .orderBy(id);
  return rows.map(({ id: serviceAddonId, addonId: soldId, parent: { id: serviceId, productId }, ...row }) => {
    const sale = { kind: "addon", id: soldId } as const;
    const ofParent = { sale: { kind: "product", id: productId } as const, serviceId };
    return { ...row, ref: refOfAddon(serviceAddonId), sale, fieldsOf: [{ sale, serviceId: serviceAddonId }, ofParent] };
  });
}

/** Lines that the engine leaves out, or whose amount it cannot compare. */
export async function readBadLines(db: MySql2Database, refs: readonly ServiceRef[]) {
  const { serviceIds, addonIds } = splitRefs(refs);
  const asked = { id: invoiceLines.id, invoice: invoices.id, amount: invoiceLines.amount };
  const isUnreadable = sql`CONCAT(${invoiceLines.amount}, '') NOT REGEXP '^-?[0-9]+([.][0-9]+)?$'`;
  const isBad = or(isNull(invoices.id), isUnreadable);
  const lines = await Promise.all([
    serviceIds.length === 0
      ? []
      : db
          .select(asked)
          .from(services)
          .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
          .leftJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
          .where(and(inArray(services.id, serviceIds), isBad)),
    addonIds.length === 0
      ? []
      : db
          .select(asked)
          .from(serviceAddons)
          .innerJoin(services, isServiceOfAddon)
          .innerJoin(invoiceLines, isLineOf("Addon", serviceAddons.id))
          .leftJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
          .where(and(inArray(serviceAddons.id, addonIds), isBad)),
  ]);
  return lines.flat().sort((a, b) => a.id - b.id);
}
