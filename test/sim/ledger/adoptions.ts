// Which modules that we did not buy belong to which service, by the simulated ledger?
import { databaseErrorCode } from "../../../src/database/connection.ts";
import { isSameFence } from "../../../src/purchases/fence.ts";
import {
  type Adoption,
  type AdoptionRequest,
  type AdoptionResult,
  nobody,
} from "../../../src/purchases/ledger/adoptions.ts";
import { fenceOf } from "./guards.ts";
import { compareBy } from "./rows.ts";
import type { Server } from "./server.ts";

const call = { name: "adoptModule", steps: ["begin", "lock", "adoption"] } as const;

export async function adoptModule(server: Server, request: AdoptionRequest): Promise<AdoptionResult> {
  const { fence, moduleId, ...row } = request;
  const { store } = server;
  try {
    return await server.transact(call, (writer) => {
      const known = fenceOf(store, { purchase: nobody, ...row });
      const { account, serviceRef } = row;
      const isUnderWay = store.purchases.where({ serviceRef }).some(({ inflightKey }) => inflightKey !== null);
      if (known.isBusy || isUnderWay) return "busy";
      if (!isSameFence(fence, known)) return "moved";
      if (store.bindings.where({ account, remoteServiceId: moduleId }).length > 0) return "bound";
      writer.insert("adoptions", { ...row, remoteServiceId: moduleId, createdAt: server.now() });
      return "done";
    });
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return "adopted";
    throw error;
  }
}

export async function listAdoptions(server: Server, account: string): Promise<Adoption[]> {
  return await server.read("listAdoptions", () =>
    server.store.adoptions
      .where({ account })
      .sort(compareBy(({ remoteServiceId }) => remoteServiceId))
      .map(({ serviceRef, licence, tariff, expiresOn, remoteServiceId: moduleId }) => ({
        ...{ account, moduleId, serviceRef, licence, tariff, expiresOn },
      })),
  );
}
