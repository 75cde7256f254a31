// How far does the balance reach? What the renewals of the days to come cost, held against what the account shows.
import type { Balance, Tariff } from "../ispmanager/account.ts";
import { addMoney, type Decimal } from "../money.ts";
import type { Upcoming } from "../whmcs/facts.ts";
import { refOfService } from "../whmcs/service-ref.ts";
import { costOf, isShort } from "./cost.ts";
import type { AccountEngine } from "./engine.ts";
import type { KeptForecast } from "./ledger/forecast.ts";
import { addDays, monthsOfCycle } from "./period.ts";
import { readCap } from "./rules.ts";

const weekDays = 7;
const monthDays = 30;
const servicesPerPage = 500;

/** What renewals cost, by currency; `unknown` are those whose cost nobody has told. */
export interface RenewalCosts {
  readonly renewals: number;
  readonly unknown: number;
  readonly costs: ReadonlyMap<string, Decimal>;
}

export interface Forecast {
  readonly balance: Balance;
  readonly week: RenewalCosts;
  readonly month: RenewalCosts;
  /** The balance does not cover the renewals of a week. */
  readonly isLow: boolean;
}

/**
 * Active services by their next due date in WHMCS, from today on, each at the account's price for its cycle. A balance in
 * another currency is short of nothing. Null when price list or balance cannot be read.
 * @throws DatabaseError when WHMCS cannot be read.
 */
export async function forecastRenewals(engine: AccountEngine): Promise<Forecast | null> {
  const { account, accounts, ledger, reader, localTime, clock } = engine;
  const [tariffs, balance] = [await account.listTariffs(), await account.readBalance()];
  if (tariffs.kind !== "ok" || balance.kind !== "ok") return null;
  const today = localTime(clock.now()).slice(0, 10);
  const [weekSums, monthSums] = [createCosts(), createCosts()];
  const until = { week: addDays(today, weekDays), month: addDays(today, monthDays) };
  // Of several accounts each renews what it holds.
  const held = accounts.length === 1 ? null : new Set<string>(await ledger.listServicesAt(account.name));
  for (let afterId = 0; ; ) {
    const page = await reader.listUpcoming({ from: today, until: until.month, afterId, limit: servicesPerPage });
    for (const service of page) {
      if (held !== null && !held.has(refOfService(service.id))) continue;
      monthSums.add(service, tariffs.value);
      if (service.dueOn <= until.week) weekSums.add(service, tariffs.value);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < servicesPerPage) break;
    afterId = last.id;
  }
  const [week, month] = [weekSums.read(), monthSums.read()];
  const isLow = [...week.costs].some(([currency, cost]) => isShort(balance.value, cost, currency));
  return { balance: balance.value, week, month, isLow };
}

function createCosts() {
  const costs = new Map<string, Decimal>();
  let [renewals, unknown] = [0, 0];
  return {
    read: (): RenewalCosts => ({ renewals, unknown, costs }),
    add: (service: Upcoming, tariffs: readonly Tariff[]) => {
      renewals += 1;
      const cost = costOfRenewal(service, tariffs);
      if (cost.kind !== "known") unknown += 1;
      else costs.set(cost.currency, addMoney(costs.get(cost.currency) ?? "0", cost.cost));
    },
  };
}

function costOfRenewal({ options, billingCycle }: Upcoming, tariffs: readonly Tariff[]) {
  const months = monthsOfCycle(billingCycle);
  const cap = readCap(options[3] ?? "");
  if (months === null || cap === "unreadable") return { kind: "unknown" } as const;
  return costOf({ tariff: options[0] ?? "", period: { months }, cap, revenue: null }, tariffs);
}

/** As the ledger keeps it: the sums in the balance's currency, or in the first one where it names none. */
function toKept({ balance, week, month, isLow }: Forecast, now: Date): KeptForecast {
  const currency = balance.currency ?? [...month.costs.keys()][0] ?? null;
  const costIn = ({ costs }: RenewalCosts) => (currency === null ? "0" : (costs.get(currency) ?? "0"));
  const costs = { weekCost: costIn(week), monthCost: costIn(month), unknown: month.unknown };
  const lowSince = isLow ? now.toISOString() : null;
  return { balance: balance.amount, currency, ...costs, lowSince };
}

/** Warns once when the balance does not cover a week's renewals, and not again until it has done so. */
export async function watchBalance(engine: AccountEngine): Promise<void> {
  const forecast = await forecastRenewals(engine);
  if (forecast === null) return;
  const kept = toKept(forecast, engine.clock.now());
  const wasLow = await engine.ledger.keepForecast(kept, engine.account.name);
  const { balance, currency, weekCost, monthCost, unknown, lowSince } = kept;
  const { name } = engine.account;
  const fields = {
    ...(name === "main" ? {} : { account: name }),
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
