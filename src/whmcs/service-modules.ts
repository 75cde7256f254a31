// Which of our services and addons want which module: its licence, tariff and address as they stand in WHMCS now?
import { asc, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import { isOurAddon, isOurProduct, isServiceOfAddon } from "./our-lines.ts";
import { createPurchaseReader } from "./reader.ts";
import { addons, products, serviceAddons, services } from "./schema.ts";
import { refOfAddon, refOfService, type ServiceRef, splitRefs } from "./service-ref.ts";
import { isServiceEnded, statusOfAddon } from "./service-status.ts";
import { type FieldPlaces, firstValueOf, readTypedFields } from "./typed-fields.ts";
import { readFromWhmcs } from "./values.ts";

const pageSize = 500;
const mostServices = 100_000;

/** A service or addon of ours that has not ended. */
export interface ServiceModule {
  readonly ref: ServiceRef;
  /** `tblhosting.domainstatus` as stored; of an addon its own status. */
  readonly status: string;
  /** As typed, trimmed; null when there is none. An addon has its own, or else that of its service. */
  readonly licence: string | null;
  /** The same; of an addon at last the dedicated IP of its service. */
  readonly ip: string | null;
  /** `configoption1`, trimmed. */
  readonly tariff: string;
}

/** Services and behind them addons of ours that have not ended, each by id; at most 100,000. @throws DatabaseError when WHMCS cannot be read. */
export async function readServiceModules(db: MySql2Database): Promise<ServiceModule[]> {
  const reader = createPurchaseReader(db);
  const found: ServiceModule[] = [];
  for (let after: ServiceRef | null = null; found.length < mostServices; ) {
    const refs: ServiceRef[] = await reader.listServices({ after, limit: pageSize, openOnly: true });
    const last = refs.at(-1);
    if (last === undefined) break;
    after = last;
    found.push(...(await readFromWhmcs("service_modules", () => readPage(db, refs))));
  }
  return found;
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
