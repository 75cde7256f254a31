// What must hold at the end of every scene, whatever happened in it? Money and history, from the far side and the rows.
import type { Stage } from "./stage.ts";

/** The two sides that are compared: the account, and the ledger's rows. */
export type Witnesses = Pick<Stage, "account" | "ledgerSql">;

/** One sentence for each rule that is broken; empty when all is well. */
export async function listBreaches(witnesses: Witnesses): Promise<string[]> {
  return [...(await listDoublePayments(witnesses)), ...(await listBrokenRows(witnesses))];
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

async function listBrokenRows({ ledgerSql }: Witnesses): Promise<string[]> {
  const rows = await ledgerSql(`SELECT p.id, p.state, p.version, p.sends, t.to_state AS told,
      (SELECT COUNT(*) FROM mod_ispmodules_bindings b WHERE b.purchase_id = p.id) AS bound,
      (SELECT COUNT(*) FROM mod_ispmodules_transitions a WHERE a.purchase_id = p.id) AS changes
    FROM mod_ispmodules_purchases p
    LEFT JOIN mod_ispmodules_transitions t ON t.purchase_id = p.id AND t.version = p.version`);
  return rows.flatMap((row) => {
    const isBound = row.state === "Ordered" || row.state === "Purchased";
    return [
      ...(isBound && Number(row.bound) !== 1 ? [`I6: ${row.id} is ${row.state} with ${row.bound} bindings`] : []),
      ...(row.told === row.state ? [] : [`I17: ${row.id} is ${row.state} and its history says ${row.told}`]),
      ...(Number(row.changes) === Number(row.version) ? [] : [`I17: the history of ${row.id} has gaps`]),
    ];
  });
}
