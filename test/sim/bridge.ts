// What is one bridge process in the simulation? Production's engine and loops on ports that can fail, and a gate that ends it.
import type { BuyingSettings } from "../../src/config.ts";
import { createAccount } from "../../src/ispmanager/client.ts";
import type { Log } from "../../src/log.ts";
import type { AccountAccess, Engine } from "../../src/purchases/engine.ts";
import { type Loops, startLoops } from "../../src/purchases/loops.ts";
import { createLooker } from "../../src/purchases/view.ts";
import type { Gate } from "./gate.ts";
import { createSimulatedLedger } from "./ledger/ledger.ts";
import type { Line } from "./ledger/line.ts";
import type { LedgerStore } from "./ledger/store.ts";
import type { Network, NetworkCall, Phase } from "./network/network.ts";
import { errorOf, type Weather, whmcsAway } from "./weather.ts";
import { apiOf } from "./whmcs/api.ts";
import { type ReadLine, readerOf } from "./whmcs/reader.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";

/** The ids that an event carries. */
export type EventData =
  | { readonly invoice_id: number }
  | { readonly service_id: number }
  | { readonly service_addon_id: number };

export interface Bridge {
  readonly engine: Engine;
  readonly gate: Gate;
  /** WHMCS's hook sends an event; where the bridge dies before it is stored, it is lost. */
  receive(event: { readonly id: string; readonly type: string; readonly data: EventData }): Promise<void>;
  kill(): void;
  /** As SIGTERM; resolves when its loops have ended. */
  stop(): Promise<void>;
}

export interface BridgeParts {
  readonly name: string;
  readonly gate: Gate;
  readonly store: LedgerStore;
  readonly whmcs: SimulatedWhmcs;
  /** In the order of the settings. */
  readonly accounts: readonly BridgeAccount[];
  readonly settings: BuyingSettings;
  readonly weather: () => Weather;
  /** The ledger server's clock. */
  readonly ledgerNowMs: () => number;
  readonly localTime: (at: Date) => string;
  readonly log: Log;
}

/** One of the accounts that a bridge works with. */
export interface BridgeAccount {
  readonly name: string;
  readonly network: Network;
  readonly credentials: { readonly login: string; readonly password: string };
  /** A request that moves money leaves in this moment. */
  readonly noteWrite: (call: NetworkCall) => void;
  /** What becomes of a request that suspends, resumes, deletes or renews a module, and of the form of a renewal. */
  readonly noteChange: (phase: Phase, call: NetworkCall) => void;
}

const whmcsUrl = "https://billing.example.com";
const readTimeoutMs = 30_000;

/** Starts the loops at once. */
export function startBridge(parts: BridgeParts): Bridge {
  const { gate, settings, log, name } = parts;
  let isStopping = false;
  const line = ledgerLine(parts);
  const readLine = whmcsLine(parts);
  const accesses = parts.accounts.map((one) => accessOf(parts, one));
  const engine: Engine = {
    ledger: createSimulatedLedger(parts.store, line),
    reader: readerOf(parts.whmcs, readLine),
    accounts: accesses as [AccountAccess, ...AccountAccess[]],
    automation: null,
    settings,
    clock: gate.clock,
    log,
    owner: name,
    whmcsUrl,
    whmcsAdminUrl: `${whmcsUrl}/admin`,
    localTime: parts.localTime,
    isStopping: () => isStopping,
  };
  const loops: Loops = startLoops(engine, apiOf(parts.whmcs, readLine));
  return {
    engine,
    gate,
    receive: async ({ id, type, data }) => {
      await gate.pass("webhook:body");
      await gate.pass("webhook:signature");
      const body = JSON.stringify({ id, type, data });
      await engine.ledger.storeEvent({ webhookId: id, type, body });
      await gate.pass("webhook:reply");
      loops.wake();
    },
    kill: gate.kill,
    stop: async () => {
      isStopping = true;
      await loops.stop();
    },
  };
}

function accessOf({ gate, settings, log }: BridgeParts, one: BridgeAccount): AccountAccess {
  const account = createAccount({
    name: one.name,
    url: "http://127.0.0.1:1/manager/billmgr",
    ...one.credentials,
    timeouts: { readMs: readTimeoutMs, orderMs: settings.orderTimeoutMs },
    clock: gate.clock,
    log,
    post: postOf(gate, one),
  });
  return { account, looker: createLooker(account) };
}

const points = new Map<string, Map<string, string>>();

/** One text for all the times that a point is passed: whoever looks it up need not read it letter by letter each time. */
function pointOf(call: string, at: string): string {
  const ofCall = points.get(call);
  const known = ofCall?.get(at);
  if (known !== undefined) return known;
  const point = `${call}:${at}`;
  if (ofCall === undefined) points.set(call, new Map([[at, point]]));
  else ofCall.set(at, point);
  return point;
}

/** Each step of a transaction is a point of its own; before COMMIT nothing of it is there for anybody else. */
function ledgerLine({ gate, weather, ledgerNowMs }: BridgeParts): Line {
  return {
    nowMs: ledgerNowMs,
    run: async (call, body) => {
      for (const step of call.steps) await gate.pass(pointOf(call.name, step));
      await gate.pass(pointOf(call.name, "sent"));
      const fault = weather().onLedger(call);
      if (fault?.when === "before") throw errorOf(fault, call);
      const result = body();
      if (fault !== null) throw errorOf(fault, call);
      await gate.pass(pointOf(call.name, "acknowledged"));
      return result;
    },
  };
}

function whmcsLine({ gate, weather }: BridgeParts): ReadLine {
  return {
    run: async (name, body) => {
      await gate.pass(pointOf(name, "sent"));
      if (weather().onWhmcs(name)) throw whmcsAway();
      const result = body();
      await gate.pass(pointOf(name, "acknowledged"));
      return result;
    },
  };
}

/** Money moves in the moment in which its request is written. */
function postOf(gate: Gate, { network, noteWrite, noteChange }: BridgeAccount): Network["post"] {
  const post = network.postFrom({
    isAlive: () => !gate.isDead(),
    wake: gate.wake,
    onPhase: (phase, call) => {
      const { func, isCommit } = call;
      if (phase === "written" && isCommit && spending.has(func)) noteWrite(call);
      if (changing.test(func) && (isCommit || func === "service.prolong")) noteChange(phase, call);
      gate.note(pointOf(isCommit ? `${func} with sok` : func, phase));
    },
  });
  return async (address, parameters, delivery) => {
    const exchange = await post(address, parameters, delivery);
    await gate.pass(pointOf(parameters.func ?? "", "answered"));
    return exchange;
  };
}

const spending = new Set(["addition.order.param", "service.prolong"]);
const changing = /^(addition\.(suspend|resume|delete)|service\.prolong)$/;
