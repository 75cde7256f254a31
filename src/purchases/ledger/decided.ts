// What is kept of a person's decision? Who, what, why and the look it rests on, for ever.
import type { Queries } from "../../database/connection.ts";
import { decisions } from "../../database/schema.ts";
import type { Detail, Purchase } from "../purchase.ts";
import { insertObservation, type Observation } from "./evidence.ts";
import { now } from "./rows.ts";

/** What a person decided about the version that is changed, and on what. */
export interface Decided {
  readonly decision: string;
  readonly parameter: string | null;
  readonly why: string;
  readonly evidence: Detail;
  /** The look that it rests on, for the history of this attempt. */
  readonly look: (Observation & { readonly n: number }) | null;
}

/** Within the transaction of the change that was decided: one decision per version. */
export async function insertDecision(
  query: Queries,
  before: Purchase,
  { look, evidence, ...said }: Decided & { readonly actor: string },
): Promise<void> {
  const { id: purchaseId, version } = before;
  await query
    .insert(decisions)
    .values({ purchaseId, version, ...said, evidence: JSON.stringify(evidence), createdAt: now });
  if (look !== null) await insertObservation(query, { purchaseId, n: look.n }, look);
}
