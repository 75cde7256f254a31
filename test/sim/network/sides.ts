// On which ways is the network contract played: over loopback to the sandbox's account, and in virtual time?
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../../src/clock.ts";
import type { Account } from "../../../src/ispmanager/account.ts";
import { createAccount } from "../../../src/ispmanager/client.ts";
import { type Exchange, postForm } from "../../../src/ispmanager/transport.ts";
import { silentLog } from "../../../src/log.ts";
import { startAccount } from "../../../src/sandbox/account/account.ts";
import { createBilling } from "../../../src/sandbox/account/billing.ts";
import { defaultLicences, defaultTariffs } from "../../../src/sandbox/account/catalogue.ts";
import type { Fault } from "../../../src/sandbox/account/faults.ts";
import { createModel, type Debit } from "../../../src/sandbox/account/model.ts";
import { documentedVariants } from "../../../src/sandbox/account/variants.ts";
import { type Behaviour, closedPort, openFarSide } from "../../ispmanager/far-side.ts";
import { loopbackCertificate } from "../../ispmanager/loopback-certificate.ts";
import { createVirtualClock, type VirtualClock } from "../clock.ts";
import type { NetworkFault } from "./fault.ts";
import { createNetwork, type Network, type NetworkOptions, type Sender } from "./network.ts";

export const startMs = Date.UTC(2026, 10, 23, 12);
export const order = { licence: "1234567", tariff: "55371", periodMonths: 1, marker: "im-contract-1", extra: {} };

const login = "partner@example.com";
const password = "contract";

/** What a request was known to have done, and what it did. */
export interface Told {
  readonly exchange: Exchange["kind"] | undefined;
  /** Why it did not come back: proof that this fault was met and no other. */
  readonly detail: string | null;
  /** Kind of the outcome, or of the list's reading with its rows. */
  readonly outcome: unknown;
  readonly received: number;
  readonly debits: readonly Omit<Debit, "at">[];
  readonly fired: number;
}

export type Act = (account: Account) => Promise<unknown>;

/** How the real thing comes to the same fault: at the account, or at another far side that stands in its place. */
export type RealFault = { readonly arm: Fault } | { readonly origin: () => Promise<string> };

const behaving = (behaviour: Behaviour, scheme = "http") => ({
  origin: async () => (await openFarSide(behaviour)).origin.replace(/^https?/, scheme),
});

export const realFaults = {
  name: { origin: async () => "https://account.invalid" },
  refuse: { origin: async () => `http://127.0.0.1:${await closedPort()}` },
  // Accepted by the system, and then the TLS greeting is never answered.
  "connect-timeout": behaving({}, "https"),
  tls: behaving({ tls: loopbackCertificate }, "https"),
  "reset-before-request": behaving({ onBytes: (socket) => socket.resetAndDestroy() }, "https"),
  "reset-mid-request": behaving({ onBytes: (socket) => socket.resetAndDestroy() }),
  "reset-after-undone": { arm: { kind: "lost-before", how: "reset" } },
  "reset-after-done": { arm: { kind: "lost-after", how: "reset" } },
  "slow-headers": { arm: { kind: "hang" } },
  trickle: { arm: { kind: "trickle", bytes: 4, everyMs: 20 } },
  truncated: { arm: { kind: "truncated" } },
  "server-error": { arm: { kind: "bad-gateway" } },
  "too-many": { arm: { kind: "too-many-requests" } },
  redirect: { arm: { kind: "redirect" } },
  "bad-xml": { arm: { kind: "bad-xml" } },
  "without-id": { arm: { kind: "without-id" } },
} as const satisfies Record<string, RealFault>;

const accountClock: Clock = { ...systemClock, now: () => new Date(startMs) };

/** Before the fault, one module stands at the account: 900. */
export async function playReal(fault: RealFault | null, deadlineMs: number, act: Act): Promise<Told> {
  const account = await startAccount({ clock: accountClock, login, password });
  onTestFinished(() => account.close());
  const exchanges: Exchange[] = [];
  const open = (url: string, ms: number) =>
    createAccount({
      ...{ url, login, password, clock: systemClock, log: silentLog, timeouts: { readMs: ms, orderMs: ms } },
      post: async (...form) => {
        const exchange = await postForm(...form);
        exchanges.push(exchange);
        return exchange;
      },
    });
  await open(account.url, 5_000).order({ ...order, licence: "1234568" }, () => true);
  const armed = fault !== null && "arm" in fault ? account.arm({ func: "*", fault: fault.arm }) : null;
  const url = fault !== null && "origin" in fault ? `${await fault.origin()}/manager/billmgr` : account.url;
  const outcome = await act(open(url, deadlineMs));
  account.runLate();
  return {
    ...describe(exchanges.at(-1)),
    outcome,
    received: account.requests().length - 1,
    debits: withoutTime(account.debits()),
    fired: fault === null ? 0 : (armed?.fired() ?? 1),
  };
}

export interface SimulatedSide {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly fired: NetworkFault[];
  readonly debits: readonly Debit[];
  account(post?: typeof postForm, deadlineMs?: number): Account;
}

/** The sandbox's billing model behind the simulated network; each step takes 1 ms unless said otherwise. */
export function createSimulatedSide({
  onPhase,
  ...change
}: Partial<NetworkOptions> & Pick<Sender, "onPhase"> = {}): SimulatedSide {
  const clock = createVirtualClock(startMs);
  const [tariffs, licences] = [defaultTariffs, defaultLicences];
  const model = createModel({
    clock,
    variants: documentedVariants,
    currency: "EUR",
    balance: "1000.00",
    tariffs,
    licences,
  });
  const fired: NetworkFault[] = [];
  const network = createNetwork({
    ...{ clock, wall: clock.now, billing: createBilling(model, { login, password }), latencyMs: () => 1 },
    faultFor: () => null,
    onFired: (fault) => fired.push(fault),
    ...change,
  });
  const living: Sender = { isAlive: () => true, ...(onPhase === undefined ? {} : { onPhase }) };
  const account = (post = network.postFrom(living), deadlineMs = 60_000) =>
    createAccount({
      ...{ url: "https://account.example/manager/billmgr", login, password, clock, log: silentLog, post },
      timeouts: { readMs: deadlineMs, orderMs: deadlineMs },
    });
  return { clock, network, fired, debits: model.debits, account };
}

/** The same in virtual time; it goes on until everything that was put off has happened. */
export async function playSimulated(fault: NetworkFault | null, deadlineMs: number, act: Act): Promise<Told> {
  const side = createSimulatedSide({ faultFor: (call) => (call.number === 2 ? fault : null) });
  const exchanges: Exchange[] = [];
  const post: typeof postForm = async (...form) => {
    const exchange = await side.network.post(...form);
    exchanges.push(exchange);
    return exchange;
  };
  const played = (async () => {
    await side.account().order({ ...order, licence: "1234568" }, () => true);
    return await act(side.account(post, deadlineMs));
  })();
  while (await side.clock.step());
  return {
    ...describe(exchanges.at(-1)),
    outcome: await played,
    received: side.network.requests().length - 1,
    debits: withoutTime(side.debits),
    fired: side.fired.length,
  };
}

/** Resolvers without a network say that they will try again, where others know that there is no such name. */
function describe(exchange: Exchange | undefined): Pick<Told, "exchange" | "detail"> {
  const detail = exchange !== undefined && "detail" in exchange ? exchange.detail : null;
  return { exchange: exchange?.kind, detail: detail === "EAI_AGAIN" ? "ENOTFOUND" : detail };
}

function withoutTime(debits: readonly Debit[]): Omit<Debit, "at">[] {
  return debits.map(({ at: _at, ...debit }) => debit);
}
