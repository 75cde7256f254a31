// What can happen to a form on the simulated way to the account, and what is answered instead?
import type { Reply } from "../../../src/sandbox/account/billing.ts";
import { badGatewayPage, badXml, truncated } from "../../../src/sandbox/account/bodies.ts";
import type { Twist } from "../../../src/sandbox/account/call.ts";
import { twistOf } from "../../../src/sandbox/account/delivery.ts";
import type { BadXml, Fault } from "../../../src/sandbox/account/faults.ts";

/** Before a byte was written; the exchange is `not-sent`. */
interface ConnectionFault {
  /** `reset-before-request`: while the connection is set up. `connect-timeout`: it never stands. */
  readonly kind: "name" | "refuse" | "connect-timeout" | "tls" | "reset-before-request";
}

/** Once it was written; nobody hears what became of it. */
type LostAnswer =
  /** Not received whole; received and dropped; carried out. */
  | { readonly kind: "reset-mid-request" | "reset-after-undone" | "reset-after-done" }
  /** Carried out at once; the answer, or its end, comes after the deadline. */
  | { readonly kind: "slow-headers" | "trickle" }
  /** Carried out so long after the sender's deadline; until then the connection is silent, or closed at once. */
  | { readonly kind: "late"; readonly afterMs: number; readonly answer?: "close" | "none" };

/** Something comes back that is not the account's answer. */
type OtherAnswer =
  | { readonly kind: "server-error" | "too-many" | "redirect"; readonly isExecuted?: boolean }
  /** Carried out; its answer's XML ends in the middle. */
  | { readonly kind: "truncated" }
  | { readonly kind: "bad-xml"; readonly what?: BadXml };

/** The account itself answers otherwise: lying lists, an order without its id, a refusal. */
type TwistedAnswer = Extract<
  Fault,
  {
    readonly kind:
      | "without-id"
      | "stale-list"
      | "missing-rows"
      | "duplicate-rows"
      | "reordered-rows"
      | "refused"
      | "empty-balance";
  }
>;

export type NetworkFault = ConnectionFault | LostAnswer | OtherAnswer | TwistedAnswer;

/** Codes of real failures; `connect-timeout` has none, it takes its time. */
const connectionCodes = new Map<NetworkFault["kind"], string>([
  ["name", "ENOTFOUND"],
  ["refuse", "ECONNREFUSED"],
  ["tls", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["reset-before-request", "ECONNRESET"],
]);

/** Why the connection does not stand; null when this fault lets it stand, or fails it by silence. */
export function connectionFailure(fault: NetworkFault | null): { code: string; isNameFailure: boolean } | null {
  const code = fault === null ? undefined : connectionCodes.get(fault.kind);
  return code === undefined ? null : { code, isNameFailure: fault?.kind === "name" };
}

/** What the far side answers with this fault, carrying the request out where the fault lets it. */
export function answerWith(fault: NetworkFault | null, execute: (twist?: Twist) => Reply): Reply {
  switch (fault?.kind) {
    case "server-error":
      if (fault.isExecuted) execute();
      return { status: 502, body: badGatewayPage };
    case "too-many":
      if (fault.isExecuted) execute();
      return { status: 429, body: "Too many requests\n" };
    case "redirect":
      if (fault.isExecuted) execute();
      return { status: 302, body: "" };
    case "truncated":
      return { status: 200, body: truncated(execute().body) };
    case "bad-xml":
      return { status: 200, body: badXml(fault.what ?? "doctype", execute().body) };
    case "without-id":
    case "stale-list":
    case "missing-rows":
    case "duplicate-rows":
    case "reordered-rows":
    case "refused":
    case "empty-balance":
      return execute(twistOf(fault) ?? {});
    default:
      return execute();
  }
}
