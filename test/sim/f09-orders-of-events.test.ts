// Does it matter in which order things happen, and in which order the bridge hears of them? (F9, I15)
import { it } from "vitest";
import { type Sold, sell, statusOf } from "./deeds.ts";
import { type Case, type Played, playFamily } from "./family.ts";
import { beginLife, type Life } from "./life.ts";
import { fallNight } from "./nights.ts";
import { judge } from "./oracle.ts";
import { firstSeed, longestMs } from "./scale.ts";

type Deed = "paid" | "unpaid" | "paid again" | "refunded" | "cancelled" | "service ended";
const deeds: readonly Deed[] = ["paid", "unpaid", "paid again", "refunded", "cancelled", "service ended"];

/** Whatever stands before: staff may set any status by hand. */
function doIt(life: Life, { invoiceId, serviceId }: Sold, deed: Deed): void {
  const stood = statusOf(life, invoiceId);
  life.change((whmcs) => {
    if (deed === "service ended") whmcs.setServiceStatus(serviceId, "Terminated");
    else if (deed === "paid" && stood === "Unpaid") whmcs.payInvoice(invoiceId);
    else if (deed === "refunded" && stood === "Paid") whmcs.refundInvoice(invoiceId);
    else whmcs.edit("invoices", invoiceId, { status: statuses[deed] });
  });
}

const statuses: Readonly<Record<Exclude<Deed, "service ended">, string>> = {
  paid: "Paid",
  unpaid: "Unpaid",
  "paid again": "Paid",
  refunded: "Refunded",
  cancelled: "Cancelled",
};
const events = ["invoice.paid", "invoice.unpaid", "invoice.refunded"] as const;

function ordersOf<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((one, at) => ordersOf(list.toSpliced(at, 1)).map((rest) => [one, ...rest]));
}

/** One order of the six, with money flowing while they happen. */
async function playBuying(order: readonly Deed[], seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  life.start();
  const sold = sell(life);
  for (const deed of order) {
    doIt(life, sold, deed);
    life.tell(life.dice.oneOf(events), sold.invoiceId);
    await life.pass(life.dice.oneOf([10, 2_000, 70_000]));
  }
  await life.rest();
  await judge(life);
  return { fired: order.length, findings: life.witness.findings };
}

/** What the ledger says in the end, but for the moment in which it first saw the line paid, of a life whose hook tells so often and so late; nothing is bought. */
async function playHearing(order: readonly Deed[], telling: "never" | "often"): Promise<string> {
  const life = await beginLife({ seed: firstSeed });
  await life.plainLedger().setBuying({ position: "off", paidSince: null, actor: "simulation", why: "hearing only" });
  life.start();
  const sold = sell(life);
  for (const deed of order) {
    doIt(life, sold, deed);
    for (let times = telling === "often" ? 3 : 0; times > 0; times--) {
      const lateMs = life.dice.between(0, 400_000);
      void life.clock.sleep(lateMs).then(() => life.tell(life.dice.oneOf(events), sold.invoiceId, 2));
    }
    // Also of an ended service the sweep sees each status that lasts.
    await fallNight(life);
    await life.pass(130_000);
  }
  await life.pass(400_000);
  await life.rest();
  const rows = [...life.store().purchases.values()];
  return JSON.stringify(rows.map(({ id, state, reason, periodKey, sends }) => [id, state, reason, periodKey, sends]));
}

async function playBoth(order: readonly Deed[]): Promise<Played> {
  const heard = await playHearing(order, "often");
  const swept = await playHearing(order, "never");
  const what = `I15: heard ${heard}, swept ${swept}`;
  return { fired: order.length * 3, findings: heard === swept ? [] : [{ kind: "broken", what }] };
}

it(
  "F9: every order of six things that happen to an invoice",
  async () => {
    const orders = ordersOf(deeds);
    const buying: Case[] = orders.map((order, at) => ({
      name: order.join(", "),
      play: () => playBuying(order, firstSeed + at),
    }));
    const hearing = orders
      .filter((_, at) => at % 6 === firstSeed % 6)
      .map((order) => ({ name: `heard or swept: ${order.join(", ")}`, play: () => playBoth(order) }));
    await playFamily("F9", [...buying, ...hearing]);
  },
  longestMs,
);
