// Which catalogue did the simulated ledger keep last?
import { instantOf, microsOf } from "./instants.ts";
import type { Server } from "./server.ts";

export async function loadCatalogue(server: Server): Promise<{ catalogue: unknown; readAt: Date } | null> {
  return await server.read("loadCatalogue", () => {
    const row = server.store.priceList.get("1");
    if (row === undefined) return null;
    return { catalogue: JSON.parse(row.catalogue), readAt: new Date(microsOf(row.readAt) / 1000) };
  });
}

export async function keepCatalogue(server: Server, catalogue: unknown, readAt: Date): Promise<void> {
  await server.execute("keepCatalogue", (writer) => {
    const row = { catalogue: JSON.stringify(catalogue), readAt: instantOf(readAt.getTime() * 1000) };
    const known = server.store.priceList.get("1");
    if (known === undefined) writer.insert("priceList", { id: 1, ...row });
    else writer.update("priceList", known, row);
  });
}
