// How far does the balance reach? What waits to be bought and the renewals to come, held against what the account shows.
import type { Balance, Tariff } from "../ispmanager/account.ts";
import { addMoney, type Decimal } from "../money.ts";
import type { Upcoming } from "../whmcs/facts.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import { type Cost, costOf, isShort } from "./cost.ts";
import { type AccountEngine, whose } from "./engine.ts";
import type { KeptForecast } from "./ledger/forecast.ts";
import { addDays, daysKept, monthsOfCycle } from "./period.ts";
import type { Purchase } from "./purchase.ts";
import { readCap } from "./rules.ts";

const weekDays = 7;
const monthDays = 30;
const servicesPerPage = 500;

/** What so many purchases cost, by currency; `unknown` are those whose cost nobody has told. */
export interface Costs {
  readonly count: number;
  readonly unknown: number;
  readonly costs: ReadonlyMap<string, Decimal>;
}

export interface Forecast {
  readonly balance: Balance;
  /** Purchases that are paid for, and wait for whatever reason. */
  readonly waiting: Costs;
  /** Renewals that are due within 7 days, overdue ones among them. */
  readonly week: Costs;
  readonly month: Costs;
  /** The balance does not cover what waits and the renewals of a week. */
  readonly isLow: boolean;
}

/**
 * Paid purchases that wait, and active services and addons by their next due date in WHMCS, each at the account's price for
 * its period. A balance in another currency is short of nothing. Null when price list or balance cannot be read.
 * @throws DatabaseError when WHMCS or the ledger cannot be read.
 */
export async function forecastRenewals(engine: AccountEngine): Promise<Forecast | null> {
  const { account, localTime, clock } = engine;
  const [tariffs, balance] = [await account.listTariffs(), await account.readBalance()];
  if (tariffs.kind !== "ok" || balance.kind !== "ok") return null;
  const today = localTime(clock.now()).slice(0, 10);
  const sums = { waiting: createCosts(), week: createCosts(), month: createCosts() };
  const isOfAccount = await findOwn(engine);
  const waiting = (await engine.ledger.listPurchases({ state: "Pending" })).filter(isPaidFor);
  for (const purchase of waiting) {
    if (isOfAccount(purchase)) sums.waiting.add(costOfPurchase(purchase, tariffs.value));
  }
  // WHMCS has moved the due date of what is paid for, unless somebody changes it by hand.
  const counted = new Set(waiting.map(({ serviceRef, period }) => `${serviceRef} ${period?.start}`));
  const until = addDays(today, weekDays);
  for await (const service of listRenewals(engine, today)) {
    if (counted.has(`${service.ref} ${service.dueOn}`) || !isOfAccount({ serviceRef: service.ref })) continue;
    const cost = costOfRenewal(service, tariffs.value);
    sums.month.add(cost);
    if (service.dueOn <= until) sums.week.add(cost);
  }
  const [waitingCosts, week, month] = [sums.waiting.read(), sums.week.read(), sums.month.read()];
  const isLow = [...joined(waitingCosts, week)].some(([currency, cost]) => isShort(balance.value, cost, currency));
  return { balance: balance.value, waiting: waitingCosts, week, month, isLow };
}

/** Unpaid again, it is an invoice like any other; what was given back is nobody's. */
function isPaidFor({ reason, isReversed }: Purchase): boolean {
  return reason !== "unpaid" && !isReversed;
}

type Subject = { readonly serviceRef: ServiceRef } & Partial<Pick<Purchase, "reason" | "detail">>;

/** Of several accounts each renews what it holds; a purchase of a new module belongs to none until it was looked for. */
async function findOwn({ account, accounts, ledger }: AccountEngine): Promise<(subject: Subject) => boolean> {
  if (accounts.length === 1) return () => true;
  const held = new Set<string>(await ledger.listServicesAt(account.name));
  return ({ serviceRef, reason, detail }) => {
    // What waits for the balance of `main` does not name it.
    const named = detail?.account ?? (reason === "awaiting_balance" ? "main" : null);
    return held.has(serviceRef) || named === account.name;
  };
}

async function* listRenewals({ reader }: AccountEngine, today: string): AsyncGenerator<Upcoming> {
  // Who has not paid while the account keeps the module hardly will.
  const span = { from: addDays(today, -daysKept), until: addDays(today, monthDays) };
  for (let after: ServiceRef | null = null; ; ) {
    const page: Upcoming[] = await reader.listUpcoming({ ...span, after, limit: servicesPerPage });
    yield* page;
    after = page.at(-1)?.ref ?? null;
    if (after === null || page.length < servicesPerPage) return;
  }
}

function createCosts() {
  const costs = new Map<string, Decimal>();
  let [count, unknown] = [0, 0];
  return {
    read: (): Costs => ({ count, unknown, costs }),
    add: (cost: Cost) => {
      count += 1;
      if (cost.kind !== "known") unknown += 1;
      else costs.set(cost.currency, addMoney(costs.get(cost.currency) ?? "0", cost.cost));
    },
  };
}

function joined(one: Costs, other: Costs): ReadonlyMap<string, Decimal> {
  const sums = new Map(one.costs);
  for (const [currency, cost] of other.costs) sums.set(currency, addMoney(sums.get(currency) ?? "0", cost));
  return sums;
}

function costOfPurchase({ tariff, period }: Purchase, tariffs: readonly Tariff[]): Cost {
  if (tariff === null || period === null) return { kind: "unknown" };
  return costOf({ tariff, period, cap: null, revenue: null }, tariffs);
}

function costOfRenewal({ options, billingCycle }: Upcoming, tariffs: readonly Tariff[]): Cost {
  const months = monthsOfCycle(billingCycle);
  const cap = readCap(options[3] ?? "");
  if (months === null || cap === "unreadable") return { kind: "unknown" };
  return costOf({ tariff: options[0] ?? "", period: { months }, cap, revenue: null }, tariffs);
}

/** As the ledger keeps it: the sums in the balance's currency, or in the first one where it names none. */
function toKept({ balance, waiting, week, month, isLow }: Forecast, now: Date): KeptForecast {
  const [ofWeek, ofMonth] = [joined(waiting, week), joined(waiting, month)];
  const currency = balance.currency ?? [...ofMonth.keys()][0] ?? null;
  const costIn = (costs: ReadonlyMap<string, Decimal>) => (currency === null ? "0" : (costs.get(currency) ?? "0"));
  const lowSince = isLow ? now.toISOString() : null;
  return {
    ...{ balance: balance.amount, currency, weekCost: costIn(ofWeek), monthCost: costIn(ofMonth) },
    ...{ unknown: waiting.unknown + month.unknown, lowSince },
  };
}

/** Warns once when the balance does not cover what is to be bought within a week, and not again until it has done so. */
export async function watchBalance(engine: AccountEngine): Promise<void> {
  const forecast = await forecastRenewals(engine);
  if (forecast === null) return;
  const kept = toKept(forecast, engine.clock.now());
  const wasLow = await engine.ledger.keepForecast(kept, engine.account.name);
  const { balance, currency, weekCost, monthCost, unknown, lowSince } = kept;
  const fields = {
    ...whose(engine.account.name),
    balance,
    currency,
    week_cost: weekCost,
    month_cost: monthCost,
    unknown,
  };
  const isLow = lowSince !== null;
  if (isLow && !wasLow) engine.log.error("alert.balance_low", fields);
  if (!isLow && wasLow) engine.log.info("balance.recovered", fields);
}
