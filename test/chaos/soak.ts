// What is left after hours of everything at once? Many bridges, many purchases, services that end, and one fault after the other, chosen by a seed.
import { systemClock } from "../../src/clock.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { ArmedFault, SimpleFault } from "../../src/sandbox/account/faults.ts";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { type Fate, statementPacket } from "../database/tcp-proxy.ts";
import { createDice, type Dice } from "../dice.ts";
import type { Serving } from "../serve/serving.ts";
import { commitAfterInsertInto, insertInto, type Trap } from "./ledger-line.ts";
import type { Findings } from "./oracle.ts";
import { createScene, type Scene } from "./scene.ts";

export interface SoakOptions {
  readonly purchases: number;
  readonly seed: number;
  readonly processes: number;
}

export interface Soaked {
  /** How often each kind of fault happened. */
  readonly fired: Readonly<Record<string, number>>;
  readonly findings: Findings;
}

/** Patient where two cores are shared by all, and with a sweep: here it may make up for events. */
const settings = {
  SEND_WITHIN_SECONDS: "10",
  ORDER_TIMEOUT_SECONDS: "5",
  SETTLE_SECONDS: "2",
  RETRY_SECONDS: "0.2",
  SWEEP_INTERVAL_SECONDS: "2",
  ORDERS_IN_FLIGHT: "16",
};
const longestRestMs = 600_000;

interface Soak {
  readonly server: MariaDb;
  readonly scene: Scene;
  readonly dice: Dice;
  readonly fleet: Serving[];
  readonly traps: Trap[];
  readonly armed: ArmedFault[];
  /** Deeds that happen at once. */
  readonly done: Record<"kill" | "restart" | "cut" | "end", number>;
}

/** Sells, pays and renews until there are so many paid lines, with faults in between; ends when all rests. */
export async function soak({ purchases, seed, processes }: SoakOptions): Promise<Soaked> {
  const server = await startMariaDb();
  const scene = await createScene(server);
  const done = { kill: 0, restart: 0, cut: 0, end: 0 };
  const all: Soak = { server, scene, dice: createDice(seed), fleet: [], traps: [], armed: [], done };
  try {
    scene.account.set({ refused: {}, suspendedRenewal: "from-expiry" });
    await scene.shop.sql("UPDATE tblproducts SET configoption8 = 'delete'");
    await scene.startBuying();
    for (let started = 0; started < processes; started++) all.fleet.push(await scene.serve(settings));
    const accepted = await sellUnderFire(all, purchases);
    for (const fault of all.armed) {
      fault.disarm();
      fault.release();
    }
    scene.calm();
    await scene.waitForRest(longestRestMs);
    const { lost, ...findings } = await scene.judge();
    const stored = (await scene.ledgerSql("SELECT webhook_id FROM mod_ispmodules_inbox")).map((row) => row.webhook_id);
    const forgotten = accepted.filter((id) => !stored.includes(id)).map((id) => `event ${id} was answered and is gone`);
    return { fired: countFired(all), findings: { ...findings, lost: [...lost, ...forgotten] } };
  } finally {
    await scene.end();
    await server.stop();
  }
}

function countFired({ traps, armed, done }: Soak): Record<string, number> {
  const sum = (faults: readonly { fired(): number }[]) => faults.reduce((total, fault) => total + fault.fired(), 0);
  return { ...done, statement: sum(traps), account: sum(armed) };
}

const faultChance = 0.3;
const renewalChance = 0.4;

/** The ids of the events that were answered with 202. */
async function sellUnderFire(all: Soak, purchases: number): Promise<string[]> {
  const { scene, dice, fleet } = all;
  const serviceIds: number[] = [];
  const accepted: string[] = [];
  for (let paid = 0; paid < purchases; paid++) {
    const invoiceId = await invoice(all, serviceIds);
    await scene.shop.payInvoice(invoiceId);
    if (dice.happens(faultChance)) await dice.oneOf(deeds)(all);
    const event = { id: `evt_${paid}`, type: "invoice.paid", data: { invoice_id: invoiceId } };
    if ((await scene.tell(dice.oneOf(fleet), event)) === 202) accepted.push(event.id);
    await waitForRoom(scene);
  }
  return accepted;
}

/** The first invoice of a new service, or the next one of an old one. */
async function invoice({ scene, dice }: Soak, serviceIds: number[]): Promise<number> {
  if (serviceIds.length > 0 && dice.happens(renewalChance)) {
    return (await scene.shop.issueRenewalInvoice(dice.oneOf(serviceIds))).invoiceId;
  }
  const { serviceId, invoiceId } = await scene.sell();
  serviceIds.push(serviceId);
  return invoiceId;
}

/** So many may be under way before the next is sold: faults should meet work, not a heap. */
const longestQueue = 12;
const longestPauseMs = 2_000;

async function waitForRoom({ ledgerSql }: Scene): Promise<void> {
  const open = "SELECT id FROM mod_ispmodules_purchases WHERE state IN ('Sending', 'Unknown', 'Ordered')";
  const deadlineMs = systemClock.monotonicMs() + longestPauseMs;
  while ((await ledgerSql(open)).length > longestQueue && systemClock.monotonicMs() < deadlineMs) {
    await systemClock.sleep(100);
  }
}

const moments = ["inbox", "attempts", "outcomes", "bindings", "module_steps"].map(insertInto);
const commits = ["attempts", "outcomes", "transitions", "module_steps"].map(commitAfterInsertInto);
const serverErrors = [1114, 1205, 1213].map((number) =>
  statementPacket(`SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${number}, MESSAGE_TEXT = 'as if'`),
);
const fates: readonly Fate[] = ["cut", "deliver-and-cut", ...serverErrors];

const accountFaults: readonly SimpleFault[] = [
  ...(["lost-before", "lost-after", "reset-mid-reply", "truncated", "bad-gateway", "without-id"] as const),
  ...(["missing-rows", "stale-list", "too-many-requests"] as const),
];
const functions = [
  ...["addition.order.param", "service.prolong", "addition.suspend", "addition.delete"],
  ...["addition", "soft", "basket"],
];

const deeds: readonly ((all: Soak) => Promise<void> | void)[] = [
  async ({ scene, dice, fleet, done }) => {
    const at = dice.between(0, fleet.length - 1);
    await fleet[at]?.kill();
    done.kill += 1;
    fleet[at] = await scene.serve(settings);
  },
  async ({ server, done }) => {
    await server.kill();
    done.restart += 1;
    await server.restart();
  },
  async ({ scene, dice, done }) => {
    const active = await scene.shop.sql("SELECT id FROM tblhosting WHERE domainstatus = 'Active'");
    if (active.length === 0) return;
    // For good: what was asked in vain holds up a renewal for an hour.
    await scene.shop.setServiceStatus(Number(dice.oneOf(active).id), dice.oneOf(["Suspended", "Terminated"] as const));
    done.end += 1;
  },
  ({ scene, dice, done }) => {
    dice.oneOf([scene.ledgerLine, scene.accountLine]).cutAll();
    done.cut += 1;
  },
  ({ scene, dice, traps }) => {
    traps.push(scene.ledgerLine.trap({ when: dice.oneOf([...moments, ...commits]), fate: dice.oneOf(fates) }));
  },
  ({ scene, dice, armed }) => {
    const func = dice.oneOf(functions);
    const isForm = func === "addition.order.param" || func === "service.prolong";
    const when = ({ params }: { params: Parameters<typeof isCommit>[0] }) => !isForm || isCommit(params);
    armed.push(scene.account.arm({ func, fault: dice.oneOf(accountFaults), when }));
  },
];
