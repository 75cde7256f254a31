// Which of our services and addons want which module: its licence, tariff and address as they stand in WHMCS now?
import { and, asc, inArray, sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import { createColumnLookup, type OptionalColumns } from "./columns.ts";
import type { ServiceOfModule } from "./facts.ts";
import { roleOfField } from "./fields.ts";
import { isOurAddon, isOurProduct, isServiceOfAddon } from "./our-lines.ts";
import { listServices } from "./our-services.ts";
import { addons, customFields, customFieldValues, products, serviceAddons, services } from "./schema.ts";
import { refOfAddon, refOfService, type ServiceRef, splitRefs } from "./service-ref.ts";
import { isServiceEnded, statusOfAddon } from "./service-status.ts";
import { type FieldPlaces, firstValueOf, readTypedFields } from "./typed-fields.ts";
import { readFromWhmcs } from "./values.ts";

const pageSize = 500;
const mostServices = 100_000;

/** A service or addon of ours that has not ended. */
export interface ServiceModule extends ServiceOfModule {
  /** As typed, trimmed; null when there is none. An addon has its own, or else that of its service. */
  readonly licence: string | null;
  /** The same; of an addon at last the dedicated IP of its service. */
  readonly ip: string | null;
  /** `configoption1`, trimmed. */
  readonly tariff: string;
}

/** Services and behind them addons of ours that have not ended, each by id; at most 100,000. @throws DatabaseError when WHMCS cannot be read. */
export async function readServiceModules(db: MySql2Database): Promise<ServiceModule[]> {
  const lookUpColumns = createColumnLookup(db);
  const found: ServiceModule[] = [];
  for (let after: ServiceRef | null = null; found.length < mostServices; ) {
    const page = { after, limit: pageSize, openOnly: true };
    const refs: ServiceRef[] = await readFromWhmcs("services", async () =>
      listServices(db, page, await lookUpColumns()),
    );
    const last = refs.at(-1);
    if (last === undefined) break;
    after = last;
    found.push(...(await readFromWhmcs("service_modules", () => readPage(db, refs))));
  }
  return found;
}

/** Those for this licence and tariff, in the same order; found by what was typed, which is looked up field by field. */
export async function listServicesFor(
  db: MySql2Database,
  { licence, tariff }: { readonly licence: string; readonly tariff: string },
  { hasAddons }: OptionalColumns,
): Promise<ServiceOfModule[]> {
  const typedFor = await listTypedFor(db, licence);
  const serviceIds = typedFor.filter(({ type }) => type === "product").map(({ relid }) => relid);
  const addonIds = typedFor.filter(({ type }) => type === "addon").map(({ relid }) => relid);
  const standing = hasAddons ? await listStandingOn(db, serviceIds) : [];
  const refs = [...serviceIds.map(refOfService), ...(hasAddons ? [...addonIds, ...standing].map(refOfAddon) : [])];
  const found = await readPage(db, [...new Set(refs)]);
  return found
    .filter((each) => each.licence === licence && each.tariff === tariff && !isServiceEnded(each.status))
    .map(({ ref, status }) => ({ ref, status }));
}

/** What has this licence somewhere in a field for it: more than will do, for what counts is how such a field is read. */
async function listTypedFor(db: MySql2Database, licence: string): Promise<{ type: string; relid: number }[]> {
  const { id, name, type } = customFields;
  const fields = await db
    .select({ id, name, type })
    .from(customFields)
    .where(inArray(type, ["product", "addon"]));
  const typeOf = new Map(
    fields.flatMap((field) => (roleOfField(field.name) === "licence" ? [[field.id, field.type]] : [])),
  );
  if (typeOf.size === 0) return [];
  const { fieldId, relid, value } = customFieldValues;
  const rows = await db
    .selectDistinct({ fieldId, relid })
    .from(customFieldValues)
    .where(and(inArray(fieldId, [...typeOf.keys()]), sql`INSTR(${value}, ${licence}) > 0`));
  return rows.map((row) => ({ type: (typeOf.get(row.fieldId) ?? "").toLowerCase(), relid: row.relid }));
}

async function listStandingOn(db: MySql2Database, serviceIds: readonly number[]): Promise<number[]> {
  if (serviceIds.length === 0) return [];
  const { id, serviceId } = serviceAddons;
  const rows = await db
    .select({ id })
    .from(serviceAddons)
    .where(inArray(serviceId, [...serviceIds]));
  return rows.map((row) => row.id);
}

interface Row extends FieldPlaces, Pick<ServiceModule, "ref" | "status" | "tariff"> {
  readonly dedicatedIp: string | null;
}

async function readPage(db: MySql2Database, refs: readonly ServiceRef[]): Promise<ServiceModule[]> {
  const { serviceIds, addonIds } = splitRefs(refs);
  const rows = [
    ...(serviceIds.length === 0 ? [] : await readServices(db, serviceIds)),
    ...(addonIds.length === 0 ? [] : await readAddons(db, addonIds)),
  ];
  const typed = await readTypedFields(db, rows);
  return rows.map((row) => ({
    ...{ ref: row.ref, status: row.status, tariff: row.tariff },
    licence: firstValueOf(row, "licence", typed),
    ip: firstValueOf(row, "ip", typed) ?? row.dedicatedIp,
  }));
}

async function readServices(db: MySql2Database, ids: readonly number[]): Promise<Row[]> {
  const rows = await db
    .select({ id: services.id, status: services.status, productId: products.id, tariff: products.option1 })
    .from(services)
    .innerJoin(products, isOurProduct)
    .where(inArray(services.id, [...ids]))
    .orderBy(asc(services.id));
  return rows.map(({ id, status, productId, tariff }) => ({
    ...{ ref: refOfService(id), status, tariff: tariff.trim(), dedicatedIp: null },
    fieldsOf: [{ sale: { kind: "product", id: productId }, serviceId: id }],
  }));
}

/** Those of ended services are left out: they have ended with them. */
async function readAddons(db: MySql2Database, ids: readonly number[]): Promise<Row[]> {
  const service = { id: services.id, productId: services.productId, status: services.status, ip: services.dedicatedIp };
  const rows = await db
    .select({ id: serviceAddons.id, own: serviceAddons.status, soldId: addons.id, service })
    .from(serviceAddons)
    .innerJoin(addons, isOurAddon)
    .innerJoin(services, isServiceOfAddon)
    .where(inArray(serviceAddons.id, [...ids]))
    .orderBy(asc(serviceAddons.id));
  const settings = await readAddonSettings(
    db,
    rows.map(({ soldId }) => soldId),
  );
  return rows.flatMap(({ id, own, soldId, service: { id: serviceId, productId, status: ofService, ip } }): Row[] => {
    const status = statusOfAddon(own, ofService);
    if (isServiceEnded(status)) return [];
    const fieldsOf = [
      { sale: { kind: "addon", id: soldId }, serviceId: id },
      { sale: { kind: "product", id: productId }, serviceId },
    ] as const;
    const tariff = optionsOfAddon(soldId, settings)[0] ?? "";
    return [{ ref: refOfAddon(id), status, tariff, dedicatedIp: ip.trim() || null, fieldsOf }];
  });
}
