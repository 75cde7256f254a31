// How does a paid line enter the ledger? Once, with its right to the period, in one transaction.
import { eq } from "drizzle-orm";
import { type Database, databaseErrorCode } from "../../database/connection.ts";
import { purchases, transitions } from "../../database/schema.ts";
import { InvariantError } from "../../errors.ts";
import type { NewPurchase } from "../purchase.ts";
import { givesUpPeriod, isListedTransition, isReasonOf, queueOf, type Reason, type State } from "../state.ts";
import { takePeriod } from "./period-key.ts";
import { factColumns, now } from "./rows.ts";

/** What a line entered as: its period may turn out to be another row's. */
export type Recorded =
  | { readonly kind: "recorded"; readonly state: State; readonly reason: Reason | null }
  | { readonly kind: "exists" };

/** Inserts a purchase; `exists` when its line has one already (another process was faster), which is no error. */
export async function recordPurchase(database: Database, purchase: NewPurchase, actor: string): Promise<Recorded> {
  if (!isListedTransition(null, purchase.state) || !isReasonOf(purchase.state, purchase.reason)) {
    throw new InvariantError("a new purchase in a state that the table of transitions does not list");
  }
  try {
    return await database.transaction(async (query) => {
      const isWithout = givesUpPeriod(purchase.state, purchase.reason);
      const key = isWithout ? null : await takePeriod(query, purchase.id, purchase);
      // Asked under the intake's lock: a failed insert would cost a connection for what happens every day.
      const [known] = await query
        .select({ id: purchases.id })
        .from(purchases)
        .where(eq(purchases.lineId, purchase.lineId));
      if (known !== undefined) return { kind: "exists" };
      const isCovered = key === "covered" && purchase.state === "Pending";
      const state = isCovered ? "NeedsOperator" : purchase.state;
      const reason = isCovered ? "period_already_covered" : purchase.reason;
      const columns = {
        lineId: purchase.lineId,
        lineType: purchase.lineType,
        ...factColumns(purchase),
        periodKey: key === "covered" ? null : key,
        firstPaidSeenAt: purchase.firstPaidSeenAt,
        state,
        reason,
      };
      await query.insert(purchases).values({
        id: purchase.id,
        ...columns,
        version: 1,
        stateSince: now,
        queue: queueOf(state, reason, 0),
        notBefore: now,
        createdAt: now,
      });
      await query.insert(transitions).values({
        purchaseId: purchase.id,
        version: 1,
        fromState: null,
        toState: state,
        reason,
        actor,
        changes: JSON.stringify(columns),
        createdAt: now,
      });
      return { kind: "recorded", state, reason };
    });
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return { kind: "exists" };
    throw error;
  }
}
