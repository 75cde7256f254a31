// Who pays for a module, and whose paid lines wait for one? By the account's charges, what people bound, and WHMCS's lines.
import type { Model } from "../../src/sandbox/account/model.ts";
import { readRef } from "../../src/whmcs/service-ref.ts";
import { isServiceEnded } from "../../src/whmcs/service-status.ts";
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";
import { addonSubject, refOf, serviceSubject, subjectOfLine } from "./whmcs/line-facts.ts";
import { type RowOf, rowsWhere, type Tables } from "./whmcs/tables.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";
import type { Witness } from "./witness.ts";

export interface PayerWorld {
  readonly store: LedgerStore;
  readonly whmcs: SimulatedWhmcs;
  readonly model: Model;
  readonly witness: Witness;
}

/** Purchases that were charged with this module, have asked to renew it, or are bound to it. */
export function payersOf({ store, model, witness }: PayerWorld, moduleId: string): PurchaseRow[] {
  const markers = model.debits.filter((debit) => debit.moduleId === moduleId && debit.requestNumber !== null);
  const ordered = markers.map(({ marker }) => /^im-([a-z2-7]{16})-\d+$/.exec(marker ?? "")?.[1]);
  const renewed = witness.writes.filter((write) => write.moduleId === moduleId).map(({ purchaseId }) => purchaseId);
  const bound = [...store.bindings.values()]
    .filter((row) => row.remoteServiceId === moduleId)
    .map(({ purchaseId }) => purchaseId);
  const ids = new Set([...ordered, ...renewed, ...bound]);
  return [...ids].flatMap((id) => store.purchases.get(id ?? "") ?? []);
}

/** Of its line where that is there, else as it was recorded. */
export function serviceRefOf({ whmcs }: PayerWorld, { lineId, serviceRef }: PurchaseRow): string {
  const line = whmcs.tables.rows.invoiceLines.get(lineId);
  const subject = line === undefined ? null : subjectOfLine(whmcs.tables, line);
  return subject === null ? serviceRef : refOf(subject);
}

/** Status and wish for the end, in two words, of a service or addon of ours; an addon ends with its service. */
export function fateIn(tables: Tables, ref: string): string | null {
  const { isAddon, id } = readRef(ref);
  const subject = isAddon ? addonSubject(tables, id) : serviceSubject(tables, id);
  if (subject === null) return null;
  if (subject.kind === "service") return `${subject.service.status} ${subject.product.option8}`;
  const { addon, sold, service } = subject;
  const isOver = isServiceEnded(service.status) && !isServiceEnded(addon.status);
  const isSetting = (row: RowOf<"moduleSettings">) => row.entityId === sold.id && row.name === "configoption8";
  const [atEnd] = rowsWhere(tables, "moduleSettings", isSetting);
  return `${isOver ? service.status : addon.status} ${atEnd?.value ?? ""}`;
}

export function licenceOf({ state }: Model, moduleId: string): string {
  return state.modules.find(({ id }) => id === moduleId)?.licence ?? "";
}

interface Wanted {
  readonly services: readonly string[];
  readonly licence: string;
  readonly before: string;
}

const settled = ["Purchased", "Refunded", "Ignored"];

/**
 * Lines of these services or, known since before an instant, of this licence, which have been Paid for a minute, or were paid
 * once and are gone, and which nobody has bought, given back or left.
 */
export function unsettledOf(world: PayerWorld, wanted: Wanted): number[] {
  const { store, whmcs, witness } = world;
  const purchases = new Map([...store.purchases.values()].map((row) => [row.lineId, row]));
  const nowMs = Date.parse(`${wanted.before.replace(" ", "T")}Z`) + 60_000;
  const there = [...whmcs.tables.rows.invoiceLines.values()]
    .filter((line) => {
      const subject = subjectOfLine(whmcs.tables, line);
      const purchase = purchases.get(line.id);
      if (subject === null || !witness.stayedPaid(line.invoiceId, nowMs)) return false;
      if (purchase !== undefined && settled.includes(purchase.state)) return false;
      if (wanted.services.includes(refOf(subject))) return true;
      return purchase?.licence === wanted.licence && purchase.createdAt < wanted.before;
    })
    .map(({ id }) => id);
  return [...there, ...goneOf(world, wanted)];
}

/**
 * What became of the money of a line that staff have deleted, WHMCS no longer says: a person has it since before that instant,
 * and until they have said that it was given back the module may be what it paid for (README, configoption8: nothing paid
 * wants it).
 */
function goneOf({ store, whmcs, witness }: PayerWorld, { services, licence, before }: Wanted): number[] {
  return [...store.purchases.values()]
    .filter((row) => row.state === "NeedsOperator" && row.sends === 0 && row.stateSince < before)
    .filter((row) => !whmcs.tables.rows.invoiceLines.has(row.lineId) && witness.wasEverPaid(row.invoiceId))
    .filter((row) => services.includes(row.serviceRef) || row.licence === licence)
    .map(({ lineId }) => lineId);
}
