// What is one simulated life? A WHMCS, an account or several, a ledger and bridges on one clock and one seed, from first order to rest.
import type { BuyingSettings } from "../../src/config.ts";
import { createLocalTime } from "../../src/purchases/engine.ts";
import type { Ledger } from "../../src/purchases/ledger/ledger.ts";
import { type Licence, rememberState } from "../../src/sandbox/account/model.ts";
import { documentedVariants, type Variants } from "../../src/sandbox/account/variants.ts";
import type { NewProduct } from "../../src/sandbox/shop/catalog.ts";
import type { PurchaseReader } from "../../src/whmcs/facts.ts";
import { readRef } from "../../src/whmcs/service-ref.ts";
import { createDice, type Dice } from "../dice.ts";
import { type Bridge, type EventData, startBridge } from "./bridge.ts";
import { createVirtualClock, type VirtualClock } from "./clock.ts";
import { createGate, type Gate } from "./gate.ts";
import { createSimulatedLedger } from "./ledger/ledger.ts";
import { plainLine } from "./ledger/line.ts";
import { createStore, type LedgerStore, type PurchaseRow } from "./ledger/store.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import { settle, sleepOver } from "./nights.ts";
import { costOf, isAllowed, paidFor, type Terms, termsOf } from "./price.ts";
import { chooseHomes, createSide, type Side } from "./sides.ts";
import { calm, type Weather } from "./weather.ts";
import { createWhereabouts } from "./whereabouts.ts";
import { readerOf } from "./whmcs/reader.ts";
import { createSimulatedWhmcs, type SimulatedWhmcs } from "./whmcs/whmcs.ts";
import { createWitness } from "./witness.ts";

export interface LifeOptions {
  readonly seed: number;
  /** ISO instant at which it begins. */
  readonly startAt?: string;
  readonly timezone?: string;
  readonly settings?: Partial<BuyingSettings>;
  readonly variants?: Partial<Variants>;
  /** By their names in the settings, and how they differ from `variants`; `main` alone unless given. */
  readonly accounts?: Readonly<Record<string, Partial<Variants>>>;
  /** How far the bridges' wall clocks are ahead, as time passes. */
  readonly skewMs?: () => number;
  /** How far the ledger server's clock is ahead. */
  readonly ledgerSkewMs?: number;
  /** Told of every point that a bridge passes. */
  readonly onPass?: (point: string, gate: Gate) => void;
}

/** As seen from its first account; of its ledger and witness everything is seen, also of the others. */
export interface Life extends Side {
  readonly seed: number;
  readonly dice: Dice;
  readonly clock: VirtualClock;
  readonly whmcs: SimulatedWhmcs;
  /** WHMCS read without faults, for oracles. */
  readonly truth: PurchaseReader;
  readonly settings: BuyingSettings;
  readonly clientIds: readonly number[];
  /** WHMCS local; lines paid before it are not bought. */
  readonly paidSince: string;
  /** The life as seen from each of its accounts, and that account's part of ledger and witness; the only one is all of it. */
  sides(): readonly Life[];
  /** What goes wrong with every call to an account, whatever the weather, until null or until the life comes to rest. */
  setTrouble(account: string, fault: Trouble | null): void;
  /** The ledger over a line without delays and faults, for what people do and oracles ask. */
  plainLedger(): Ledger;
  /** The ledger as it was: every bridge is killed first. */
  restore(backup: LedgerStore): void;
  wasRestored(): boolean;
  /** Bridges that are alive. */
  bridges(): Bridge[];
  start(): Bridge;
  /** When the newest bridge was started, by the life's clock. */
  startedMs(): number;
  setWeather(weather: Weather): void;
  /** A licence that these accounts have, any unless given, and no service uses. */
  newLicence(at?: readonly string[]): string;
  /** Somebody changes what licences an account has. */
  changeLicences(account: string, deed: (licences: Licence[]) => void): void;
  /** Somebody changes WHMCS; its hook tells a living bridge of an invoice, so often. */
  change<T>(deed: (whmcs: SimulatedWhmcs) => T): T;
  /** WHMCS's hook sends an event about an invoice or a service to a bridge, several times with one id if asked to. */
  tell(type: string, about: number | EventData, times?: number): void;
  pass(ms: number): Promise<void>;
  /** Faults stop, a bridge is there, and everything comes to rest. */
  rest(): Promise<void>;
}

export type Trouble = (call: NetworkCall) => NetworkFault | null;

/** DDoS-GUARD, monthly to annually: the one module that every life is about. */
export const tariff = "23221";
export const productId = 1;
const product: NewProduct = {
  name: "DDoS-GUARD",
  options: [tariff, "DDoSGUARD"],
  // An order that staff have not accepted waits.
  autoSetup: "on",
  prices: { USD: { monthly: "15.00", semiannually: "85.00", annually: "160.00" } },
};

const usualSettings: BuyingSettings = {
  ...{ capDay: null, capMonth: null, holdNewClientMs: 0, ordersInFlight: 4 },
  ...{ orderTimeoutMs: 60_000, settleMs: 600_000, lookIntervalMs: 300_000, sendWithinMs: 10_000, retryMs: 60_000 },
  ...{ buyerIntervalMs: 20_000, sweepIntervalMs: 120_000, remoteSweepIntervalMs: 3_600_000 },
};

const paidSince = "2020-01-01 00:00:00";
const credentialsOf = (account: string) => ({
  login: `partner-${account}@example.com`,
  password: `canary-of-the-account-${account}`,
});

const localTimes = new Map<string, ReturnType<typeof createLocalTime>>();

/** Made once for each zone: making it costs as much as a good part of a short life. */
function localTimeIn(timezone: string) {
  const localTime = localTimes.get(timezone) ?? createLocalTime(timezone);
  localTimes.set(timezone, localTime);
  return localTime;
}

/** Calls that every loop makes all the time take no time of their own while there is nothing to do. */
const idlePoints =
  /^(takeDue|listOpenEvents|takeWriteBack|takeTurn|listUntoldCauses|listUnfinished|readBuying|listServices):/;

/** Whether these terms allow what the purchase costs, for what was paid for its line; addons have no cap in these lives. */
export function isAffordable(
  { whmcs, model }: Pick<Life, "whmcs" | "model">,
  terms: Terms,
  { lineId, periodMonths, serviceRef }: PurchaseRow,
): boolean {
  const months = periodMonths ?? 0;
  const own = readRef(serviceRef).isAddon ? { ...terms, cap: "", loss: "" } : terms;
  return isAllowed(own, { cost: costOf(model, tariff, months), months, paid: paidFor(whmcs, lineId) });
}

export async function beginLife(options: LifeOptions): Promise<Life> {
  const { seed, startAt = "2026-11-26T10:00:00Z", timezone = "UTC", ledgerSkewMs = 0 } = options;
  const accounts = Object.keys(options.accounts ?? { main: {} });
  const clock = createVirtualClock(Date.parse(startAt));
  const dice = createDice(seed);
  const delays = dice.fork();
  const settings = { ...usualSettings, ...options.settings };
  const localTime = localTimeIn(timezone);
  const whmcs = createSimulatedWhmcs({ localTime: () => localTime(clock.now()), products: [product] });
  const clientIds = [1, 2, 3].map(() => whmcs.addClient());
  const variantsOf = (account: string) => ({
    ...documentedVariants,
    ...options.variants,
    ...options.accounts?.[account],
  });
  const ledgerNowMs = () => clock.nowMs() + ledgerSkewMs;
  let store = createStore();
  const openPlain = () => createSimulatedLedger(store, plainLine(ledgerNowMs));
  let plainLedger = openPlain();
  let weather = calm;
  const witness = createWitness({
    nowMs: clock.nowMs,
    ledgerNowMs,
    store: () => store,
    isAllowed: (terms, purchase) => isAffordable({ whmcs, model: first.model }, terms, purchase),
    secrets: accounts.map((account) => credentialsOf(account).password),
  });
  const troubles = new Map<string, Trouble>();
  const parts = accounts.map((account) =>
    createSide({
      ...{
        account,
        isOnly: accounts.length === 1,
        variants: variantsOf(account),
        credentials: credentialsOf(account),
        clock,
        whmcs,
        witness,
      },
      latencyMs: () => delays.between(1, 40),
      faultFor: (call) => troubles.get(account)?.(call) ?? weather.onNetwork(call, account),
      store: () => store,
    }),
  );
  const first = parts[0] as Side;
  const whereabouts = createWhereabouts({ nowMs: clock.nowMs, store: () => store, sides: () => parts });
  const skewMs = options.skewMs ?? (() => 0);
  const delayMs = (point: string) => (idlePoints.test(point) ? 0 : delays.between(0, 3));
  let bridges: Bridge[] = [];
  let started = 0;
  let restored = false;
  let startedMs = 0;
  let events = 0;
  let licencesMade = 0;
  const alive = () => {
    bridges = bridges.filter(({ gate }) => !gate.isDead());
    return bridges;
  };
  const start = () => {
    started += 1;
    startedMs = clock.nowMs();
    const name = `bridge-${started}`;
    const gate = createGate({ clock, delayMs, skewMs, onPass: options.onPass });
    const shared = { whmcs, settings, ledgerNowMs, localTime, log: witness.log };
    const bridge = startBridge({
      ...shared,
      name,
      gate,
      store,
      weather: () => weather,
      accounts: parts.map((side) => ({
        name: side.account,
        network: side.network,
        credentials: credentialsOf(side.account),
        noteWrite: (call) => {
          witness.noteWrite(call, side.account);
          side.changes.notePurchase();
          whereabouts.judgeWrite(side, call);
        },
        noteChange: (phase, call) =>
          call.func === "service.prolong"
            ? side.cuts.noteRenewal(name, phase, call)
            : side.changes.noteChange(phase, call),
      })),
    });
    bridges.push(bridge);
    return bridge;
  };
  const life: Life = {
    ...first,
    seed,
    dice,
    clock,
    whmcs,
    truth: readerOf(whmcs, { run: async (_name, body) => body() }),
    witness,
    settings,
    clientIds,
    paidSince,
    store: () => store,
    sides: () => sides,
    setTrouble: (account, fault) => {
      if (fault === null) troubles.delete(account);
      else troubles.set(account, fault);
    },
    plainLedger: () => plainLedger,
    restore: (backup) => {
      for (const bridge of alive()) bridge.kill();
      store = backup;
      plainLedger = openPlain();
      restored = true;
      witness.noteRestore();
    },
    wasRestored: () => restored,
    bridges: alive,
    start,
    startedMs: () => startedMs,
    setWeather: (next) => {
      weather = next;
    },
    newLicence: (at = chooseHomes(dice, accounts)) => {
      licencesMade += 1;
      const id = String(2_000_000 + licencesMade);
      const term = { createdate: "2026-01-05", expiredate: "2030-12-05" };
      const names = { licname: `web-${id}`, ip: `198.51.100.${licencesMade}`, pricelist: "ispmanager pro" };
      for (const { model } of parts.filter(({ account }) => at.includes(account))) {
        for (const state of [model.state, model.before]) state.licences.push({ id, ...names, ...term, status: 2 });
      }
      whereabouts.noteLicences();
      return id;
    },
    changeLicences: (account, deed) => {
      const model = parts.find((side) => side.account === account)?.model;
      if (model === undefined) throw new Error(`the life has no account ${account}`);
      rememberState(model);
      deed(model.state.licences);
      whereabouts.noteLicences();
    },
    change: (deed) => {
      const result = deed(whmcs);
      for (const { id, status } of whmcs.tables.rows.invoices.values()) witness.noteInvoice(id, status);
      witness.noteTerms(termsOf(whmcs, productId));
      for (const { changes } of parts) changes.noteWorld();
      return result;
    },
    tell: (type, about, times = 1) => {
      const data = typeof about === "number" ? { invoice_id: about } : about;
      events += 1;
      const id = `evt_${events}`;
      for (let at = 0; at < times && alive().length > 0; at++) {
        // The hook does not repeat what was not taken; the sweep finds it.
        dice
          .oneOf(alive())
          .receive({ id, type, data })
          .catch(() => {});
      }
    },
    pass: (ms) => clock.runUntil(clock.nowMs() + ms),
    rest: async () => {
      weather = calm;
      troubles.clear();
      if (alive().every(({ gate }) => gate.isPaused())) start();
      await settle(life);
      await sleepOver(life);
    },
  };
  const sides = accounts.length === 1 ? [life] : parts.map((side) => ({ ...life, ...side }));
  await life.plainLedger().setBuying({ position: "on", paidSince, actor: "simulation", why: "a life begins" });
  return life;
}
