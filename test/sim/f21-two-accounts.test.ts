// Do two accounts on one ledger keep their licences, modules and troubles apart? (F21)
import { it } from "vitest";
import { createDice } from "../dice.ts";
import { someAccount } from "./accounts.ts";
import { renewPaid, type Sold, sellPaid } from "./deeds.ts";
import { type Played, playFamily } from "./family.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import { moveLicence, tidyLicences } from "./licences.ts";
import type { Life, Trouble } from "./life.ts";
import { isResting } from "./rest.ts";
import { longestMs, seedsOf } from "./scale.ts";
import { hasLicence, sideOf, sideWith } from "./sides.ts";
import { setCap, setRate, turnBuying } from "./staff.ts";
import { playStorm, type Storm } from "./storm.ts";
import { calm } from "./weather.ts";

type Line = Pick<Sold, "lineId">;

interface Ill {
  readonly fault: Trouble;
  /** It still says what licences it has: the other one's orders go on, too. */
  readonly isReadable: boolean;
}

const ills: Readonly<Record<string, Ill>> = {
  away: { fault: () => ({ kind: "refuse" }), isReadable: false },
  silent: { fault: () => ({ kind: "slow-headers" }), isReadable: false },
  "login refused": { fault: () => ({ kind: "refused", type: "auth" }), isReadable: false },
  "buying refused": {
    fault: ({ isCommit }) => (isCommit ? { kind: "refused", type: "access" } : null),
    isReadable: true,
  },
  "short of money": { fault: () => ({ kind: "empty-balance" }), isReadable: true },
};

const minuteMs = 60_000;
/** Long enough for a back-off of a quarter of an hour, for one period behind another, and for looking at both. */
const patienceMs = 90 * minuteMs;

/** Between two deeds licences move, and accounts fall ill and recover. */
async function meanwhile(life: Life, sold: readonly Sold[]): Promise<number> {
  const { dice } = life;
  if (sold.length === 0 || !dice.happens(0.3)) return 0;
  const { licence } = dice.oneOf(sold);
  const { account } = dice.oneOf(life.sides());
  const deeds: readonly (() => void)[] = [
    () => moveLicence(life, licence, { isKept: false }),
    () => moveLicence(life, licence, { isKept: true }),
    () => life.setTrouble(account, dice.oneOf(Object.values(ills)).fault),
    () => life.setTrouble(account, null),
  ];
  dice.oneOf(deeds)();
  return 1;
}

/**
 * One account is ill; at each a renewal is paid, one of them perhaps of a licence that has moved, and an order. What the other
 * one needs nobody else for is done before the first is well again; how often the illness was met.
 */
async function endIll(life: Life, steady: readonly Sold[]): Promise<number> {
  const { dice, witness } = life;
  await turnBuying(life, "on");
  setCap(life, "");
  setRate(life, "1.00000");
  if (dice.happens(0.5)) tidyLicences(life);
  const moved = dice.oneOf(steady).licence;
  if (dice.happens(0.5)) moveLicence(life, moved, { isKept: dice.happens(0.3) });
  life.setWeather(calm);
  const [illSide, wellSide] = dice.shuffle(life.sides());
  if (illSide === undefined || wellSide === undefined) throw new Error("the life has no two accounts");
  const [ill, well] = [illSide.account, wellSide.account];
  life.setTrouble(well, null);
  // Where nothing is ordered, nobody meets an account that refuses only that.
  const possible = Object.entries(ills).filter(([name]) => name !== "buying refused" || !hasNameless(illSide));
  const [name, { fault, isReadable }] = dice.oneOf(possible);
  life.setTrouble(ill, fault);
  if (life.bridges().every(({ gate }) => gate.isPaused())) life.start();
  const before = sumOf(witness.faults);
  const renewals = steady.map((sold) => ({ ...renewPaid(life, sold.serviceId), licence: sold.licence }));
  const orders = [ill, well].map((account) => sellPaid(life, { licence: life.newLicence([account]) }));
  // This one is nobody's to buy.
  sellPaid(life, { licence: life.newLicence([ill, well]) });
  const due = [...renewals, ...(isReadable ? orders : [])].filter(({ licence }) => homeOf(life, licence) === well);
  await untilDone(life, due, () => sumOf(witness.faults) > before);
  for (const { lineId, licence } of due) {
    const { state, reason } = purchaseOf(life, lineId) ?? { state: "unknown", reason: null };
    const isForNobody = state === "NeedsOperator" && !hasNameless(sideWith(life, licence));
    if (!isDone(life, lineId) || isForNobody)
      witness.find("broken", `line ${lineId} of ${well} is ${state}(${reason}), and only ${ill} is ${name}`);
  }
  await life.pass(dice.between(0, 10 * minuteMs));
  return sumOf(witness.faults) - before;
}

/** A module is shown by the name of a licence that is gone: a person says whose it is before anything is ordered. */
function hasNameless({ model }: Life): boolean {
  const isGone = ({ licence }: { readonly licence: string }) => !hasLicence(model, licence);
  return model.variants.item !== "id" && model.state.modules.some(isGone);
}

function homeOf(life: Life, licence: string): string {
  return sideWith(life, licence).account;
}

/** Time passes until these lines rest, and what else is waited for has come; or for so long that it is in vain. */
async function untilDone(life: Life, lines: readonly Line[], isMet = () => true): Promise<void> {
  const untilMs = life.clock.nowMs() + patienceMs;
  const isOver = () => isMet() && lines.every(({ lineId }) => isDone(life, lineId));
  while (life.clock.nowMs() < untilMs && !isOver()) await life.pass(20_000);
}

function isDone(life: Life, lineId: number): boolean {
  const purchase = purchaseOf(life, lineId);
  return purchase !== undefined && isResting(purchase, sideOf(life, purchase));
}

function purchaseOf(life: Life, lineId: number): PurchaseRow | undefined {
  return [...life.store().purchases.values()].find((row) => row.lineId === lineId);
}

function sumOf(faults: ReadonlyMap<string, number>): number {
  return [...faults.values()].reduce((sum, times) => sum + times, 0);
}

function stormOf(seed: number): Storm {
  const dice = createDice(seed * 611_953);
  const bridges = dice.oneOf([1, 1, 2, 4]);
  const pace = bridges > 2 ? 40_000 : 20_000;
  const settings = { buyerIntervalMs: pace, sweepIntervalMs: pace * 6, ordersInFlight: dice.oneOf([1, 4]) };
  const chances = { network: dice.oneOf([0, 0.1]), money: dice.oneOf([0, 0.3]), ledger: 0.01, whmcs: 0.01 };
  const names = dice.oneOf([
    ["main", "ru"],
    ["eu", "ru"],
  ]);
  const accounts = Object.fromEntries(names.map((name) => [name, someAccount(dice.fork())]));
  const options = { settings, accounts };
  return { seed, bridges, crashes: dice.between(1, 3), deeds: dice.between(2, 8), chances, options };
}

async function play(seed: number): Promise<Played> {
  const steady: Sold[] = [];
  let met = 0;
  const { findings } = await playStorm({
    ...stormOf(seed),
    meanwhile,
    first: async (life) => {
      for (const { account } of life.sides()) steady.push(sellPaid(life, { licence: life.newLicence([account]) }));
      await untilDone(life, steady);
    },
    last: async (life) => {
      met = await endIll(life, steady);
    },
  });
  return { fired: met, findings };
}

it(
  "F21: two accounts",
  async () => {
    const cases = seedsOf(60, 1_000).map((seed) => ({ name: String(seed), play: () => play(seed) }));
    await playFamily("F21", cases);
  },
  longestMs,
);
