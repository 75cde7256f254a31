// Is a module at the account to be suspended, resumed or deleted now? Pure: WHMCS's wish, the module's steps, its row in.
import type { ModuleChange } from "../ispmanager/account.ts";
import type { ServiceFate } from "../whmcs/facts.ts";
import type { ModuleStep, StepKind } from "./ledger/module-steps.ts";
import { addDays, toleranceDays } from "./period.ts";

/** What WHMCS's row of the service wants of its module; `nothing` also lets it run to the end of its paid term. */
export type Wish = "run" | "suspend" | "delete" | "nothing";

/** Whose product says `delete`; Completed is a service that was paid once and for all and keeps its term. */
const deletedStatuses: readonly string[] = ["Terminated", "Cancelled", "Fraud"];

export function wishOf(fate: ServiceFate | undefined): Wish {
  if (fate?.status === "Active") return "run";
  if (fate?.status === "Suspended") return "suspend";
  return fate !== undefined && deletedStatuses.includes(fate.status) && isDeletedAtEnd(fate.atEnd)
    ? "delete"
    : "nothing";
}

/** `configoption8`; whatever is not understood deletes nothing. */
export function isDeletedAtEnd(option: string): boolean {
  return option.toLowerCase() === "delete";
}

export interface LifecycleTimes {
  /** How long after it was meant to be sent a request may still be on its way, or the account act on it. */
  readonly inFlightMs: number;
  readonly retryMs: number;
}

export type Next =
  | { readonly kind: "nothing" }
  /** The module's row decides. */
  | { readonly kind: "look" }
  /** Nothing is to be asked; what is now known is written down. */
  | { readonly kind: "note"; readonly change: ModuleChange; readonly step: StepKind; readonly detail: string }
  | { readonly kind: "ask"; readonly change: ModuleChange };

/** As the account shows it; a deleted module is `gone`, whether it is still listed or not. */
export type Shown = "active" | "suspended" | "gone" | "other";

/** What one look shows of a module; `expiresOn` is null where its term is not shown. */
export interface Seen {
  readonly shown: Shown;
  readonly expiresOn: string | null;
}

const nothing: Next = { kind: "nothing" };
const note = (change: ModuleChange, step: StepKind, detail = ""): Next => ({ kind: "note", change, step, detail });

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Requests for one wish, and looks that kept the module; then only another wish of WHMCS lets it be tried again. */
export const mostTries = 4;

const closing: readonly StepKind[] = ["seen", "found", "withdrawn"];

/** The steps since the newest that closed a change, all of one change; empty when nothing is open. */
function openRun(steps: readonly ModuleStep[]): readonly ModuleStep[] {
  const closed = steps.findLastIndex(({ step }) => closing.includes(step));
  const open = steps.slice(closed + 1);
  const other = open.findLastIndex(({ change }) => change !== open.at(-1)?.change);
  return open.slice(other + 1);
}

/** What was asked may have been done, or may yet be. */
function mayHaveActed(run: readonly ModuleStep[]): boolean {
  return run.some(({ step }) => step === "accepted" || step === "unknown") || run.at(-1)?.step === "asked";
}

/** Whether it was to be deleted meanwhile says nothing of whether it stands still. */
function withoutDeletes(steps: readonly ModuleStep[]): readonly ModuleStep[] {
  return steps.filter(({ change }) => change !== "delete");
}

/** The steps say that it was suspended by us, and not that it was resumed since. */
export function isSuspendedByUs(all: readonly ModuleStep[]): boolean {
  const steps = withoutDeletes(all);
  const run = openRun(steps);
  const last = steps.at(-1);
  if (last === undefined) return false;
  if (run.length === 0) return last.change === "suspend" && last.step === "seen";
  return run[0]?.change === "resume" || (run[0]?.change === "suspend" && mayHaveActed(run));
}

/** It may yet vanish, stop or go on as it was asked to: of its next term nothing can be foretold now. */
export function isBeingChanged(steps: readonly ModuleStep[]): boolean {
  return mayHaveActed(openRun(steps)) && (steps.at(-1)?.ageMs ?? 0) < hourMs;
}

/** It was deleted by us, as far as is known. */
export function isDeletedByUs(steps: readonly ModuleStep[]): boolean {
  return steps.some(({ change, step }) => change === "delete" && (step === "seen" || step === "accepted"));
}

export interface ModulePast {
  readonly steps: readonly ModuleStep[];
  /** When its newest term was bound, as the steps' `takenAt`. */
  readonly boundAt: string;
  /** The last day of that term, `YYYY-MM-DD`. */
  readonly paidUntil: string;
}

/** Decides with `seen` null without the account, as far as that goes. */
export function nextStep(wish: Wish, past: ModulePast, seen: Seen | null, times: LifecycleTimes): Next {
  const { steps } = past;
  const shown = seen?.shown ?? null;
  switch (wish) {
    case "nothing":
      return nothing;
    case "suspend":
      return nextToSuspend(past, shown, times);
    case "run":
      return nextToRun(steps, shown, times);
    case "delete":
      return nextToDelete(past, seen, times);
  }
}

function nextToSuspend({ steps, boundAt }: ModulePast, shown: Shown | null, times: LifecycleTimes): Next {
  const run = openRun(steps);
  const last = steps.at(-1);
  const isClosed = run.length === 0 && last?.change === "suspend" && last.step !== "withdrawn";
  // A renewal lets a module run that was suspended.
  if (isClosed && last.takenAt >= boundAt) return nothing;
  if (shown === null) return lookWhenDue("suspend", run, times);
  if (shown === "suspended") return note("suspend", isSuspendedByUs(steps) ? "seen" : "found");
  return shown === "active" ? askWhenDue("suspend", run, times) : nothing;
}

function nextToRun(steps: readonly ModuleStep[], shown: Shown | null, times: LifecycleTimes): Next {
  const run = openRun(steps);
  const last = steps.at(-1);
  if (run.length > 0 && last?.change === "delete") return nextToCallOff(run, last, shown, times);
  const isGone = last?.change === "delete" && last.step !== "withdrawn";
  return isGone ? nothing : nextToResume(withoutDeletes(steps), shown, times);
}

/** The service goes on, and its module was to be deleted: what came of that is known before anything else is asked. */
function nextToCallOff(run: readonly ModuleStep[], last: ModuleStep, shown: Shown | null, times: LifecycleTimes): Next {
  if (!mayHaveActed(run)) return note("delete", "withdrawn");
  // What was accepted is not waited out: it is gone, or will be.
  if (run.some(({ step }) => step === "accepted") || last.ageMs < times.inFlightMs) return nothing;
  if (shown === null) return { kind: "look" };
  if (shown === "gone") return note("delete", "seen");
  return shown === "other" ? nothing : note("delete", "withdrawn");
}

function nextToResume(steps: readonly ModuleStep[], shown: Shown | null, times: LifecycleTimes): Next {
  const run = openRun(steps);
  const last = steps.at(-1);
  const change = last?.change;
  if (last === undefined || change === undefined) return nothing;
  if (run.length === 0 && (last.step === "withdrawn" || change !== "suspend")) return nothing;
  if (run.length === 0 && last.step === "found") return note("suspend", "withdrawn");
  if (change !== "resume" && run.length > 0 && !mayHaveActed(run)) return note(change, "withdrawn");
  if (shown === null) return lookWhenDue(change, run, times);
  if (shown === "suspended") return askWhenDue("resume", change === "resume" ? run : [], times);
  if (shown !== "active") return nothing;
  if (change === "resume" || run.length === 0) return note("resume", "seen");
  // It was asked to stop, and may still do so.
  return last.ageMs < dayMs ? nothing : note(change, "withdrawn");
}

function nextToDelete({ steps, paidUntil }: ModulePast, seen: Seen | null, times: LifecycleTimes): Next {
  const last = steps.at(-1);
  const run = last?.change === "delete" ? openRun(steps) : [];
  if (last?.change === "delete" && last.step === "seen") return nothing;
  if (last?.change === "delete" && last.step === "found" && last.ageMs < dayMs) return nothing;
  // Said once of a term; it is another question only when the ledger has come to know that term.
  const isKept = last?.step === "kept" && last.detail !== "" && !isKnownTerm(paidUntil, last.detail);
  if (run.length > 0 && isKept) return nothing;
  if (seen === null) return lookWhenDue("delete", run, times);
  if (seen.shown === "gone") return note("delete", mayHaveActed(run) ? "seen" : "found");
  // Never a second time: the list may only be late.
  if (seen.shown === "other" || run.some(({ step }) => step === "accepted")) return nothing;
  const next = askWhenDue("delete", run, times);
  const isKnown = seen.expiresOn !== null && isKnownTerm(paidUntil, seen.expiresOn);
  return next.kind === "ask" && !isKnown ? note("delete", "kept", seen.expiresOn ?? "") : next;
}

/** What somebody else has paid for, or a ledger has forgotten, is not ours to delete. */
function isKnownTerm(paidUntil: string, expiresOn: string): boolean {
  return expiresOn <= addDays(paidUntil, toleranceDays);
}

/** Where nothing could be asked now, the account is looked at only while what was asked may show. */
function lookWhenDue(change: ModuleChange, run: readonly ModuleStep[], times: LifecycleTimes): Next {
  const ageMs = run.at(-1)?.ageMs ?? 0;
  const mayShow = mayHaveActed(run) && ageMs < hourMs;
  return mayShow || askWhenDue(change, run, times).kind === "ask" ? { kind: "look" } : nothing;
}

function askWhenDue(change: ModuleChange, run: readonly ModuleStep[], times: LifecycleTimes): Next {
  const last = run.at(-1);
  if (last === undefined || last.change !== change) return { kind: "ask", change };
  const unsent = run.filter(({ step }) => step === "not-sent").length;
  const tries = run.filter(({ step }) => step === "asked" || step === "kept").length - unsent;
  if (tries >= mostTries) return nothing;
  return last.ageMs >= waitAfter(last.step, unsent, times) ? { kind: "ask", change } : nothing;
}

function waitAfter(step: StepKind, unsent: number, times: LifecycleTimes): number {
  switch (step) {
    case "asked":
    case "unknown":
      return times.inFlightMs;
    case "not-sent":
      return times.retryMs * Math.min(2 ** Math.min(unsent, 10), 15);
    default:
      return dayMs;
  }
}
