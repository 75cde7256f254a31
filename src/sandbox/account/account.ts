// What is a simulated ispmanager billing account, seen from a demo or a test?
import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../../clock.ts";
import { addMoney, type Decimal } from "../../money.ts";
import { createBilling } from "./billing.ts";
import { payCart } from "./cart.ts";
import { defaultLicences, defaultTariffs } from "./catalogue.ts";
import { addMonths } from "./dates.ts";
import { type ArmedFault, type Arming, createFaults, type RequestRecord } from "./faults.ts";
import {
  type CarriedOut,
  type CartPosition,
  createModel,
  type Debit,
  findModule,
  findTariff,
  type Licence,
  type Model,
  type Module,
  rememberState,
  type Tariff,
  today,
} from "./model.ts";
import { listen } from "./server.ts";
import { activateNow, catchUp } from "./upkeep.ts";
import { documentedVariants, type Variants } from "./variants.ts";

export interface AccountOptions {
  readonly clock?: Clock;
  /** Default `partner@example.com` and a random password. */
  readonly login?: string;
  readonly password?: string;
  /** Default EUR and 1000.00. */
  readonly currency?: string;
  readonly balance?: Decimal;
  readonly tariffs?: readonly Tariff[];
  readonly licences?: readonly Licence[];
  readonly variants?: Partial<Variants>;
}

/** A module that came from elsewhere: bought by hand, or by another program on the same account. */
export type ForeignModule = Pick<Module, "licence" | "tariff"> & Partial<Omit<Module, "id" | "licence" | "tariff">>;

export interface SimulatedAccount {
  /** `http://127.0.0.1:PORT/manager/billmgr`. */
  readonly url: string;
  readonly port: number;
  readonly login: string;
  readonly password: string;
  readonly currency: string;
  /** Changes how the account behaves from now on. */
  set(variants: Partial<Variants>): void;
  arm(arming: Arming): ArmedFault;
  /** The next request of a function, as soon as it has been received whole and before it is carried out. */
  nextRequest(func: string, when?: (request: RequestRecord) => boolean): Promise<RequestRecord>;
  /** Every request received whole, or those of one function. */
  requests(func?: string): RequestRecord[];
  /** The truth about money: every charge of the balance. */
  debits(): Debit[];
  /** The truth about everything else that was done to modules at our request, in its order. */
  changes(): CarriedOut[];
  modules(): Module[];
  cart(): CartPosition[];
  balance(): Decimal;
  setBalance(amount: Decimal): void;
  topUp(amount: Decimal): void;
  /** Returns the id of the new module; active, a month long and not charged, unless said otherwise. */
  addForeignModule(module: ForeignModule): string;
  licences(): Licence[];
  addLicence(licence: Pick<Licence, "id"> & Partial<Licence>): void;
  /** Stops it, moves it to another address, sells it as another edition. */
  changeLicence(id: string, change: Partial<Omit<Licence, "id">>): void;
  /** Puts a tariff in the place of the one with its id, or adds it. */
  setTariff(tariff: Tariff): void;
  /** Changes a module as staff of the vendor would: dates, status, auto-renewal. */
  changeModule(id: string, change: Partial<Omit<Module, "id">>): void;
  /** Activates what is in processing: one module, or all. */
  activate(moduleId?: string): void;
  /** Pays the whole cart from the balance, as staff would by hand; false when the balance was too low. */
  payCart(): boolean;
  /** Carries out what `late` faults have put off; returns how many requests that were. */
  runLate(): number;
  refuseConnections(): Promise<void>;
  acceptConnections(): Promise<void>;
  /** Drops what was put off, breaks every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts the account on a free port of 127.0.0.1. */
export async function startAccount(options: AccountOptions = {}): Promise<SimulatedAccount> {
  const { clock = systemClock, login = "partner@example.com", currency = "EUR", balance = "1000.00" } = options;
  const { tariffs = defaultTariffs, licences = defaultLicences } = options;
  const password = options.password ?? randomBytes(12).toString("base64url");
  const variants = { ...documentedVariants, ...options.variants };
  const model = createModel({ clock, variants, currency, balance, tariffs, licences });
  const faults = createFaults();
  const requests: RequestRecord[] = [];
  const waiting = createWaitingRoom();
  const late = createLateQueue(clock);
  const billing = createBilling(model, { login, password });
  const transport = { clock, billing, faults, requests, onRequest: waiting.announce, postpone: late.postpone };
  const listener = await listen(transport);
  return {
    url: `http://127.0.0.1:${listener.port}/manager/billmgr`,
    port: listener.port,
    login,
    password,
    currency,
    set: (change) => Object.assign(model.variants, change),
    arm: faults.arm,
    nextRequest: waiting.next,
    requests: (func) => requests.filter((request) => func === undefined || request.func === func),
    runLate: late.runAll,
    refuseConnections: listener.stop,
    acceptConnections: listener.start,
    ...controls(model),
    close: async () => {
      late.dropAll();
      await listener.stop();
      faults.releaseAll();
    },
  };
}

type Controls = Omit<
  SimulatedAccount,
  | "url"
  | "port"
  | "login"
  | "password"
  | "currency"
  | "set"
  | "arm"
  | "nextRequest"
  | "requests"
  | "runLate"
  | "refuseConnections"
  | "acceptConnections"
  | "close"
>;

function controls(model: Model): Controls {
  return {
    debits: () => {
      catchUp(model);
      return structuredClone(model.debits);
    },
    changes: () => structuredClone(model.changes),
    modules: () => {
      catchUp(model);
      return structuredClone(model.state.modules);
    },
    cart: () => structuredClone(model.state.cart),
    balance: () => {
      catchUp(model);
      return model.state.balance;
    },
    setBalance: (amount) => {
      model.state.balance = amount;
    },
    topUp: (amount) => {
      model.state.balance = addMoney(model.state.balance, amount);
    },
    addForeignModule: (module) => addForeignModule(model, module),
    addLicence: (licence) => {
      const term = { createdate: today(model), expiredate: addMonths(today(model), 12, "clamp") };
      const names = { licname: `web-${licence.id}`, ip: "192.0.2.99", pricelist: "ispmanager pro" };
      model.state.licences.push({ ...names, ...term, status: 2, ...licence });
    },
    licences: () => structuredClone(model.state.licences),
    changeLicence: (id, change) => {
      const licence = model.state.licences.find((candidate) => candidate.id === id);
      if (!licence) throw new Error(`the account has no licence ${id}`);
      rememberState(model);
      Object.assign(licence, change);
    },
    setTariff: (tariff) => {
      const place = model.tariffs.findIndex(({ id }) => id === tariff.id);
      model.tariffs.splice(place === -1 ? model.tariffs.length : place, 1, tariff);
    },
    changeModule: (id, change) => {
      const module = findModule(model, id);
      if (!module) throw new Error(`the account has no module ${id}`);
      rememberState(model);
      Object.assign(module, change);
    },
    activate: (moduleId) => activateNow(model, moduleId),
    payCart: () => payCart(model) === null,
  };
}

function addForeignModule(model: Model, module: ForeignModule): string {
  const id = String(model.nextModuleId);
  model.nextModuleId += 1;
  const { periodMonths = 1 } = module;
  const term = { createdate: today(model), expiredate: addMonths(today(model), periodMonths, model.variants.monthEnd) };
  const cost = findTariff(model, module.tariff)?.costs[periodMonths] ?? "0";
  rememberState(model);
  model.state.modules.push({
    periodMonths,
    autoprolong: null,
    status: 2,
    remoteid: null,
    cost,
    ...term,
    ...module,
    id,
  });
  return id;
}

function createWaitingRoom() {
  type Guest = { isAwaited: (request: RequestRecord) => boolean; resolve: (request: RequestRecord) => void };
  let guests: Guest[] = [];
  return {
    announce(request: RequestRecord): void {
      const served = guests.filter(({ isAwaited }) => isAwaited(request));
      guests = guests.filter((guest) => !served.includes(guest));
      for (const { resolve } of served) resolve(request);
    },
    next(func: string, when: (request: RequestRecord) => boolean = () => true): Promise<RequestRecord> {
      return new Promise((resolve) => {
        guests.push({ isAwaited: (request) => request.func === func && when(request), resolve });
      });
    },
  };
}

function createLateQueue(clock: Clock) {
  const stopped = new AbortController();
  const queue = new Set<() => void>();
  const runOne = (run: () => void) => {
    if (queue.delete(run)) run();
  };
  return {
    postpone(run: () => void, afterMs: number | undefined): void {
      queue.add(run);
      if (afterMs !== undefined) void clock.sleep(afterMs, stopped.signal).then(() => runOne(run));
    },
    runAll(): number {
      const due = [...queue];
      due.forEach(runOne);
      return due.length;
    },
    dropAll(): void {
      queue.clear();
      stopped.abort();
    },
  };
}
