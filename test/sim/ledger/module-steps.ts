// What was done to modules of the simulated ledger besides buying them?
import { databaseErrorCode } from "../../../src/database/connection.ts";
import {
  type ModuleStep,
  type NewModuleStep,
  type OwnedModule,
  type RefusedChange,
  toModuleStep,
  toOwnedModules,
  wantsModule,
} from "../../../src/purchases/ledger/module-steps.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { msBetween } from "./instants.ts";
import { asPurchase, byNumber, compareBy } from "./rows.ts";
import type { Server } from "./server.ts";
import type { BindingRow, Row } from "./store.ts";
import type { Writer } from "./writing.ts";

const intent = { name: "takeModuleStep", steps: ["begin", "lock", "step"] } as const;
const lostRaces = ["ER_DUP_ENTRY", "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"];

export async function takeModuleStep(server: Server, { moduleId, ...step }: NewModuleStep): Promise<boolean> {
  const insert = (writer: Writer): true => {
    const detail = step.detail.slice(0, 64);
    writer.insert("moduleSteps", { ...step, detail, remoteServiceId: moduleId, createdAt: server.now() });
    return true;
  };
  try {
    if (step.step !== "asked") return await server.execute("takeModuleStep", insert);
    return await server.transact(
      intent,
      (writer) => server.store.switches.get("buying")?.value === "on" && insert(writer),
    );
  } catch (error) {
    if (lostRaces.includes(databaseErrorCode(error) ?? "")) return false;
    throw error;
  }
}

export async function listModuleSteps(
  server: Server,
  account: string,
  moduleIds: readonly string[],
): Promise<ModuleStep[]> {
  if (moduleIds.length === 0) return [];
  return await server.read("listModuleSteps", () =>
    [...new Set(moduleIds)]
      .sort()
      .flatMap((remoteServiceId) => server.store.moduleSteps.where({ account, remoteServiceId }).sort(byNumber))
      .map((row) => toModuleStep(row, Math.floor(msBetween(row.createdAt, server.now())))),
  );
}

export async function listRefusedChanges(server: Server, account: string): Promise<RefusedChange[]> {
  return await server.read("listRefusedChanges", () => {
    const { moduleSteps } = server.store;
    const isNewest = ({ remoteServiceId, n }: Row<"moduleSteps">) =>
      !moduleSteps.has(`${account}:${remoteServiceId}:${n + 1}`);
    const counts = new Map<string, RefusedChange>();
    for (const row of moduleSteps.where({ account, step: "refused" })) {
      const key = `${row.change}:${row.detail}`;
      const modules = (counts.get(key)?.modules ?? 0) + 1;
      if (isNewest(row))
        counts.set(key, { change: row.change as RefusedChange["change"], detail: row.detail, modules });
    }
    const byChange = compareBy<RefusedChange>(
      ({ change }) => change,
      ({ detail }) => detail,
    );
    return [...counts.values()].sort(byChange);
  });
}

export async function listOwnedModules(server: Server, account: string, day: string): Promise<OwnedModule[]> {
  return await server.read("listOwnedModules", () => {
    const { bindings } = server.store;
    const lasting = bindings.where({ account }).filter(({ expiryAfter }) => expiryAfter >= day);
    const ids = [...new Set(lasting.map(({ remoteServiceId }) => remoteServiceId))].sort();
    const byEnd = compareBy<BindingRow>(({ expiryAfter }) => expiryAfter);
    return toOwnedModules(ids.flatMap((remoteServiceId) => bindings.where({ account, remoteServiceId }).sort(byEnd)));
  });
}

export async function listWanting(server: Server, module: OwnedModule): Promise<Purchase[]> {
  return await server.read("listWanting", () =>
    [...server.store.purchases.values()]
      .map((row) => asPurchase(row, server.now()))
      .filter((purchase) => wantsModule(purchase, module))
      .sort(compareBy(({ lineId }) => lineId)),
  );
}
