// What does the simulated ledger keep of a person's decision?
import type { Decided } from "../../../src/purchases/ledger/decided.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { insertObservation } from "./evidence.ts";
import type { Writer } from "./writing.ts";

/** Within the transaction of the change that was decided. */
export function insertDecision(
  writer: Writer,
  { id: purchaseId, version }: Purchase,
  { look, evidence, at, ...said }: Decided & { readonly actor: string; readonly at: string },
): void {
  const row = { purchaseId, version, ...said, evidence: JSON.stringify(evidence), createdAt: at };
  writer.insert("decisions", row);
  if (look !== null) insertObservation(writer, { purchaseId, n: look.n, at }, look);
}
