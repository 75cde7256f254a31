// How does a paid line enter the simulated ledger? Once, with its right to the period, in one transaction.
import { databaseErrorCode } from "../../../src/database/connection.ts";
import { InvariantError } from "../../../src/errors.ts";
import type { Recorded } from "../../../src/purchases/ledger/record.ts";
import { factColumns } from "../../../src/purchases/ledger/rows.ts";
import type { NewPurchase } from "../../../src/purchases/purchase.ts";
import { givesUpPeriod, isListedTransition, isReasonOf, queueOf } from "../../../src/purchases/state.ts";
import { periodKeyFor } from "./guards.ts";
import type { Server } from "./server.ts";
import type { Writer } from "./writing.ts";

const call = { name: "record", steps: ["begin", "lock", "purchase", "transition"] } as const;

export async function record(server: Server, purchase: NewPurchase, actor: string): Promise<Recorded> {
  if (!isListedTransition(null, purchase.state) || !isReasonOf(purchase.state, purchase.reason)) {
    throw new InvariantError("a new purchase in a state that the table of transitions does not list");
  }
  try {
    return await server.transact(call, (writer) => recordWithin(server, writer, { purchase, actor }));
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return { kind: "exists" };
    throw error;
  }
}

function recordWithin(
  { store, now }: Server,
  writer: Writer,
  { purchase, actor }: { purchase: NewPurchase; actor: string },
): Recorded {
  const isWithout = givesUpPeriod(purchase.state, purchase.reason);
  const key = isWithout ? null : periodKeyFor(store, purchase.id, purchase);
  const isCovered = key === "covered" && purchase.state === "Pending";
  const state = isCovered ? "NeedsOperator" : purchase.state;
  const reason = isCovered ? "period_already_covered" : purchase.reason;
  const at = now();
  const columns = {
    lineId: purchase.lineId,
    lineType: purchase.lineType,
    ...factColumns(purchase),
    periodKey: key === "covered" ? null : key,
    firstPaidSeenAt: purchase.firstPaidSeenAt,
    state,
    reason,
  };
  writer.insert("purchases", {
    id: purchase.id,
    ...columns,
    version: 1,
    stateSince: at,
    queue: queueOf(state, reason, 0),
    notBefore: at,
    createdAt: at,
  });
  writer.insert("transitions", {
    purchaseId: purchase.id,
    version: 1,
    fromState: null,
    toState: state,
    reason,
    actor,
    changes: JSON.stringify(columns),
    createdAt: at,
  });
  return { kind: "recorded", state, reason };
}
