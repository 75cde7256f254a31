// Does a term that staff bought by hand serve exactly as many periods as it holds, and are the next ones bought again?
import type { BillingCycle } from "../../src/sandbox/shop/cycles.ts";
import { monthsOfCycle } from "../../src/sandbox/shop/cycles.ts";
import { buyByHand, provideByHand } from "./by-hand.ts";
import { pay, renewPaid, type Sale, type Sold, sell, sellPaid } from "./deeds.ts";
import type { Case, Played } from "./family.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { firstSeed } from "./scale.ts";
import { turnBuying } from "./staff.ts";

interface Bought extends Sale {
  readonly licence: string;
  /** Of the whole term that staff buy. */
  readonly months: number;
}

/** The moment in which staff buy, and the first period for which somebody pays. */
const moments: Readonly<Record<string, (life: Life, bought: Bought) => Promise<Sold>>> = {
  "before its invoice": async (life, { months, ...sale }) => {
    buyByHand(life, sale.licence, months);
    return sellPaid(life, sale);
  },
  "before it is paid": async (life, { months, ...sale }) => {
    const sold = sell(life, sale);
    buyByHand(life, sale.licence, months);
    pay(life, sold.invoiceId);
    return sold;
  },
  "while buying is off": async (life, { months, ...sale }) => {
    await turnBuying(life, "off");
    const sold = sellPaid(life, sale);
    await life.rest();
    buyByHand(life, sale.licence, months);
    await turnBuying(life, "on");
    return sold;
  },
  "for a module that runs": async (life, { months, ...sale }) => {
    const sold = sellPaid(life, sale);
    await life.rest();
    provideByHand(life, sale.licence, months);
    renewPaid(life, sold.serviceId);
    return sold;
  },
};

interface HandStory {
  readonly moment: string;
  readonly cycle: BillingCycle;
  /** How many the term by hand holds. */
  readonly periods: number;
  readonly startAt: string;
  /** Each invoice comes shortly before it is due; else all at once. */
  readonly isInTime: boolean;
}

const dayMs = 86_400_000;
const daysBeforeDue = 3;

/** Nobody is there in the meantime: nothing would happen. */
async function passUntilDue(life: Life, { serviceId }: Sold): Promise<void> {
  const due = life.whmcs.tables.rows.services.get(serviceId)?.nextDueDate ?? "";
  for (const bridge of life.bridges()) bridge.kill();
  await life.pass(Math.max(0, Date.parse(`${due}T10:00:00Z`) - daysBeforeDue * dayMs - life.clock.nowMs()));
  life.start();
}

async function play({ moment, cycle, periods, startAt, isInTime }: HandStory): Promise<Played> {
  const life = await beginLife({ seed: firstSeed, startAt });
  life.start();
  const sale = { licence: life.newLicence(), cycle };
  const sold = await moments[moment]?.(life, { ...sale, months: periods * monthsOfCycle(cycle) });
  if (sold === undefined) throw new Error("no such moment");
  await life.rest();
  for (let more = 0; more < periods; more++) {
    if (isInTime) await passUntilDue(life, sold);
    renewPaid(life, sold.serviceId);
    await life.rest();
  }
  await judge(life);
  const all = [...life.store().purchases.values()];
  const byHand = all.filter(({ state, reason }) => state === "Purchased" && reason === "manual").length;
  const bought = all.filter(({ state, reason }) => state === "Purchased" && reason === null).length;
  const charges = life.model.debits.length;
  if (byHand !== periods || bought + byHand !== all.length || bought !== charges) {
    const rows = all.map(({ state, reason }) => `${state}(${reason})`).join(", ");
    const what = `${periods} periods by hand served ${byHand}, ${charges} were charged: ${rows}`;
    life.witness.find(charges > all.length - periods ? "double" : "broken", what);
  }
  return { fired: life.witness.byHand.size, findings: life.witness.findings };
}

const startsAt = ["2026-11-26T10:00:00Z", "2026-01-31T10:00:00Z", "2027-01-15T10:00:00Z", "2028-02-29T10:00:00Z"];
const terms: readonly (readonly [BillingCycle, number])[] = [
  ...([1, 2, 3, 12] as const).map((periods) => ["Monthly", periods] as const),
  ["Semi-Annually", 2],
  ["Annually", 1],
  ["Annually", 2],
];

export const handCases: readonly Case[] = Object.keys(moments).flatMap((moment) =>
  startsAt.flatMap((startAt) =>
    terms.flatMap(([cycle, periods]) =>
      [false, true].map((isInTime) => ({
        name: `${periods} times ${cycle} by hand ${moment}/${startAt}/${isInTime ? "in time" : "at once"}`,
        play: () => play({ moment, cycle, periods, startAt, isInTime }),
      })),
    ),
  ),
);
