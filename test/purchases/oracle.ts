// What must hold at the end of every scene, whatever happened in it? Money and history, from the far side and the rows.
import { checkBooks } from "../../src/purchases/invariants.ts";
import type { Stage } from "./stage.ts";

/** The two sides that are compared: the account, and the ledger. */
export type Witnesses = Pick<Stage, "account" | "ledgerSql" | "readBooks">;

/** One sentence for each rule that is broken; empty when all is well. */
export async function listBreaches(witnesses: Witnesses): Promise<string[]> {
  return [...(await listDoublePayments(witnesses)), ...(await listBrokenRules(witnesses))];
}

async function listDoublePayments({ account, ledgerSql }: Witnesses): Promise<string[]> {
  const debits = account.debits();
  const markers = debits.filter(({ kind }) => kind === "order").map(({ marker }) => marker ?? "none");
  const twice = markers.filter((marker, at) => markers.indexOf(marker) !== at);
  const attempts = await ledgerSql(
    "SELECT purchase_id AS id, marker, remote_service_id AS module, action FROM mod_ispmodules_attempts",
  );
  const known = new Set(attempts.map((row) => String(row.marker)));
  const strange = markers.filter((marker) => marker.startsWith("im-") && !known.has(marker));
  const commits = new Set(
    account.requests("service.prolong").flatMap(({ params, number }) => (params.sok === "ok" ? [number] : [])),
  );
  const renewed = debits.filter(({ kind, requestNumber }) => kind === "renewal" && commits.has(requestNumber ?? -1));
  const overpaid = [...new Set(renewed.map(({ moduleId }) => moduleId))].filter((moduleId) => {
    const owners = attempts.filter(({ action, module }) => action === "renew" && module === moduleId);
    const paid = renewed.filter((debit) => debit.moduleId === moduleId).length;
    return paid > new Set(owners.map(({ id }) => id)).size;
  });
  return [
    ...twice.map((marker) => `I2: ${marker} was paid twice`),
    ...strange.map((marker) => `I3: ${marker} was paid without an attempt`),
    ...overpaid.map((moduleId) => `I2: module ${moduleId} was renewed more often than purchases asked for it`),
  ];
}

/** What the books alone can show, judged by the same rules as in production. */
async function listBrokenRules({ readBooks }: Witnesses): Promise<string[]> {
  return checkBooks(await readBooks()).map(({ id, what }) => `${id}: ${what}`);
}
