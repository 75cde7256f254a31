// What did somebody who sees every wire write down? Requests as they left, payments as they came, secrets as they leaked.

import type { SafeFields } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import type { LedgerStore } from "./ledger/store.ts";
import type { NetworkCall } from "./network/network.ts";

/** `lost`: a paid line, or money of the partner, that nobody looks after. `double`: bought more than was paid for. `broken`: any other rule. */
export interface Finding {
  readonly kind: "lost" | "double" | "broken";
  readonly what: string;
}

/** A request that moves money, in the moment its bytes left. */
export interface Write {
  readonly atMs: number;
  readonly purchaseId: string;
  readonly n: number;
  readonly action: "order" | "renew";
  readonly moduleId: string | null;
  /** Its number on the wire. */
  readonly callNumber: number;
}

export interface Witness {
  readonly findings: Finding[];
  readonly writes: Write[];
  /** How often each alert and warning was logged. */
  readonly said: ReadonlyMap<string, number>;
  find(kind: Finding["kind"], what: string): void;
  /** Faults of the network that have had their effect, by kind. */
  readonly faults: ReadonlyMap<string, number>;
  noteFault(kind: string): void;
  /** A request that moves money leaves now. */
  noteWrite(call: NetworkCall): void;
  /** The ledger was replaced by a backup, which may have forgotten requests: the same attempt may leave once more. */
  noteRestore(): void;
  /** The status of an invoice from now on. */
  noteInvoice(invoiceId: number, status: string): void;
  /** True when the invoice was Paid at some moment of the minute before. */
  wasPaid(invoiceId: number, atMs: number): boolean;
  readonly log: Log;
}

interface Sources {
  readonly nowMs: () => number;
  readonly ledgerNowMs: () => number;
  readonly store: () => LedgerStore;
  /** Texts that must never be logged. */
  readonly secrets: readonly string[];
}

const freshnessMs = 60_000;

export function createWitness({ nowMs, ledgerNowMs, store, secrets }: Sources): Witness {
  const findings: Finding[] = [];
  const writes: Write[] = [];
  const said = new Map<string, number>();
  const invoices = new Map<number, { atMs: number; status: string }[]>();
  const faults = new Map<string, number>();
  let firstOfLedger = 0;
  const find: Witness["find"] = (kind, what) => {
    findings.push({ kind, what });
  };

  function wasPaid(invoiceId: number, atMs: number): boolean {
    const told = invoices.get(invoiceId) ?? [];
    return told.some((one, at) => {
      const untilMs = told[at + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      return one.status === "Paid" && untilMs >= atMs - freshnessMs && one.atMs <= atMs;
    });
  }

  /** I3, I13, I19: a committed attempt whose time has not run out, a line just read as Paid, buying on. */
  function judgeWrite({ purchaseId, n }: Write): void {
    const purchase = store().purchases.get(purchaseId);
    const attempt = store().attempts.get(`${purchaseId}:${n}`);
    if (purchase === undefined || attempt === undefined) {
      find("broken", `I3: ${purchaseId} left without an attempt`);
      return;
    }
    const lateMs = ledgerNowMs() - Date.parse(`${attempt.sendBy.replace(" ", "T")}Z`);
    if (lateMs > 0) find("broken", `I3: attempt ${n} of ${purchaseId} left ${lateMs} ms late`);
    // Who switches it off waits for claims, not for requests: it counts when the attempt was made.
    const buying = store().switches.get("buying");
    if (buying?.value !== "on" && (buying?.at ?? "") < attempt.createdAt) {
      find("broken", `I19: ${purchaseId} was claimed while buying was ${buying?.value}`);
    }
    if (!wasPaid(purchase.invoiceId, nowMs())) find("broken", `I13: ${purchaseId} left for an invoice not Paid`);
    const sinceRestore = writes.slice(firstOfLedger);
    if (sinceRestore.filter((write) => write.purchaseId === purchaseId && write.n === n).length > 1) {
      find("double", `I2: attempt ${n} of ${purchaseId} left twice`);
    }
  }

  return {
    findings,
    writes,
    said,
    faults,
    find,
    wasPaid,
    noteFault(kind) {
      faults.set(kind, (faults.get(kind) ?? 0) + 1);
    },
    noteWrite({ params, number: callNumber }) {
      const marker = /^im-([a-z2-7]{16})-(\d+)$/.exec(params.remoteid ?? "");
      const moduleId = params.elid ?? null;
      const renewing = [...store().attempts.values()].findLast(
        (row) => row.action === "renew" && row.remoteServiceId === moduleId,
      );
      const purchaseId = marker?.[1] ?? renewing?.purchaseId ?? "nobody";
      const n = Number(marker?.[2] ?? renewing?.n ?? 0);
      const action = marker === null ? "renew" : "order";
      const write: Write = { atMs: nowMs(), purchaseId, n, action, moduleId, callNumber };
      writes.push(write);
      judgeWrite(write);
    },
    noteRestore() {
      firstOfLedger = writes.length;
    },
    noteInvoice(invoiceId, status) {
      const told = invoices.get(invoiceId) ?? [];
      if (told.at(-1)?.status !== status) told.push({ atMs: nowMs(), status });
      invoices.set(invoiceId, told);
    },
    log: {
      debug: () => {},
      info: hear,
      warn: hear,
      error: hear,
    },
  };

  function hear(event: string, fields?: SafeFields): void {
    said.set(event, (said.get(event) ?? 0) + 1);
    const text = fields === undefined ? event : `${event} ${JSON.stringify(fields)}`;
    // What cannot be taken in now, and what somebody bought by hand, is told rightly; the rest are rules of the books.
    const isOfWorld = fields?.rule === "I10" || fields?.rule === "I20";
    if (event === "alert.invariant" && !isOfWorld) find("broken", `the bridge says: ${text}`);
    if (secrets.some((secret) => text.includes(secret))) find("broken", `I24: ${event} tells a secret`);
  }
}
