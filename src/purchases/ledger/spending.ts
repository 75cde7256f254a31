// What was asked of the account within some time, and what became of it? Read in pages, for reports.
import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { attempts, bindings, decisions, outcomes, purchases, transitions } from "../../database/schema.ts";
import type { Decimal } from "../../money.ts";

/** One request, as it was written down before it was sent. */
export interface SpendingAttempt {
  readonly purchaseId: string;
  readonly n: number;
  readonly lineId: number;
  readonly action: string;
  readonly tariff: string;
  readonly cost: Decimal | null;
  readonly currency: string | null;
  readonly effect: "debited" | "none" | "unclear";
}

/** From `from`, before `until`; UTC `YYYY-MM-DD HH:MM:SS`. */
export interface Span {
  readonly from: string;
  readonly until: string;
}

const longestPage = 1_000;

/** Staff had bought the module that pays for the purchase, or have said which one does. */
const isBoundByHand = sql<number>`(
  EXISTS (SELECT 1 FROM ${decisions}
    WHERE ${decisions.purchaseId} = ${purchases.id} AND ${decisions.decision} = 'bind')
  OR EXISTS (SELECT 1 FROM ${transitions} WHERE ${transitions.purchaseId} = ${purchases.id}
    AND ${transitions.toState} = 'Ordered' AND ${transitions.reason} = 'manual'))`;

/** The attempts of a span in the order of sending, page by page along the index on their time. */
export async function* readAttempts(
  database: Database,
  { from, until }: Span,
  rowsPerPage = longestPage,
): AsyncGenerator<SpendingAttempt[]> {
  let after = { at: from, purchaseId: "", n: 0 };
  for (;;) {
    const isRead = sql`${attempts.createdAt} = ${after.at} AND (${attempts.purchaseId} < ${after.purchaseId}
      OR (${attempts.purchaseId} = ${after.purchaseId} AND ${attempts.n} <= ${after.n}))`;
    const rows = await database.query
      .select({
        purchaseId: attempts.purchaseId,
        n: attempts.n,
        at: attempts.createdAt,
        action: attempts.action,
        tariff: attempts.tariff,
        cost: attempts.cost,
        currency: attempts.currency,
        lineId: purchases.lineId,
        newest: purchases.attempts,
        outcome: outcomes.kind,
        moduleId: bindings.remoteServiceId,
        isBoundByHand,
      })
      .from(attempts)
      .innerJoin(purchases, eq(purchases.id, attempts.purchaseId))
      .leftJoin(outcomes, and(eq(outcomes.purchaseId, attempts.purchaseId), eq(outcomes.n, attempts.n)))
      .leftJoin(bindings, eq(bindings.purchaseId, attempts.purchaseId))
      .where(and(gte(attempts.createdAt, after.at), lt(attempts.createdAt, until), sql`NOT (${isRead})`))
      .orderBy(asc(attempts.createdAt), asc(attempts.purchaseId), asc(attempts.n))
      .limit(rowsPerPage);
    yield rows.map((row) => ({ ...row, effect: effectOf(row) }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerPage) return;
    after = last;
  }
}

/** An unclear request took effect when looking has bound what it asked for; what a person bound proves no debit of ours. */
export function effectOf(row: {
  readonly n: number;
  readonly newest: number;
  readonly outcome: string | null;
  readonly moduleId: string | null;
  readonly isBoundByHand: number;
}): SpendingAttempt["effect"] {
  if (row.outcome === "accepted") return "debited";
  if (row.outcome === "refused" || row.outcome === "not-sent") return "none";
  const isFound = row.moduleId !== null && row.n === row.newest && Number(row.isBoundByHand) === 0;
  return isFound ? "debited" : "unclear";
}

/** A purchase that no request of ours has paid for, or whose money went back. */
export interface SpendingEvent {
  readonly purchaseId: string;
  readonly lineId: number;
  readonly tariff: string | null;
  readonly kind: "by-hand" | "reversed";
}

/** What was bound by hand, and what was reversed, within a span; all purchases are walked, page by page, by their key. */
export async function* readEvents(
  database: Database,
  { from, until }: Span,
  rowsPerPage = longestPage,
): AsyncGenerator<SpendingEvent[]> {
  let after = "";
  for (;;) {
    const rows = await database.query
      .select({
        purchaseId: purchases.id,
        lineId: purchases.lineId,
        tariff: purchases.tariff,
        state: purchases.state,
        stateSince: purchases.stateSince,
        reversedAt: purchases.reversedAt,
        boundAt: bindings.createdAt,
        isBoundByHand,
        isAccepted: sql<number>`EXISTS (SELECT 1 FROM ${outcomes}
          WHERE ${outcomes.purchaseId} = ${purchases.id} AND ${outcomes.kind} = 'accepted')`,
      })
      .from(purchases)
      .leftJoin(bindings, eq(bindings.purchaseId, purchases.id))
      .where(sql`${purchases.id} > ${after}`)
      .orderBy(asc(purchases.id))
      .limit(rowsPerPage);
    const isWithin = (at: string | null) => at !== null && at >= from && at < until;
    yield rows.flatMap(({ purchaseId, lineId, tariff, ...row }) => {
      const isByHand = Number(row.isBoundByHand) !== 0 && Number(row.isAccepted) === 0 && isWithin(row.boundAt);
      const isReversed = isWithin(row.reversedAt ?? (row.state === "Refunded" ? row.stateSince : null));
      const same = { purchaseId, lineId, tariff };
      return [
        ...(isByHand ? [{ ...same, kind: "by-hand" as const }] : []),
        ...(isReversed ? [{ ...same, kind: "reversed" as const }] : []),
      ];
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerPage) return;
    after = last.purchaseId;
  }
}
