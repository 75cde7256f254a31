// What did somebody who sees every wire write down? Requests as they left, payments as they came, secrets as they leaked.

import type { SafeFields } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import { nameModule } from "../../src/purchases/invariants/picture.ts";
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";
import { freshnessMs, lately, type Moment, noteMoment } from "./moments.ts";
import type { NetworkCall } from "./network/network.ts";
import type { Terms } from "./price.ts";

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
  readonly account: string;
  readonly moduleId: string | null;
  /** Its number on the wire to that account. */
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
  /** A request that moves money leaves now, for this account. */
  noteWrite(call: NetworkCall, account: string): void;
  /** The ledger was replaced by a backup, which may have forgotten requests: the same attempt may leave once more. */
  noteRestore(): void;
  /** The status of an invoice from now on. */
  noteInvoice(invoiceId: number, status: string): void;
  /** What WHMCS says about costs from now on. */
  noteTerms(terms: Terms): void;
  /** Staff have deleted a line. */
  noteGone(lineId: number): void;
  /** Staff have paid for so many months of a module by themselves. */
  noteByHand(moduleId: string, months: number): void;
  /** Months that staff have paid for, by module. */
  readonly byHand: ReadonlyMap<string, number>;
  /** Broken rules that somebody was told of, e.g. `I20:900`. */
  readonly told: ReadonlySet<string>;
  /** True when the invoice was Paid at some moment of the minute before. */
  wasPaid(invoiceId: number, atMs: number): boolean;
  /** True when it was Paid all through that minute. */
  stayedPaid(invoiceId: number, atMs: number): boolean;
  /** True when it was Paid at any time. */
  wasEverPaid(invoiceId: number): boolean;
  readonly log: Log;
}

interface Sources {
  readonly nowMs: () => number;
  readonly ledgerNowMs: () => number;
  readonly store: () => LedgerStore;
  /** Whether these terms allow what the purchase costs. */
  readonly isAllowed: (terms: Terms, purchase: PurchaseRow) => boolean;
  /** Texts that must never be logged. */
  readonly secrets: readonly string[];
}

export function createWitness({ nowMs, ledgerNowMs, store, isAllowed, secrets }: Sources): Witness {
  const findings: Finding[] = [];
  const writes: Write[] = [];
  const said = new Map<string, number>();
  const invoices = new Map<number, Moment[]>();
  const terms: Moment[] = [];
  const gone = new Map<number, number>();
  const byHand = new Map<string, number>();
  const told = new Set<string>();
  const faults = new Map<string, number>();
  let firstOfLedger = 0;
  const find: Witness["find"] = (kind, what) => {
    findings.push({ kind, what });
  };

  function wasPaid(invoiceId: number, atMs: number): boolean {
    return lately(invoices.get(invoiceId) ?? [], atMs).includes("Paid");
  }

  /** I3, I7, I13, I19: a committed attempt whose time has not run out, a line just read as Paid, buying on, a price allowed. */
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
    const goneMs = gone.get(purchase.lineId) ?? Number.POSITIVE_INFINITY;
    if (goneMs < nowMs() - freshnessMs) find("broken", `I13: ${purchaseId} left for a line that is gone`);
    if (!lately(terms, nowMs()).some((text) => isAllowed(JSON.parse(text), purchase))) {
      find("broken", `I7: ${purchaseId} left for more than allowed by ${terms.at(-1)?.value}`);
    }
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
    byHand,
    told,
    find,
    wasPaid,
    stayedPaid: (invoiceId, atMs) => {
      const moments = invoices.get(invoiceId) ?? [];
      const isOld = (moments[0]?.atMs ?? atMs) <= atMs - freshnessMs;
      return isOld && lately(moments, atMs).every((status) => status === "Paid");
    },
    wasEverPaid: (invoiceId) => (invoices.get(invoiceId) ?? []).some(({ value }) => value === "Paid"),
    noteFault(kind) {
      faults.set(kind, (faults.get(kind) ?? 0) + 1);
    },
    noteWrite({ params, number: callNumber }, account) {
      const marker = /^im-([a-z2-7]{16})-(\d+)$/.exec(params.remoteid ?? "");
      const moduleId = params.elid ?? null;
      const renewing = [...store().attempts.values()].findLast(
        (row) => row.action === "renew" && row.account === account && row.remoteServiceId === moduleId,
      );
      const purchaseId = marker?.[1] ?? renewing?.purchaseId ?? "nobody";
      const n = Number(marker?.[2] ?? renewing?.n ?? 0);
      const action = marker === null ? "renew" : "order";
      const write: Write = { atMs: nowMs(), purchaseId, n, action, account, moduleId, callNumber };
      writes.push(write);
      judgeWrite(write);
    },
    noteRestore() {
      firstOfLedger = writes.length;
    },
    noteInvoice(invoiceId, status) {
      const moments = invoices.get(invoiceId) ?? [];
      noteMoment(moments, nowMs(), status);
      invoices.set(invoiceId, moments);
    },
    noteTerms(now) {
      noteMoment(terms, nowMs(), JSON.stringify(now));
    },
    noteGone(lineId) {
      gone.set(lineId, nowMs());
    },
    noteByHand(moduleId, months) {
      byHand.set(moduleId, (byHand.get(moduleId) ?? 0) + months);
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
    if (event === "alert.invariant") told.add(String(fields?.key));
    // What cannot be taken in now, and what somebody bought by hand, is told rightly; the rest are rules of the books.
    const isOfWorld = fields?.rule === "I10" || fields?.rule === "I20";
    if (event === "alert.invariant" && !isOfWorld) find("broken", `the bridge says: ${text}`);
    if (secrets.some((secret) => text.includes(secret))) find("broken", `I24: ${event} tells a secret`);
  }
}

/** What of it concerns one of several accounts: modules of two may have one number. */
export function witnessAt(witness: Witness, account: string): Witness {
  const byHand = new Map<string, number>();
  return {
    ...witness,
    byHand,
    noteByHand(moduleId, months) {
      byHand.set(moduleId, (byHand.get(moduleId) ?? 0) + months);
      witness.noteByHand(nameModule(account, moduleId), months);
    },
    get writes() {
      return witness.writes.filter((write) => write.account === account);
    },
    get told() {
      const name = `I20:${nameModule(account, "")}`;
      return new Set([...witness.told].map((key) => (key.startsWith(name) ? key.replace(name, "I20:") : key)));
    },
  };
}
