// Which moments does a month have, and what was bought, sold and refunded in it?
import type { Database } from "../database/connection.ts";
import type { Read } from "../ispmanager/account.ts";
import { type AccountReview, reviewAccount } from "../purchases/account-review.ts";
import { atEach, type Engine } from "../purchases/engine.ts";
import { readAttempts, readEvents, type Span } from "../purchases/ledger/spending.ts";
import { addMonths, isDate } from "../purchases/period.ts";
import { type Revenue, takingsOf } from "../purchases/revenue.ts";
import { readCatalogRows } from "../whmcs/catalog-rows.ts";
import { createSums, type Sums } from "./sums.ts";

export interface MonthReport {
  readonly sums: Sums;
  /** Of our products, by tariff. */
  readonly names: ReadonlyMap<string, { readonly additionintname: string; readonly name: string }>;
  /** Why the account's modules could not be held against the ledger; null when they were. */
  readonly orphansUnknown: string | null;
}

/** The month `YYYY-MM` in UTC; null for anything else. */
export function spanOf(month: string): Span | null {
  const first = `${month}-01`;
  if (!/^20\d\d-\d\d$/.test(month) || !isDate(first)) return null;
  return { from: `${first} 00:00:00`, until: `${addMonths(first, 1)} 00:00:00` };
}

/** @throws DatabaseError when ledger or WHMCS cannot be read. The account is only asked for modules nobody has bought. */
export async function reportMonth(
  engine: Engine,
  { ledger, whmcs }: { readonly ledger: Database; readonly whmcs: Database },
  span: Span,
): Promise<MonthReport> {
  const sums = createSums();
  for await (const page of readAttempts(ledger, span)) {
    const takings = await readTakings(engine, page);
    for (const attempt of page) sums.addAttempt(attempt, takings.get(attempt.lineId) ?? null);
  }
  for await (const page of readEvents(ledger, span)) {
    const takings = await readTakings(engine, page);
    for (const event of page) sums.addEvent(event, takings.get(event.lineId) ?? null);
  }
  const orphans = await listOrphans(engine, span);
  if (orphans.kind === "ok") for (const { tariff } of orphans.value) sums.addOrphan(tariff);
  const { products } = await readCatalogRows(whmcs.query);
  const names = products
    .toReversed()
    .map(({ name, options }) => [options[0] ?? "", { additionintname: options[1] ?? "", name }] as const);
  return { sums, names: new Map(names), orphansUnknown: orphans.kind === "ok" ? null : explain(orphans) };
}

async function readTakings({ reader }: Engine, lines: readonly { readonly lineId: number }[]) {
  const takings = new Map<number, Revenue>();
  for (const facts of await reader.readLines(lines.map(({ lineId }) => lineId))) {
    const revenue = takingsOf(facts);
    if (revenue !== null) takings.set(facts.line.id, revenue);
  }
  return takings;
}

/** Live modules that belong to no purchase; only their own forms would tell more, and those are not read. */
async function listOrphans(engine: Engine, { from, until }: Span): Promise<Read<AccountReview["unclaimed"]>> {
  const unclaimed: AccountReview["unclaimed"][number][] = [];
  for (const at of atEach(engine)) {
    const review = await reviewAccount(at, { most: 0, known: new Map() });
    if (review.kind !== "ok") return review;
    unclaimed.push(...review.value.unclaimed);
  }
  const within = ({ createdOn }: { readonly createdOn: string | null }) =>
    createdOn !== null && createdOn >= from.slice(0, 10) && createdOn < until.slice(0, 10);
  return { kind: "ok", value: unclaimed.filter(within) };
}

function explain(failure: Exclude<Read<unknown>, { kind: "ok" }>): string {
  return failure.kind === "refused" ? failure.errorType : failure.detail;
}
