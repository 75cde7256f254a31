// What does the simulated ledger know of attempts: their outcomes, the looks for them, the terms already bound?
import type { Outcome } from "../../../src/ispmanager/account.ts";
import {
  type BoundModule,
  joinBound,
  type Observation,
  type PastObservation,
  type Verdict,
} from "../../../src/purchases/ledger/evidence.ts";
import type { Attempt } from "../../../src/purchases/purchase.ts";
import { msBetween } from "./instants.ts";
import { asAttempt, byNumber, compareBy } from "./rows.ts";
import type { Server } from "./server.ts";
import type { Writer } from "./writing.ts";

export async function newestAttempt(server: Server, purchaseId: string): Promise<Attempt | null> {
  return await server.read("newestAttempt", () => {
    const newest = server.store.attempts.where({ purchaseId }).sort(byNumber).at(-1);
    return newest === undefined ? null : asAttempt(newest, server.now());
  });
}

export async function readOutcome(server: Server, { purchaseId, n }: Attempt): Promise<Outcome | null> {
  return await server.read("readOutcome", () => {
    const row = server.store.outcomes.get(`${purchaseId}:${n}`);
    return row === undefined ? null : (JSON.parse(row.outcome) as Outcome);
  });
}

export async function newestOutcome(server: Server, purchaseId: string): Promise<Outcome | null> {
  return await server.read("newestOutcome", () => {
    const newest = server.store.outcomes.where({ purchaseId }).sort(byNumber).at(-1);
    return newest === undefined ? null : (JSON.parse(newest.outcome) as Outcome);
  });
}

export async function recordObservation(server: Server, { purchaseId, n }: Attempt, seen: Observation): Promise<void> {
  await server.execute("recordObservation", (writer) =>
    insertObservation(writer, { purchaseId, n, at: server.now() }, seen),
  );
}

/** The same within a transaction. */
export function insertObservation(
  writer: Writer,
  { purchaseId, n, at }: Pick<Attempt, "purchaseId" | "n"> & { readonly at: string },
  { verdict, digest, detail }: Observation,
): void {
  writer.insert("observations", { purchaseId, n, verdict, digest, detail: JSON.stringify(detail), createdAt: at });
}

export async function listObservations(server: Server, attempt: Attempt): Promise<PastObservation[]> {
  return await server.read("listObservations", () => {
    const now = server.now();
    return server.store.observations
      .where({ purchaseId: attempt.purchaseId })
      .filter(({ n }) => n === attempt.n)
      .map(({ verdict, createdAt }) => ({ verdict: verdict as Verdict, ageMs: msBetween(createdAt, now) }));
  });
}

export async function listBindings(
  server: Server,
  ...[account, ids, except]: [account: string, ids: readonly string[], except?: string]
): Promise<BoundModule[]> {
  if (ids.length === 0) return [];
  return await server.read("listBindings", () => {
    const rows = [...new Set(ids)]
      .flatMap((remoteServiceId) => server.store.bindings.where({ remoteServiceId }))
      .filter((row) => row.account === account && row.purchaseId !== except)
      .sort(
        compareBy(
          ({ expiryAfter }) => expiryAfter,
          ({ remoteServiceId }) => remoteServiceId,
        ),
      );
    return joinBound(
      rows,
      server.store.adoptions.where({ account }).filter((row) => ids.includes(row.remoteServiceId)),
    );
  });
}

export async function listModulesStillPaid(
  server: Server,
  key: { account: string; licence: string; tariff: string; day: string },
): Promise<string[]> {
  return await server.read("listModulesStillPaid", () => {
    const isOfKey = (row: { account: string; tariff: string }) =>
      row.account === key.account && row.tariff === key.tariff;
    const { bindings, adoptions } = server.store;
    const { licence, day } = key;
    const rows = bindings.where({ licence }).filter((row) => isOfKey(row) && row.expiryAfter > day);
    const adopted = adoptions.where({ licence }).filter((row) => isOfKey(row) && row.expiresOn > day);
    return [...new Set([...rows, ...adopted].map(({ remoteServiceId }) => remoteServiceId))];
  });
}
