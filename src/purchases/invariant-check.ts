// Do all rules hold in ledger and WHMCS, now and as long as the bridge serves?
import type { LineFacts } from "../whmcs/facts.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import type { Alarm } from "./alarm.ts";
import type { Engine } from "./engine.ts";
import { takeIn } from "./intake.ts";
import type { Breach } from "./invariants/breach.ts";
import { checkLines } from "./invariants/lines.ts";
import { checkAcross, checkAges, checkBooks } from "./invariants.ts";
import type { BookedBinding, BookedPurchase } from "./ledger/books.ts";

/** Everything about these is judged at a stretch, while nothing else of the process runs. */
const booksTogether = 50;
const servicesTogether = 200;
export const checkIntervalMs = 600_000;
const dayMs = 86_400_000;
/** What changed since the last round but one: a round that failed costs nothing. */
const recentMs = 3 * checkIntervalMs;

/** Every rule that the ledger alone can show, over all of it or over what changed lately; in the order of the services. */
export async function checkLedgerRules(engine: Engine, changedWithinMs?: number): Promise<Breach[]> {
  const found: Breach[] = [];
  const purchases: BookedPurchase[] = [];
  const bindings: BookedBinding[] = [];
  for (let afterServiceRef: string | null = ""; afterServiceRef !== null; ) {
    const scope = changedWithinMs === undefined ? {} : { changedWithinMs };
    const books = await engine.ledger.readBooks({ afterServiceRef, limit: booksTogether, ...scope });
    found.push(...checkBooks(books), ...checkAges(books));
    purchases.push(...books.purchases.filter(({ inflightKey }) => inflightKey !== null));
    bindings.push(...books.bindings);
    afterServiceRef = engine.isStopping() ? null : books.nextAfter;
  }
  const known = new Set(found.map(({ key }) => key));
  return [...found, ...checkAcross(purchases, bindings).filter(({ key }) => !known.has(key))];
}

/** Paid lines of our services that no purchase stands for (I10). @throws DatabaseError when WHMCS cannot be read. */
export async function checkPaidLines(engine: Engine, openOnly: boolean): Promise<Breach[]> {
  const found: Breach[] = [];
  for (let after: ServiceRef | null = null; ; ) {
    const refs: ServiceRef[] = await engine.reader.listServices({ after, limit: servicesTogether, openOnly });
    const last = refs.at(-1);
    if (last === undefined || engine.isStopping()) return found;
    after = last;
    const paid = (await engine.reader.listLinesOfServices(refs)).filter(
      ({ invoiceStatus }) => invoiceStatus === "Paid",
    );
    found.push(
      ...(await judgeLines(
        engine,
        paid.map(({ lineId }) => lineId),
      )),
    );
  }
}

async function judgeLines(engine: Engine, lineIds: readonly number[]): Promise<Breach[]> {
  const { ledger, reader, settings, clock, localTime } = engine;
  const known = new Set((await ledger.findByLines(lineIds)).map(({ lineId }) => lineId));
  const missing = lineIds.filter((lineId) => !known.has(lineId));
  const lines: LineFacts[] = missing.length === 0 ? [] : await reader.readLines(missing);
  const ago = (ms: number) => localTime(new Date(clock.now().getTime() - ms));
  return checkLines(lines, known, { open: ago(2 * settings.sweepIntervalMs), ended: ago(2 * dayMs) });
}

/**
 * One check when it is this process's turn; how many rules it found broken. It reads what changed lately, and everything once
 * a day. A paid line is taken in before it is called missing, and what stands still must still do so a round later: a
 * bridge that was away has not broken a rule.
 */
export function createInvariantCheck(engine: Engine, alarm: Alarm): () => Promise<number> {
  let booksWholeAtMs: number | null = null;
  let linesWholeAtMs: number | null = null;
  let standing: ReadonlySet<string> = new Set();
  return async () => {
    if (!(await engine.ledger.takeTurn("invariants", checkIntervalMs))) return 0;
    const nowMs = engine.clock.monotonicMs();
    const isDayOld = (atMs: number | null) => atMs === null || nowMs - atMs >= dayMs;
    const areBooksDue = isDayOld(booksWholeAtMs);
    const ledgerBreaches = await checkLedgerRules(engine, areBooksDue ? undefined : recentMs);
    if (areBooksDue) booksWholeAtMs = nowMs;
    const ages = ledgerBreaches.filter(({ id }) => id === "I11");
    const settled = ledgerBreaches.filter(({ id, key }) => id !== "I11" || standing.has(key));
    standing = new Set(ages.map(({ key }) => key));
    await alarm(settled);
    // WHMCS may be away for long: only its own part is then made up for.
    const areLinesDue = isDayOld(linesWholeAtMs);
    const lost = await findLostLines(engine, !areLinesDue);
    await alarm(lost);
    if (areLinesDue) linesWholeAtMs = nowMs;
    return settled.length + lost.length;
  };
}

/** Paid lines without a purchase that cannot be taken in either. */
async function findLostLines(engine: Engine, openOnly: boolean): Promise<Breach[]> {
  const missing = await checkPaidLines(engine, openOnly);
  const lineIds = missing.map(({ key }) => Number(key.slice("I10:".length)));
  if (lineIds.length === 0) return [];
  await takeIn(engine, lineIds);
  const known = new Set((await engine.ledger.findByLines(lineIds)).map(({ lineId }) => `I10:${lineId}`));
  engine.log.warn("line.found_late", { lines: known.size });
  return missing.filter(({ key }) => !known.has(key));
}
