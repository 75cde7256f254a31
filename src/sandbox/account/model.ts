// What does the account own and owe at this moment, and what has it been charged?
import { Big } from "big.js";
import type { Clock } from "../../clock.ts";
import { compareMoney, type Decimal, formatMoney } from "../../money.ts";
import { type Day, dayOf } from "./dates.ts";
import type { ErrorName, Variants } from "./variants.ts";

/** An ispmanager licence; `pricelist` is its edition's tariff name; status 2 active, 3 suspended, 4 deleted. */
export interface Licence {
  readonly id: string;
  licname: string;
  ip: string;
  pricelist: string;
  status: number;
  createdate: Day;
  expiredate: Day;
  remoteid?: string;
}

/** A tariff of type `addition`; `costs` by period in months, in `currency`; `editions` names the licences it fits. */
export interface Tariff {
  readonly id: string;
  readonly name: string;
  readonly intname: string;
  readonly itemtype: string;
  readonly currency: string;
  readonly costs: Readonly<Record<number, Decimal>>;
  /** The same tariff in further currencies of the price list; never charged. */
  readonly otherPrices?: readonly { readonly currency: string; readonly costs: Readonly<Record<number, Decimal>> }[];
  readonly editions?: readonly string[];
}

/** 1 ordered (unpaid), 2 active, 3 suspended, 4 deleted, 5 processing. */
export type ModuleStatus = 1 | 2 | 3 | 4 | 5;

export interface Module {
  readonly id: string;
  readonly licence: string;
  readonly tariff: string;
  createdate: Day;
  expiredate: Day;
  periodMonths: number;
  /** Months of the automatic renewal, null when off. */
  autoprolong: number | null;
  status: ModuleStatus;
  remoteid: string | null;
  /** Price of `periodMonths` in the tariff's currency, without tax. */
  cost: Decimal;
}

export interface CartPosition {
  readonly id: string;
  readonly billorder: string;
  readonly kind: "order" | "renewal";
  readonly moduleId: string;
  readonly periodMonths: number;
  readonly autoprolong: number | null;
  /** In the account's currency, without tax. */
  readonly cost: Decimal;
  readonly requestNumber: number;
}

/** One charge of the balance; `requestNumber` is null when the account renewed or staff paid by themselves. */
export interface Debit {
  readonly at: Date;
  readonly kind: "order" | "renewal";
  readonly moduleId: string;
  readonly licence: string;
  readonly tariff: string;
  readonly periodMonths: number;
  /** Two decimals, in the account's currency, tax included. */
  readonly amount: Decimal;
  readonly marker: string | null;
  readonly requestNumber: number | null;
}

/** One request to suspend, resume or delete a module that was carried out, whether or not it was so already. */
export interface CarriedOut {
  readonly func: string;
  readonly moduleId: string;
  readonly requestNumber: number;
}

/** Everything that changes by requests; `balance` in the account's currency. */
export interface AccountState {
  licences: Licence[];
  modules: Module[];
  cart: CartPosition[];
  balance: Decimal;
}

/** A business error. */
export interface Refusal {
  readonly kind: "refusal";
  readonly error: ErrorName;
  readonly params: readonly (readonly [name: string, value: string])[];
}

/** Something the account will do by itself at an instant (ms since 1970), e.g. activate a module. */
export interface Appointment {
  readonly moduleId: string;
  /** Null = only when told to. */
  readonly dueAt: number | null;
  readonly run: () => void;
}

export interface Model {
  readonly clock: Clock;
  readonly variants: Variants;
  readonly currency: string;
  readonly tariffs: Tariff[];
  readonly debits: Debit[];
  readonly changes: CarriedOut[];
  state: AccountState;
  /** The state before the last change made by a request or by `addForeignModule`; what a stale list shows. */
  before: AccountState;
  appointments: Appointment[];
  /** New modules not yet shown in the list, until an instant or for a number of reads. */
  readonly unlisted: Map<string, { untilMs: number } | { reads: number }>;
  nextModuleId: number;
  nextBillorder: number;
}

export interface ModelOptions {
  readonly clock: Clock;
  readonly variants: Variants;
  readonly currency: string;
  readonly balance: Decimal;
  readonly tariffs: readonly Tariff[];
  readonly licences: readonly Licence[];
}

/** An account without modules; ids count from 900, bills from 5512, as in the samples of the documentation. */
export function createModel({ balance, licences, tariffs, ...rest }: ModelOptions): Model {
  const state = copyState({ licences: [...licences], modules: [], cart: [], balance });
  return {
    ...rest,
    tariffs: [...tariffs],
    debits: [],
    changes: [],
    state,
    before: copyState(state),
    appointments: [],
    unlisted: new Map(),
    nextModuleId: 900,
    nextBillorder: 5512,
  };
}

/** A business error with its parameters, in their order. */
export function refuse(error: ErrorName, params: Refusal["params"] = []): Refusal {
  return { kind: "refusal", error, params };
}

/** The day in UTC by the account's clock. */
export function today(model: Model): Day {
  return dayOf(model.clock.now());
}

/** Call before every change: what a stale list shows is the state up to here. */
export function rememberState(model: Model): void {
  model.before = copyState(model.state);
}

/** What happens to either afterwards leaves the other alone. */
export function copyState({ licences, modules, cart, balance }: AccountState): AccountState {
  const copied = <R extends object>(rows: readonly R[]) => rows.map((row) => ({ ...row }));
  return { licences: copied(licences), modules: copied(modules), cart: copied(cart), balance };
}

export function findModule(model: Model, id: string | undefined): Module | undefined {
  return model.state.modules.find((module) => module.id === id);
}

export function findTariff(model: Model, id: string | undefined): Tariff | undefined {
  return model.tariffs.find((tariff) => tariff.id === id);
}

/** Price of a period in the account's currency without tax; null when the tariff does not sell that period. */
export function priceOf(model: Model, tariff: Tariff, periodMonths: number): Decimal | null {
  const cost = tariff.costs[periodMonths];
  if (cost === undefined) return null;
  const rate = tariff.currency === model.currency ? "1" : (model.variants.exchangeRates[tariff.currency] ?? "1");
  return new Big(cost).times(rate).round(2, Big.roundHalfUp).toFixed(2);
}

/** Takes the price and its tax from the balance and writes the journal; refused, without effect, when it is too low. */
export function charge(
  model: Model,
  module: Module,
  entry: Pick<Debit, "kind" | "periodMonths" | "requestNumber"> & { price: Decimal },
): Refusal | null {
  const { price, ...rest } = entry;
  const tax = new Big(price).times(model.variants.taxPercent).div(100).round(2, Big.roundHalfUp);
  const amount = new Big(price).plus(tax).toFixed(2);
  const { balance } = model.state;
  if (compareMoney(balance, amount) < 0) return notEnoughMoney(model, amount);
  model.state.balance = new Big(balance).minus(amount).toFixed(2);
  const { id: moduleId, licence, tariff, remoteid: marker } = module;
  model.debits.push({ at: model.clock.now(), moduleId, licence, tariff, amount, marker, ...rest });
  return null;
}

function notEnoughMoney(model: Model, amount: Decimal): Refusal {
  const have = formatMoney(model.state.balance, 2);
  return refuse(model.variants.noMoney, [
    ["amount", amount],
    ["have", have],
    ["currency", model.currency],
    ["deficit", new Big(amount).minus(have).toFixed(2)],
    ["limit", "0"],
    ["reserved", "0"],
    ["available", have],
  ]);
}
