// Which short stories are told again and again, each time with another fault at another point?
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { renewAddonPaid, sellAddon } from "./addon-deeds.ts";
import { buyByHand } from "./by-hand.ts";
import { issueOverdue, moveAway, pay, renewPaid, type Sold, sell, sellPaid, turn } from "./deeds.ts";
import { beginLife, type Life, type LifeOptions } from "./life.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import { settle, sleepOver } from "./nights.ts";
import { judge } from "./oracle.ts";
import { setLoss, setRate } from "./staff.ts";
import { calm } from "./weather.ts";

/** A life that has come to the moment the story is about, and what then happens in it. */
export interface Story {
  readonly name: string;
  readonly variants?: Partial<Variants>;
  /** What must have happened before, in peace; the service it is about. */
  readonly before: (life: Life) => Promise<Sold>;
  /** What happens, and the fault that belongs to the story itself. */
  readonly happen: (life: Life, sold: Sold) => void;
  readonly fault?: (call: NetworkCall) => NetworkFault | null;
  /** How the purchase may end; the first is how it ends where nobody is killed. */
  readonly ends: readonly End[];
}

/** State and reason of the purchase (undefined where there is none) and how often the story was charged. */
export interface End {
  readonly state: string | undefined;
  readonly reason?: string;
  readonly charges: number;
}

const isOrder = ({ func, isCommit }: NetworkCall) => isCommit && func === "addition.order.param";

/** Fires once, on the first request that moves money. */
function once(fault: NetworkFault): NonNullable<Story["fault"]> {
  let isLeft = true;
  return (call) => {
    if (!isLeft || !isOrder(call)) return null;
    isLeft = false;
    return fault;
  };
}

/** What every bridge reads at its start is over by then. */
const startMs = 60_000;

/** An order that is not paid yet. */
async function unsold(life: Life): Promise<Sold> {
  await life.pass(startMs);
  return sell(life);
}

const payFirst = (life: Life, { invoiceId }: Sold) => pay(life, invoiceId);

/** A module bought and at rest. */
export async function owning(life: Life): Promise<Sold> {
  const sold = sellPaid(life);
  await life.rest();
  return sold;
}

const bought = { state: "Purchased", charges: 1 } as const;
/** Killed between the claim and the request: only a person knows that nothing left. */
const absent = { state: "NeedsOperator", charges: 0 } as const;

const dayMs = 86_400_000;

/** The same, run out since and suspended for it by the account. */
async function late(life: Life): Promise<Sold> {
  const sold = await owning(life);
  for (const bridge of life.bridges()) bridge.kill();
  await life.pass(40 * dayMs);
  life.start();
  await life.rest();
  return sold;
}

/** One paid period, ordered or renewed, with a fault on the way. */
export function periodStory(
  isRenewal: boolean,
  rest: Pick<Story, "ends"> &
    Partial<Pick<Story, "fault" | "variants">> & { readonly meanwhile?: (life: Life, sold: Sold) => void },
): Story {
  const { meanwhile, ...story } = rest;
  return {
    name: isRenewal ? "renewal" : "order",
    before: isRenewal ? owning : unsold,
    happen: (life, sold) => {
      meanwhile?.(life, sold);
      if (isRenewal) renewPaid(life, sold.serviceId);
      else pay(life, sold.invoiceId);
    },
    ...story,
  };
}

export const stories: readonly (() => Story)[] = [
  () => ({ name: "new order", before: unsold, happen: payFirst, ends: [bought, absent] }),
  () => ({
    name: "renew",
    before: owning,
    happen: (life, { serviceId }) => void renewPaid(life, serviceId),
    ends: [bought, absent],
  }),
  () => ({
    name: "new order of an addon",
    before: async (life) => {
      await life.pass(startMs);
      return sellAddon(life);
    },
    happen: payFirst,
    ends: [bought, absent],
  }),
  () => {
    let serviceAddonId = 0;
    return {
      name: "renew an addon",
      before: async (life) => {
        const sold = sellAddon(life);
        serviceAddonId = sold.serviceAddonId;
        pay(life, sold.invoiceId);
        await life.rest();
        return sold;
      },
      happen: (life) => renewAddonPaid(life, serviceAddonId),
      ends: [bought, absent],
    };
  },
  () => ({
    name: "refused once",
    before: unsold,
    happen: payFirst,
    fault: once({ kind: "refused", type: "limit" }),
    ends: [bought, absent],
  }),
  () => ({
    name: "lost answer, done",
    before: unsold,
    happen: payFirst,
    fault: once({ kind: "reset-after-done" }),
    ends: [bought, absent],
  }),
  () => ({
    name: "lost answer, not done",
    before: unsold,
    happen: payFirst,
    fault: once({ kind: "reset-after-undone" }),
    ends: [absent, bought],
  }),
  () => ({
    name: "money back while nothing is known of the request",
    before: unsold,
    happen: (life, sold) => {
      payFirst(life, sold);
      void life.clock.sleep(90_000).then(() => turn(life, sold.invoiceId, "Refunded", 1));
    },
    fault: once({ kind: "reset-after-undone" }),
    // Killed early enough, the bridge hears of a line that was paid and paid back before anything was sent, or of none.
    ends: [
      { state: "NeedsOperator", reason: "reversed_after_send", charges: 0 },
      { state: "Refunded", charges: 0 },
      { state: "NeedsOperator", reason: "reversed_after_send", charges: 1 },
      { state: undefined, charges: 0 },
    ],
  }),
  () => ({
    name: "renewal into the cart",
    variants: { renewal: "cart" },
    before: owning,
    happen: (life, { serviceId }) => void renewPaid(life, serviceId),
    ends: [{ state: "Ordered", charges: 0 }, absent],
  }),
  () => ({
    name: "renewal of what has run out",
    variants: { renewalForm: "silent", renewalReply: "ok" },
    before: late,
    happen: (life, { serviceId }) => void renewPaid(life, serviceId),
    ends: [bought, absent],
  }),
  () => ({
    name: "two overdue invoices, the newer paid first",
    before: late,
    happen: (life, { serviceId }) => {
      for (const invoiceId of issueOverdue(life, serviceId, 2).toReversed()) pay(life, invoiceId);
    },
    // Killed between a claim and its request: a person decides about that one, and the other is bought or waits for it.
    ends: [
      { state: "Purchased", charges: 2 },
      { state: "Purchased", charges: 1 },
      { state: "NeedsOperator", reason: "absent", charges: 0 },
      { state: "NeedsOperator", reason: "absent", charges: 1 },
      { state: "Pending", reason: "earlier_period", charges: 0 },
    ],
  }),
  () => ({
    name: "renewal of a service that went to another client meanwhile",
    before: owning,
    happen: (life, sold) => {
      renewPaid(life, sold.serviceId, 0);
      moveAway(life, sold);
    },
    ends: [bought, absent],
  }),
  () => ({
    name: "below its cost until staff allow a loss",
    before: unsold,
    happen: (life, sold) => {
      setRate(life, "0.60000");
      payFirst(life, sold);
      void life.clock.sleep(90_000).then(() => setLoss(life, "allow"));
    },
    ends: [bought, absent],
  }),
  () => ({
    name: "below its cost",
    before: unsold,
    happen: (life, sold) => {
      setRate(life, "0.60000");
      payFirst(life, sold);
    },
    ends: [{ state: "NeedsOperator", reason: "price_above_cap", charges: 0 }],
  }),
  () => ({
    name: "already there",
    before: unsold,
    happen: (life, sold) => {
      buyByHand(life, sold.licence);
      payFirst(life, sold);
    },
    ends: [{ state: "Purchased", charges: 0 }],
  }),
];

export interface Told {
  readonly life: Life;
  readonly sold: Sold;
  /** Which of the story's ends it was; -1 for none of them. */
  readonly end: number;
}

/** Begins a life, brings it to the story, lets `during` watch it, and holds the end against story and oracle. */
export async function tellStory(
  story: Story,
  options: LifeOptions,
  during: (life: Life) => Promise<void> | void = () => {},
): Promise<Told> {
  const life = await beginLife({ ...options, variants: { ...story.variants, ...options.variants } });
  life.start();
  const sold = await story.before(life);
  const chargesBefore = life.model.debits.length;
  life.setWeather({ ...calm, onNetwork: (call) => story.fault?.(call) ?? null });
  story.happen(life, sold);
  await during(life);
  await settle(life);
  life.setWeather(calm);
  await sleepOver(life);
  await judge(life);
  const purchase = [...life.store().purchases.values()].toSorted((a, b) => a.lineId - b.lineId).at(-1);
  const charges = life.model.debits.length - chargesBefore;
  const end = story.ends.findIndex(
    ({ state, reason, charges: many }) =>
      state === purchase?.state && many === charges && (reason === undefined || reason === purchase?.reason),
  );
  if (end === -1) {
    const what = `${purchase?.state}(${purchase?.reason}) with ${charges} charges`;
    life.witness.find("broken", `the story ends as ${what}`);
  }
  return { life, sold, end };
}
