// What did no event tell us? Walks our services in WHMCS and compares their lines with the ledger.
import type { LineStatus } from "../whmcs/facts.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import type { Engine } from "./engine.ts";
import { isPutOffPending, takeIn } from "./intake.ts";
import type { Purchase } from "./purchase.ts";
import { isUnresolved } from "./state.ts";
import { useTurn } from "./turn.ts";

const page = 200;
const nightMs = 24 * 3_600_000;

/**
 * One walk when it is this process's turn: services not ended every time, all of them once a day; how many lines differed. It needs no date
 * window, so a line is found however late it was paid.
 */
export async function runSweep(engine: Engine): Promise<number> {
  // The night's turn comes last: what fails in between must not cost a day.
  const { ledger, settings } = engine;
  const isTurn = await ledger.takeTurn("sweep", settings.sweepIntervalMs);
  const isNightly = await ledger.takeTurn("nightly_sweep", nightMs);
  if (!isNightly && !isTurn) return 0;
  const walked = await useTurn(() => sweepServices(engine, !isNightly), {
    isWhole: ({ isComplete, leftOut }) => isComplete && leftOut.length === 0,
    giveBack: async () => {
      if (isNightly) await ledger.giveTurnBack("nightly_sweep", Math.min(settings.sweepIntervalMs, nightMs));
    },
  });
  return walked.differing;
}

/** How many lines differed, whether the walk came to its end, and the ids of lines that could not be taken in. */
interface Walk {
  readonly differing: number;
  readonly isComplete: boolean;
  readonly leftOut: readonly number[];
}

/** Walks all services of our products and all our addons, or only those not ended. Throws `DatabaseError` when WHMCS cannot be read. */
export async function sweepServices(engine: Engine, openOnly: boolean): Promise<Walk> {
  let after: ServiceRef | null = null;
  let found = 0;
  const leftOut: number[] = [];
  for (;;) {
    const refs: ServiceRef[] = await engine.reader.listServices({ after, limit: page, openOnly });
    const last = refs.at(-1);
    if (last === undefined) return { differing: found, isComplete: true, leftOut };
    if (engine.isStopping()) return { differing: found, isComplete: false, leftOut };
    after = last;
    const taken = await takeInDifferences(engine, refs);
    leftOut.push(...taken.leftOut);
    found += taken.differing;
  }
}

/** Takes in what WHMCS and the ledger do not agree about in these services; whatever else waits is left to wait. Throws as above. */
export async function takeInDifferences(
  engine: Engine,
  refs: readonly ServiceRef[],
): Promise<Omit<Walk, "isComplete">> {
  const different = await differing(engine, await engine.reader.listLinesOfServices(refs));
  return { differing: different.length, leftOut: await takeIn(engine, different) };
}

/** Lines about which WHMCS and the ledger do not agree. */
async function differing({ ledger }: Engine, lines: readonly LineStatus[]): Promise<number[]> {
  const known = new Map(
    (await ledger.findByLines(lines.map((line) => line.lineId))).map((purchase) => [purchase.lineId, purchase]),
  );
  return lines.filter((line) => differs(line, known.get(line.lineId))).map((line) => line.lineId);
}

function differs({ invoiceStatus }: LineStatus, purchase: Purchase | undefined): boolean {
  const isPaid = invoiceStatus === "Paid";
  if (purchase === undefined) return isPaid;
  const { state, reason, sends, isReversed } = purchase;
  if (state === "Refunded" && reason !== null) return isPaid;
  // It would see so itself, but a failed check may have put it off for long.
  if (state === "Pending" && reason === "unpaid") return isPaid;
  if (isPutOffPending(purchase)) return !isPaid;
  const keepsFlag = state === "Purchased" || state === "Refunded" || isUnresolved(state, sends);
  return keepsFlag && isPaid === isReversed;
}
