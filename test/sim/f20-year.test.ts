// Does the money add up after a whole year of a shop with two hundred services? (F20)
import { expect, it } from "vitest";
import type { Decision } from "../../src/purchases/decision.ts";
import { decide } from "../../src/purchases/decisions.ts";
import { addDays } from "../../src/sandbox/account/dates.ts";
import type { Debit } from "../../src/sandbox/account/model.ts";
import { turn } from "./deeds.ts";
import { playFamily } from "./family.ts";
import { copyStore, type LedgerStore, type PurchaseRow } from "./ledger/store.ts";
import { beginLife, type Life, productId, tariff } from "./life.ts";
import { judge } from "./oracle.ts";
import { followProcedure } from "./restoring.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { setRate } from "./staff.ts";
import { badWeather, calm } from "./weather.ts";
import { judgeYear } from "./year/judge.ts";
import { liveDay, note, openShop, type Shop, sellService } from "./year/shop.ts";

const services = 200;
const days = 365;
const firstDay = "2026-01-05";
const hourMs = 3_600_000;
/** The bridge is up this long each day; nothing happens in the rest of it. */
const openMs = 25 * 60_000;

/** The rest of the year is quiet; the first services are sold over the first month. */
const calendar: Readonly<Record<number, (life: Life, year: Year) => void | Promise<void>>> = {
  60: (life) => setBalance(life, "0.00"),
  67: (life) => setBalance(life, "50000.00"),
  90: (life) => raisePrice(life, "16.50"),
  120: (life) => setRate(life, "0.60000"),
  134: (life) => setRate(life, "0.92000"),
  150: (life) => void life.setWeather(storm(life)),
  157: (life) => void life.setWeather(calm),
  180: (life, year) => {
    year.backup = copyStore(life.store());
    year.debitsAtBackup = life.model.debits.length;
  },
  182: (life, year) => restore(life, year),
  200: (life) => raiseCost(life),
  250: (life) => setBalance(life, "0.00"),
  257: (life) => setBalance(life, "50000.00"),
  300: (life) => setRate(life, "1.00000"),
};

interface Year {
  readonly shop: Shop;
  backup: LedgerStore | null;
  /** How many charges there were when the backup was made. */
  debitsAtBackup: number;
  /** What the account charged between the backup and the restore, which no ledger knows. */
  forgotten: readonly Debit[];
}

function setBalance({ model }: Life, balance: string): void {
  model.state.balance = balance;
}

function raisePrice(life: Life, price: string): void {
  life.change((whmcs) => whmcs.setPrice({ productId, currency: "USD", cycle: "monthly", price }));
}

function raiseCost({ model }: Life): void {
  const at = model.tariffs.findIndex(({ id }) => id === tariff);
  const known = model.tariffs[at];
  if (known !== undefined) model.tariffs[at] = { ...known, costs: { 1: "10.35", 6: "58.90", 12: "111.00" } };
}

function storm({ dice, settings }: Life) {
  return badWeather(dice.fork(), { network: 0.05, money: 0.3, ledger: 0.01, whmcs: 0.02 }, settings.settleMs);
}

async function restore(life: Life, year: Year): Promise<void> {
  if (year.backup === null) throw new Error("no backup was made");
  year.forgotten = life.model.debits.slice(year.debitsAtBackup);
  life.restore(year.backup);
  // The account's own journal shows what was bought meanwhile; some of it was given back to the customer since.
  const explained = year.forgotten.map(({ moduleId }) => moduleId);
  if (await followProcedure(life, () => explained)) note(year.shop, "restored");
}

/**
 * Staff go through what rests with them: of what was sent and is not there the money goes back to the customer, and a
 * module that is there already pays for what it was bought for.
 */
async function settleAffairs(life: Life, shop: Shop): Promise<void> {
  const [bridge] = life.bridges();
  for (const purchase of life.store().purchases.values()) {
    const decision = decisionOf(life, purchase);
    if (bridge === undefined || decision === null) continue;
    const request = {
      purchaseId: purchase.id,
      version: null,
      decision,
      why: "as the account shows it",
      actor: "staff",
    };
    // In bad weather they try again a week later.
    const deciding = decide(bridge.engine, request).catch(() => null);
    await life.pass(60_000);
    if ((await deciding)?.kind !== "decided") continue;
    if (decision.kind === "refunded") turn(life, purchase.invoiceId, "Refunded", 1);
    note(shop, `${decision.kind} by staff`);
  }
}

function decisionOf({ model }: Life, { state, reason, licence }: PurchaseRow): Decision | null {
  if (state !== "NeedsOperator") return null;
  if (reason === "absent") return { kind: "refunded", reference: "R-1" };
  const module = model.state.modules.find((row) => row.licence === licence && row.status !== 4);
  return reason === "already_owned" && module !== undefined ? { kind: "bind", moduleId: module.id } : null;
}

async function liveYear(life: Life): Promise<Year> {
  const year: Year = { shop: openShop(), backup: null, debitsAtBackup: 0, forgotten: [] };
  const { shop } = year;
  for (let at = 0; at < days; at++) {
    const day = addDays(firstDay, at);
    await life.pass(Math.max(0, Date.parse(`${day}T06:00:00Z`) - life.clock.nowMs()));
    await calendar[at]?.(life, year);
    if (life.bridges().length === 0) life.start();
    for (let n = 0; n < 8 && shop.services.size < services; n++) sellService(life, shop);
    liveDay(life, shop, day);
    await life.pass(openMs);
    if (at % 7 === 0) await settleAffairs(life, shop);
    for (const bridge of life.bridges()) {
      const stopped = bridge.stop();
      await life.pass(5 * 60_000);
      await stopped;
      bridge.kill();
    }
  }
  return year;
}

async function play(seed: number) {
  const settings = {
    ...{ buyerIntervalMs: 300_000, sweepIntervalMs: 2_400_000, remoteSweepIntervalMs: 12 * hourMs },
    ...{ retryMs: 600_000, settleMs: 300_000, lookIntervalMs: 120_000 },
  };
  const life = await beginLife({ seed, startAt: `${firstDay}T05:00:00Z`, settings, variants: { refused: {} } });
  setBalance(life, "50000.00");
  life.change((whmcs) => whmcs.edit("products", productId, { option8: "delete" }));
  const { shop, forgotten } = await liveYear(life);
  life.start();
  await life.rest();
  await judge(life);
  await judgeYear(life, forgotten);
  for (const what of ["sold", "paid late", "suspended", "terminated", "left", "refunded", "restored", "closed"]) {
    expect(shop.happened.get(what) ?? 0, `${what} never happened`).toBeGreaterThan(0);
  }
  const steps = [...life.store().moduleSteps.values()].map(({ change, step }) => `${change} ${step}`);
  expect(steps).toEqual(expect.arrayContaining(["suspend seen", "resume seen", "delete seen"]));
  const fired = [...life.witness.faults.values()].reduce((sum, times) => sum + times, 0);
  return { fired, findings: life.witness.findings };
}

it(
  "F20: a year of two hundred services",
  async () => {
    const seeds = Array.from({ length: countOf(1, 10) }, (_, at) => firstSeed + at);
    await playFamily(
      "F20",
      seeds.map((seed) => ({ name: String(seed), play: () => play(seed) })),
    );
  },
  Math.max(longestMs, 600_000),
);
