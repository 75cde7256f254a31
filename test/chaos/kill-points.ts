// At which moments is a bridge killed? Each is seen from outside: on its lines, at the account, or by whoever sent the event.
import { once } from "node:events";
import { connect } from "node:net";
import type { ModuleChange } from "../../src/ispmanager/account.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import { deferred, type Fault } from "../../src/sandbox/account/faults.ts";
import type { Fate } from "../database/tcp-proxy.ts";
import { type Serving, signedCall } from "../serve/serving.ts";
import { commitAfterInsertInto, insertInto, type Seen } from "./ledger-line.ts";
import type { Scene } from "./scene.ts";

export type Story = "order" | "renewal" | ModuleChange;

export interface Stand {
  readonly scene: Scene;
  readonly bridge: Serving;
  readonly story: Story;
  /** The event that sets everything going. */
  readonly event: { readonly id: string; readonly type: string; readonly data: object };
  /** Makes true in WHMCS what the event is about, and tells it; the status of the answer, null when there is none. */
  begin(): Promise<number | null>;
  /** False: what was seen goes on, and death comes a moment later. */
  readonly isExact: boolean;
}

export interface Strike {
  /** How often the moment was seen. */
  fired(): number;
  /** The status that the event's sender got; null when the bridge died before. */
  readonly answer: Promise<number | null>;
}

export interface Moment {
  readonly name: string;
  /** Resolves at the moment of death. */
  strike(stand: Stand): Promise<Strike>;
}

export interface KillPoint extends Moment {
  /** Where the purchase rests when death came exactly then. */
  readonly ends: "Purchased" | "absent";
}

const functionOf = {
  order: "addition.order.param",
  renewal: "service.prolong",
  suspend: "addition.suspend",
  resume: "addition.resume",
  delete: "addition.delete",
} as const;

/** A statement to the ledger is seen; `then` happens before it goes on. */
export function atStatement(when: (seen: Seen) => boolean, fate: Fate, onReached?: (scene: Scene) => void) {
  return async ({ scene, begin, isExact }: Stand): Promise<Strike> => {
    const blocking = isExact && onReached !== undefined ? { onReached: () => onReached(scene) } : {};
    const trap = scene.ledgerLine.trap({ when, fate: isExact ? fate : "pass", ...blocking });
    const answer = begin();
    await trap.reached;
    return { fired: trap.fired, answer };
  };
}

/** The request that does it has reached the account. */
export function atRequest(fault: Fault) {
  return async ({ scene, story, begin, isExact }: Stand): Promise<Strike> => {
    const func = functionOf[story];
    const isDeed = ({ params }: { params: Parameters<typeof isCommit>[0] }) => isCommit(params);
    if (!isExact) {
      const seen = scene.account.nextRequest(func, isDeed);
      const answer = begin();
      await seen;
      return { fired: () => scene.account.requests(func).filter(isDeed).length, answer };
    }
    const armed = scene.account.arm({ func, fault, when: isDeed });
    const answer = begin();
    await armed.reached;
    return { fired: armed.fired, answer };
  };
}

export async function strikeInMidReply({ scene, story, begin, isExact }: Stand): Promise<Strike> {
  const { promise: reached, resolve: reach } = deferred<void>();
  const asked = new WeakSet<object>();
  let halves = 0;
  scene.accountLine.decide((bytes, line) => {
    if (bytes.includes(`func=${functionOf[story]}`) && bytes.includes("sok=ok")) asked.add(line);
    return "pass";
  });
  scene.accountLine.decideAnswers((bytes, line) => {
    if (!asked.has(line)) return bytes.length;
    halves += 1;
    setImmediate(reach);
    const bodyAt = bytes.indexOf("\r\n\r\n") + 4;
    return isExact ? bodyAt + Math.floor((bytes.length - bodyAt) / 2) : bytes.length;
  });
  const answer = begin();
  await reached;
  return { fired: () => halves, answer };
}

/** The server's `100 Continue` proves that it has taken the call up before half of its body goes out. */
async function strikeInMidWebhook({ scene, bridge, event }: Stand): Promise<Strike> {
  const { headers, body } = signedCall(scene.webhookSecret, event);
  const socket = connect(bridge.port, "127.0.0.1");
  let said = "";
  socket.on("data", (bytes) => {
    said += bytes;
  });
  // The reset that comes with the kill is what this is about.
  socket.on("error", () => {});
  const head = { host: "127.0.0.1", "content-length": String(body.length), expect: "100-continue", ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /webhooks/whmcs HTTP/1.1\r\n${lines.join("")}\r\n`);
  await once(socket, "data");
  const isTakenUp = said.startsWith("HTTP/1.1 100");
  await new Promise((resolve) => socket.write(body.slice(0, body.length / 2), resolve));
  const answer = new Promise<number | null>((resolve) => {
    socket.on("close", () => resolve(said.includes("HTTP/1.1 202") ? 202 : null));
  });
  return { fired: () => (isTakenUp ? 1 : 0), answer };
}

async function strikeAfterAnswer({ begin }: Stand): Promise<Strike> {
  const answer = await begin();
  return { fired: () => (answer === 202 ? 1 : 0), answer: Promise.resolve(answer) };
}

/** The request that would follow never gets to the account. */
export const blockAccount = ({ accountLine }: Scene) => accountLine.decide(() => "hold");

const isClaimed = commitAfterInsertInto("attempts");

export const killPoints: readonly KillPoint[] = [
  { name: "half of a webhook has arrived", ends: "Purchased", strike: strikeInMidWebhook },
  { name: "an event is to be stored", ends: "Purchased", strike: atStatement(insertInto("inbox"), "hold") },
  { name: "an event is stored", ends: "Purchased", strike: atStatement(insertInto("inbox"), "deliver-and-hold") },
  { name: "an event was answered", ends: "Purchased", strike: strikeAfterAnswer },
  { name: "a claim is to be committed", ends: "Purchased", strike: atStatement(isClaimed, "hold") },
  { name: "a claim is committed", ends: "absent", strike: atStatement(isClaimed, "deliver-and-hold") },
  { name: "a claim was confirmed", ends: "absent", strike: atStatement(isClaimed, "pass", blockAccount) },
  { name: "a request was received", ends: "absent", strike: atRequest({ kind: "hang", execution: "never" }) },
  { name: "a request was carried out", ends: "Purchased", strike: atRequest({ kind: "hang" }) },
  { name: "half of a reply has arrived", ends: "Purchased", strike: strikeInMidReply },
  {
    name: "an outcome is to be committed",
    ends: "Purchased",
    strike: atStatement(commitAfterInsertInto("outcomes"), "hold"),
  },
];
