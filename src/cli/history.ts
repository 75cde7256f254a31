// How is the recorded history of a purchase shown, to a program and to a person?
import type { Engine } from "../purchases/engine.ts";
import { formatAmount } from "./terminal.ts";

type Recorded = Awaited<ReturnType<Engine["ledger"]["readHistory"]>>;
export type History = ReturnType<typeof toHistory>;

/** Instants become ISO 8601 in UTC, stored JSON becomes JSON. */
export function toHistory({ transitions, attempts, outcomes, decisions, observations }: Recorded) {
  return {
    transitions: transitions.map((row) => ({
      at: toInstant(row.createdAt),
      version: row.version,
      from: row.fromState,
      to: row.toState,
      reason: row.reason,
      by: row.actor,
      changes: parse(row.changes),
    })),
    attempts: attempts.map((row) => ({
      at: toInstant(row.createdAt),
      n: row.n,
      marker: row.marker,
      action: row.action,
      licence: row.licence,
      tariff: row.tariff,
      remote_service_id: row.remoteServiceId,
      period_months: row.periodMonths,
      cost: row.cost === null ? null : formatAmount(row.cost),
      currency: row.currency,
      expected_expiry: row.expectedExpiry,
      send_by: toInstant(row.sendBy),
      list_before: parse(row.listBefore),
    })),
    outcomes: outcomes.map((row) => ({
      at: toInstant(row.createdAt),
      n: row.n,
      kind: row.kind,
      outcome: parse(row.outcome),
    })),
    decisions: decisions.map((row) => ({
      at: toInstant(row.createdAt),
      version: row.version,
      decision: row.decision,
      parameter: row.parameter,
      by: row.actor,
      why: row.why,
      evidence: parse(row.evidence),
    })),
    observations: observations.map((row) => ({
      at: toInstant(row.createdAt),
      n: row.n,
      verdict: row.verdict,
      digest: row.digest,
      detail: parse(row.detail),
    })),
  };
}

function toInstant(utc: string): string {
  return `${utc.replace(" ", "T")}Z`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** One line per event, oldest first. */
export function describeHistory({ transitions, attempts, outcomes, decisions, observations }: History): string[] {
  const events = [
    ...decisions.map((row) => ({
      at: row.at,
      text: `decided by ${row.by}: ${[row.decision, row.parameter].filter(Boolean).join(" ")}, because: ${row.why}`,
    })),
    ...transitions.map((row) => ({
      at: row.at,
      text: `${row.from ?? "new"} -> ${row.to}${row.reason === null ? "" : ` (${row.reason})`}, by ${row.by}`,
    })),
    ...attempts.map((row) => ({
      at: row.at,
      text: `attempt ${row.n}: ${row.action}, marker ${row.marker}, ${describeCost(row)}`,
    })),
    ...outcomes.map((row) => ({ at: row.at, text: `answer to attempt ${row.n}: ${JSON.stringify(row.outcome)}` })),
    ...observations.map((row) => ({ at: row.at, text: `look for attempt ${row.n}: ${row.verdict}` })),
  ];
  // Sorting is stable: of one moment, the change of state stands before what belongs to it.
  return events
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
    .map(({ at, text }) => `${at.slice(0, 19)}  ${text}`);
}

function describeCost({ cost, currency }: History["attempts"][number]): string {
  return cost === null ? "cost not known" : `${cost} ${currency}`;
}
