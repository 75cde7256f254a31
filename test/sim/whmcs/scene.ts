// What is one scene of the WHMCS contract, and what does its spectator ask?
import type { PurchaseReader } from "../../../src/whmcs/facts.ts";
import type { ShopUnderTest } from "./shop-under-test.ts";

/** The ids to ask about, as the shop's actions return them. */
export interface Subject {
  readonly lineId?: number;
  readonly lineIds?: readonly number[];
  readonly invoiceId?: number;
  readonly orderId?: number;
  readonly serviceId?: number;
  readonly serviceIds?: readonly number[];
  readonly serviceAddonId?: number;
}

/** All questions of the purchase engine about everything in the subjects; remembered for the comparison. */
export type Look = (...subjects: readonly Subject[]) => ReturnType<typeof askAll>;

/** Plays the same acts on either shop; what it expects must hold on both, and all that was seen must be the same. */
export interface Scene {
  readonly name: string;
  readonly play: (shop: ShopUnderTest, look: Look) => Promise<void>;
}

/** Plays a scene; everything that was seen, in its order. */
export async function play(scene: Scene, shop: ShopUnderTest): Promise<unknown[]> {
  const seen: unknown[] = [];
  await scene.play(shop, async (...subjects) => {
    const answers = await askAll(shop.reader, subjects);
    seen.push(answers);
    return answers;
  });
  return seen;
}

async function askAll(reader: PurchaseReader, subjects: readonly Subject[]) {
  const lineIds = subjects.flatMap(({ lineId, lineIds: ids }) => ids ?? (lineId === undefined ? [] : [lineId]));
  const invoiceIds = subjects.flatMap(({ invoiceId }) => invoiceId ?? []);
  const orderIds = subjects.flatMap(({ orderId }) => orderId ?? []);
  const serviceIds = subjects.flatMap(({ serviceId, serviceIds: ids }) => ids ?? serviceId ?? []);
  const addonIds = subjects.flatMap(({ serviceAddonId }) => serviceAddonId ?? []);
  const refs = [...serviceIds.map((id) => `h${id}`), ...addonIds.map((id) => `a${id}`)];
  const lines = await reader.readLines(lineIds);
  const modules = lines.map(({ licence, product }) => ({ licence: licence ?? "1", tariff: product.options[0] ?? "" }));
  return {
    lines,
    linesOfInvoices: await Promise.all(invoiceIds.map((id) => reader.listLinesOfInvoice(id))),
    servicesOfOrders: await Promise.all(orderIds.map((id) => reader.listServicesOfOrder(id))),
    allServices: await reader.listServices({ after: null, limit: 100, openOnly: false }),
    openServices: await reader.listServices({ after: null, limit: 100, openOnly: true }),
    secondOpenService: await reader.listServices({ after: "h1", limit: 1, openOnly: true }),
    upcoming: await reader.listUpcoming({ from: "2026-12-01", until: "2027-12-31", after: null, limit: 100 }),
    secondUpcoming: await reader.listUpcoming({ from: "2026-01-01", until: "2028-12-31", after: "h1", limit: 1 }),
    servicesFor: await Promise.all(modules.map((module) => reader.listServicesFor(module))),
    linesOfServices: await reader.listLinesOfServices(refs),
    services: await Promise.all(refs.map((ref) => reader.readService(ref))),
    statuses: await reader.readServiceStatuses([...refs, "h999", "a999"]),
    fates: await reader.readServiceFates([...refs, "h999", "a999"]),
    addons: await Promise.all([...serviceIds, 999].map((id) => reader.listAddonsOfService(id))),
    properties: await Promise.all(refs.map((ref) => reader.readProperties(ref))),
  };
}
