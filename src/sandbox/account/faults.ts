// What can go wrong with one request, how is it armed, and did it happen?
import type { RequestParameters } from "./call.ts";

/** One request that reached the account. */
export interface RequestRecord {
  /** Counts from 1 over the life of the account. */
  readonly number: number;
  readonly func: string;
  readonly method: string;
  readonly path: string;
  readonly params: RequestParameters;
  /** True when `authinfo` stood in the URL. */
  readonly credentialsInUrl: boolean;
  readonly at: Date;
  /** The fault that fired on it. */
  fault: Fault["kind"] | null;
}

/** When a hanging or replaced request is carried out. */
export type Execution = "at-once" | "on-release" | "never";

export type BadXml = "doctype" | "entity-bomb" | "html" | "empty" | "prototype" | "deep";

export type Fault =
  /** Connection closed (or reset), nothing done. */
  | { readonly kind: "lost-before"; readonly how?: "close" | "reset" }
  /** Carried out, connection closed (or reset) without an answer. */
  | { readonly kind: "lost-after"; readonly how?: "close" | "reset" }
  /** Not answered; carried out after so many ms of the account's clock, or by `runLate()`. `answer: "none"` keeps the connection open. */
  | { readonly kind: "late"; readonly afterMs?: number; readonly answer?: "close" | "none" }
  /** Carried out; half of the answer, then a reset. */
  | { readonly kind: "reset-mid-reply" }
  /** No answer until `release()`; carried out at once unless said otherwise. */
  | { readonly kind: "hang"; readonly execution?: Execution }
  /** HTML page with status 502. */
  | { readonly kind: "bad-gateway"; readonly isExecuted?: boolean }
  | { readonly kind: "too-many-requests"; readonly isExecuted?: boolean }
  /** The normal answer under another HTTP status; carried out unless said otherwise. */
  | { readonly kind: "http-status"; readonly status: number }
  /** 302 to `to`, by default the account's own address; not carried out. */
  | { readonly kind: "redirect"; readonly to?: string; readonly isExecuted?: boolean }
  /** Carried out; a complete HTTP answer whose XML ends in the middle. */
  | { readonly kind: "truncated" }
  /** Carried out; the order is answered with a bare `ok`. */
  | { readonly kind: "without-id" }
  /** A business error in place of the answer; not carried out. */
  | { readonly kind: "refused"; readonly type: string; readonly object?: string; readonly value?: string }
  /** The balance counts as zero for this request. */
  | { readonly kind: "empty-balance" }
  /** A list as of before the last change. */
  | { readonly kind: "stale-list" }
  /** The page lacks its last rows (one, so many, or all) though `p_elems` counts them. */
  | { readonly kind: "missing-rows"; readonly count?: number | "all" }
  /** The first row comes twice, in addition or in place of the last one. */
  | { readonly kind: "duplicate-rows"; readonly isReplacing?: boolean }
  | { readonly kind: "reordered-rows" }
  /** Carried out; the answer comes a few bytes at a time (wall clock). */
  | { readonly kind: "trickle"; readonly bytes?: number; readonly everyMs?: number }
  /** Carried out; the answer is replaced. */
  | { readonly kind: "bad-xml"; readonly what?: BadXml }
  /** Carried out; the answer is padded beyond this many bytes, by default 1 MiB. */
  | { readonly kind: "huge"; readonly bytes?: number };

/** Faults that can be armed by their name alone. */
export type SimpleFault = Exclude<Fault["kind"], "http-status" | "refused">;

export interface Arming {
  /** The billing function, or `*` for any. */
  readonly func: string;
  readonly fault: Fault | SimpleFault;
  /** How often it fires; once by default. */
  readonly times?: number;
  /** Narrows it, e.g. to `isCommit(request.params)`. */
  readonly when?: (request: RequestRecord) => boolean;
}

export interface ArmedFault {
  /** How often it has fired: a test that arms a fault proves with this that it happened. */
  fired(): number;
  /** The first request it fired on, once that has been carried out (or has not, as the fault says). */
  readonly reached: Promise<RequestRecord>;
  disarm(): void;
  /** Lets hanging requests go on; those that come later do not hang. */
  release(): void;
}

/** One firing, as the delivery sees it. */
export interface Firing {
  readonly fault: Fault;
  readonly released: Promise<void>;
  /** To be called when the request stands where the fault wants it. */
  readonly reach: () => void;
}

export interface Faults {
  arm(arming: Arming): ArmedFault;
  take(request: RequestRecord): Firing | null;
  /** Lets everything go that hangs. */
  releaseAll(): void;
}

interface Armed extends Arming {
  readonly fault: Fault;
  readonly released: Promise<void>;
  readonly release: () => void;
  readonly reach: (request: RequestRecord) => void;
  remaining: number;
  fired: number;
}

/** No faults yet; of several that apply the one armed first fires. */
export function createFaults(): Faults {
  const all: Armed[] = [];
  return {
    arm(arming) {
      const { promise: released, resolve: release } = deferred<void>();
      const { promise: reached, resolve: reach } = deferred<RequestRecord>();
      const fault: Fault = typeof arming.fault === "string" ? { kind: arming.fault } : arming.fault;
      const armed: Armed = { ...arming, fault, released, release, reach, remaining: arming.times ?? 1, fired: 0 };
      all.push(armed);
      const disarm = () => {
        armed.remaining = 0;
      };
      return { fired: () => armed.fired, reached, disarm, release };
    },
    take(request) {
      const armed = all.find((candidate) => applies(candidate, request));
      if (!armed) return null;
      armed.remaining -= 1;
      armed.fired += 1;
      request.fault = armed.fault.kind;
      return { fault: armed.fault, released: armed.released, reach: () => armed.reach(request) };
    },
    releaseAll() {
      for (const { release } of all) release();
    },
  };
}

function applies({ func, remaining, when }: Armed, request: RequestRecord): boolean {
  return remaining > 0 && (func === "*" || func === request.func) && (when?.(request) ?? true);
}

/** A promise with its resolver outside. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
