// How does a case of F15 go in which a module is suspended, resumed or deleted? As one in which something is bought.
import { expect } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { ModuleChange } from "../../src/ispmanager/account.ts";
import type { MariaDb } from "../../src/sandbox/mariadb.ts";
import { buyInPeace, strikeDown } from "./killing.ts";
import { createScene, type Scene, times } from "./scene.ts";
import type { StepPoint } from "./step-points.ts";
import type { Played } from "./tally.ts";
import { until } from "./until.ts";

/** What becomes of the service while no bridge is there. */
export const meanwhiles = ["nothing happens", "WHMCS changes its mind", "its renewal is paid"] as const;
export type Meanwhile = (typeof meanwhiles)[number];

export interface StepCase {
  readonly change: ModuleChange;
  readonly point: StepPoint;
  readonly meanwhile: Meanwhile;
  /** As `KillCase`. */
  readonly delayMs: number | null;
}

/** Rounds of the life cycle come with the sweep's interval; the sweep itself has its turn in an hour. */
const pace = { SWEEP_INTERVAL_SECONDS: "2" };
/** By now a request whose answer was lost is sent again. */
const resentAfterMs = 1000 * (Number(times.SEND_WITHIN_SECONDS) + Number(times.ORDER_TIMEOUT_SECONDS) + 2);

const statuses = {
  suspend: { before: "Active", after: "Suspended", event: "service.suspended" },
  resume: { before: "Suspended", after: "Active", event: "service.unsuspended" },
  delete: { before: "Active", after: "Terminated", event: "service.terminated" },
} as const;

export async function playStepKill(server: MariaDb, play: StepCase): Promise<Played> {
  const scene = await createScene(server);
  try {
    const { serviceId, bridge } = await sellInPeace(scene, statuses[play.change].before);
    const { point, change, delayMs } = play;
    const { after, event: type } = statuses[change];
    const event = { id: "evt_status", type, data: { service_id: serviceId } };
    const begin = async () => {
      await scene.shop.setServiceStatus(serviceId, after);
      return await scene.tell(bridge, event);
    };
    const { fired } = await strikeDown(point, { scene, bridge, story: change, event, begin }, delayMs);
    const isLate = delayMs === null && point.isActedOnLate === true;
    const actLate = isLate ? forgetChange(scene) : () => {};
    const paid = await goOnWithout(scene, play, serviceId);
    const askedBefore = countAsked(scene, change);
    const heir = await scene.serve(pace);
    if (paid !== null) expect(await scene.tell(heir, paid)).toBe(202);
    if (isLate) await systemClock.sleep(resentAfterMs);
    actLate();
    await scene.waitForRest();
    const { broken, ...findings } = await scene.judge();
    return { fired, findings: { ...findings, broken: [...broken, ...judgeCount(scene, play, askedBefore)] } };
  } finally {
    await scene.end();
  }
}

/** A module that is bought, by an account that may do everything; its product says `delete`. */
async function sellInPeace(scene: Scene, status: "Active" | "Suspended") {
  scene.account.set({ refused: {}, suspendedRenewal: "from-expiry" });
  await scene.shop.sql("UPDATE tblproducts SET configoption8 = 'delete'");
  await scene.startBuying();
  const { serviceId, invoiceId } = await scene.sell();
  const bridge = await buyInPeace(scene, invoiceId, pace);
  await bringTo(scene, serviceId, status);
  await scene.setSweepDue(false);
  return { serviceId, bridge };
}

/** What WHMCS does while no bridge is there; the event that is then told. */
async function goOnWithout({ shop }: Scene, { change, meanwhile }: StepCase, serviceId: number) {
  if (meanwhile === "WHMCS changes its mind") await shop.setServiceStatus(serviceId, statuses[change].before);
  if (meanwhile !== "its renewal is paid") return null;
  const { invoiceId } = await shop.issueRenewalInvoice(serviceId);
  await shop.payInvoice(invoiceId);
  return { id: "evt_paid", type: "invoice.paid", data: { invoice_id: invoiceId } };
}

const countAsked = ({ account }: Scene, change: ModuleChange) => account.requests(`addition.${change}`).length;

/** Nothing is asked that is not wanted any more, and what is wanted not more often than it takes. */
function judgeCount(scene: Scene, { change, point, meanwhile, delayMs }: StepCase, askedBefore: number): string[] {
  const asked = countAsked(scene, change);
  const isPaid = meanwhile === "its renewal is paid";
  const isUnwanted = meanwhile === "WHMCS changes its mind" || (isPaid && change === "delete");
  // What is renewed runs again, and is suspended once more.
  const isKnown = delayMs === null && !isPaid;
  const isRight = isUnwanted ? asked === askedBefore : !isKnown || asked === point.asks;
  return isRight ? [] : [`${change} was asked ${asked} times, ${askedBefore} of them before the kill`];
}

/** The service was activated by us, and by its product's rules also stopped. */
async function bringTo(scene: Scene, serviceId: number, status: "Active" | "Suspended"): Promise<void> {
  const { shop } = scene;
  await until("the service is active", async () => {
    const [service] = await shop.sql("SELECT domainstatus AS status FROM tblhosting WHERE id = ?", [serviceId]);
    return service?.status === "Active";
  });
  if (status === "Active") return;
  await shop.setServiceStatus(serviceId, status);
  await until("the module was seen stopped", async () => {
    const seen = await scene.ledgerSql("SELECT n FROM mod_ispmodules_module_steps WHERE step = 'seen'");
    return seen.length > 0;
  });
}

/** The module is as if nothing had been asked, until the returned function is called. */
function forgetChange({ account }: Scene): () => void {
  const [module] = account.modules();
  const { id, status } = module ?? { id: "", status: 2 as const };
  account.changeModule(id, { status: status === 2 ? 3 : 2 });
  return () => account.changeModule(id, { status });
}
