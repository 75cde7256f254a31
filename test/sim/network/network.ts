// How does a form get to the simulated account and its answer back, in virtual time and without a socket?
import type { Exchange, postForm } from "../../../src/ispmanager/transport.ts";
import type { Billing, Reply } from "../../../src/sandbox/account/billing.ts";
import { isCommit, type RequestParameters, type Twist } from "../../../src/sandbox/account/call.ts";
import type { VirtualClock } from "../clock.ts";
import { answerWith, connectionFailure, type NetworkFault } from "./fault.ts";

/** One form that a process wants to send; `number` counts from 1, whether it arrives or not. */
export interface NetworkCall {
  readonly number: number;
  readonly func: string;
  readonly isCommit: boolean;
  /** Without `authinfo`. */
  readonly params: RequestParameters;
}

/** One request received whole by the account. */
export interface ReceivedRequest {
  /** Counts from 1; a debit's `requestNumber` is this one. */
  readonly number: number;
  readonly call: NetworkCall;
  readonly at: Date;
  readonly fault: NetworkFault["kind"] | null;
}

/** What has just happened to a form. The first three belong to the sending process, the others do not need it. */
export type Phase = "looked-up" | "connected" | "written" | "received" | "executed" | "headers" | "body";

export interface NetworkOptions {
  readonly clock: VirtualClock;
  readonly wall: () => Date;
  readonly billing: Billing;
  /** How long each step takes. */
  readonly latencyMs: () => number;
  readonly faultFor: (call: NetworkCall) => NetworkFault | null;
  /** A fault has had its effect. */
  readonly onFired?: (fault: NetworkFault, call: NetworkCall) => void;
}

/** A process that may stand still or die: then it writes nothing and hears nothing any more; what it wrote goes its way. */
export interface Sender {
  readonly isAlive: () => boolean;
  /** Resolves when the process runs: at once, unless it stands still. */
  readonly wake?: () => Promise<void>;
  /** Of its own forms; it may die here. */
  readonly onPhase?: (phase: Phase, call: NetworkCall) => void;
}

export interface Network {
  readonly post: typeof postForm;
  postFrom(sender: Sender): typeof postForm;
  requests(): readonly ReceivedRequest[];
  /** How many received forms are still to be carried out. */
  putOff(): number;
}

interface Sending {
  readonly call: NetworkCall;
  readonly authinfo: string | null;
  readonly fault: NetworkFault | null;
  readonly deadlineAtMs: number;
  readonly sender: Sender;
  /** Forms that the account will carry out later. */
  readonly putOff: Set<NetworkCall>;
  /** The sender lives and its deadline has not come. */
  readonly isAwaited: () => boolean;
}

const connectMs = 10_000;

/** Keeps the promises of the real transport, to which a contract suite holds it. */
export function createNetwork(options: NetworkOptions): Network {
  const { clock } = options;
  const received: ReceivedRequest[] = [];
  let sent = 0;
  const putOff = new Set<NetworkCall>();

  const postFrom =
    (sender: Sender): typeof postForm =>
    async (_address, parameters, { deadlineMs, isStillDue = () => true }) => {
      sent += 1;
      const { authinfo = null, ...params } = parameters as RequestParameters;
      const call = { number: sent, func: params.func ?? "", isCommit: isCommit(params), params };
      const deadlineAtMs = clock.monotonicMs() + deadlineMs;
      let isOver = false;
      let isWritten = false;
      const isAwaited = () => !isOver && sender.isAlive();
      const sending = { call, authinfo, fault: options.faultFor(call), deadlineAtMs, sender, isAwaited, putOff };
      const write = (): Promise<Exchange> => {
        if (!isAwaited()) return never();
        if (!isDue(isStillDue)) return Promise.resolve(notSent("no longer due"));
        isWritten = true;
        sender.onPhase?.("written", call);
        return travel(options, received, sending);
      };
      const deadline = clock.timer(deadlineMs);
      const tooLate = deadline.over.then((): Exchange => {
        isOver = true;
        return isWritten ? unanswered("deadline") : notSent("deadline");
      });
      const exchange = await Promise.race([connect(options, sending, write), tooLate]);
      isOver = true;
      deadline.callOff();
      return sender.isAlive() ? exchange : await never();
    };

  return { post: postFrom({ isAlive: () => true }), postFrom, requests: () => received, putOff: () => putOff.size };
}

/** Name lookup, TCP and TLS; then `write` in the same turn in which the connection stands. */
async function connect(
  { clock, latencyMs, onFired }: NetworkOptions,
  { call, fault, sender, isAwaited }: Sending,
  write: () => Promise<Exchange>,
): Promise<Exchange> {
  const step = async (ms: number) => {
    await clock.sleep(ms);
    if (!isAwaited()) await never();
  };
  const failure = connectionFailure(fault);
  const fire = () => {
    if (fault !== null) onFired?.(fault, call);
  };
  await step(latencyMs());
  if (failure?.isNameFailure) {
    fire();
    return notSent(failure.code);
  }
  sender.onPhase?.("looked-up", call);
  if (fault?.kind === "connect-timeout") {
    fire();
    await step(connectMs);
    return notSent("connect deadline");
  }
  await step(latencyMs());
  if (failure !== null) {
    fire();
    return notSent(failure.code);
  }
  sender.onPhase?.("connected", call);
  await sender.wake?.();
  return await write();
}

/** From the moment of the write on. It needs nobody at the other end: what was written arrives, answered or not. */
async function travel(options: NetworkOptions, received: ReceivedRequest[], sending: Sending): Promise<Exchange> {
  const { clock, wall, latencyMs, onFired } = options;
  const { call, fault, sender } = sending;
  await clock.sleep(latencyMs());
  if (fault?.kind === "reset-mid-request") {
    onFired?.(fault, call);
    return unanswered("ECONNRESET");
  }
  const number = received.length + 1;
  received.push({ number, call, at: wall(), fault: fault?.kind ?? null });
  sender.onPhase?.("received", call);
  const execute = (twist: Twist = {}) => {
    const { func, params } = call;
    const reply = options.billing({ func, method: "POST", params, authinfo: sending.authinfo, number }, twist);
    sender.onPhase?.("executed", call);
    return reply;
  };
  await clock.sleep(latencyMs());
  if (fault?.kind === "late") {
    void actLate(options, sending, { fault, execute });
    return fault.answer === "close" ? unanswered("UND_ERR_SOCKET") : await never();
  }
  const reply = fault?.kind === "reset-after-undone" ? null : answerWith(fault, execute);
  if (fault !== null) onFired?.(fault, call);
  return await comeBack(options, sending, reply);
}

async function actLate(
  { clock, onFired }: NetworkOptions,
  { call, deadlineAtMs, putOff }: Sending,
  { fault, execute }: { fault: NetworkFault & { kind: "late" }; execute: () => void },
): Promise<void> {
  putOff.add(call);
  await clock.sleep(deadlineAtMs + fault.afterMs - clock.monotonicMs());
  putOff.delete(call);
  execute();
  onFired?.(fault, call);
}

/** The way back, of which a sender that has gone sees nothing; null was dropped with its connection. */
async function comeBack(
  { clock, latencyMs }: NetworkOptions,
  { call, fault, sender, isAwaited }: Sending,
  reply: Reply | null,
): Promise<Exchange> {
  await clock.sleep(latencyMs());
  if (!isAwaited() || fault?.kind === "slow-headers") return await never();
  if (reply === null || fault?.kind === "reset-after-done") return unanswered("ECONNRESET");
  sender.onPhase?.("headers", call);
  await clock.sleep(latencyMs());
  if (!isAwaited() || fault?.kind === "trickle") return await never();
  sender.onPhase?.("body", call);
  return { kind: "answered", ...reply };
}

function isDue(isStillDue: () => boolean): boolean {
  try {
    return isStillDue();
  } catch {
    return false;
  }
}

function notSent(detail: string): Exchange {
  return { kind: "not-sent", detail };
}

function unanswered(detail: string): Exchange {
  return { kind: "unanswered", detail };
}

function never(): Promise<never> {
  return new Promise(() => {});
}
