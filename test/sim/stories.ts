// Which short stories are told again and again, each time with another fault at another point?
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { pay, renewPaid, type Sold, sell, sellPaid } from "./deeds.ts";
import { beginLife, type Life, type LifeOptions, tariff } from "./life.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import { judge } from "./oracle.ts";
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
  /** How the purchase may end, each with how many charges of the story. */
  readonly ends: readonly { readonly state: string; readonly charges: number }[];
}

const isOrder = ({ func, isCommit }: NetworkCall) => isCommit && func === "addition.order.param";

/** Fires once, on the first request that moves money. */
function once(fault: NetworkFault): Story["fault"] {
  let isLeft = true;
  return (call) => {
    if (!isLeft || !isOrder(call)) return null;
    isLeft = false;
    return fault;
  };
}

const unsold = async (life: Life) => sell(life);
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

export const stories: readonly (() => Story)[] = [
  () => ({ name: "new order", before: unsold, happen: payFirst, ends: [bought, absent] }),
  () => ({
    name: "renew",
    before: owning,
    happen: (life, { serviceId }) => void renewPaid(life, serviceId),
    ends: [bought, absent],
  }),
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
    name: "already there",
    before: unsold,
    happen: (life, sold) => {
      buyByHand(life, sold.licence);
      payFirst(life, sold);
    },
    ends: [{ state: "Purchased", charges: 0 }],
  }),
];

/** Staff bought the module in the vendor's own pages. */
export function buyByHand({ model, clock }: Life, licence: string): void {
  const createdate = clock.now().toISOString().slice(0, 10);
  const expiredate = new Date(Date.parse(createdate) + 31 * 86_400_000).toISOString().slice(0, 10);
  const id = String(model.nextModuleId);
  model.nextModuleId += 1;
  model.state.modules.push({
    ...{ id, licence, tariff, createdate, expiredate, periodMonths: 1, autoprolong: null, status: 2 },
    ...{ remoteid: null, cost: "10.00" },
  });
}

export interface Told {
  readonly life: Life;
  readonly sold: Sold;
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
  await life.settle();
  life.setWeather(calm);
  await life.sleepOver();
  await judge(life);
  const purchase = [...life.store().purchases.values()].toSorted((a, b) => a.lineId - b.lineId).at(-1);
  const charges = life.model.debits.length - chargesBefore;
  if (!story.ends.some((end) => end.state === purchase?.state && end.charges === charges)) {
    const end = `${purchase?.state}(${purchase?.reason}) with ${charges} charges`;
    life.witness.find("broken", `the story ends as ${end}`);
  }
  return { life, sold };
}
