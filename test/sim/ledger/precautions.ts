// Which broken rules has a person seen in the simulated ledger, and is it under suspicion after a restore?
import type { Restore } from "../../../src/purchases/ledger/precautions.ts";
import type { Server } from "./server.ts";
import { readSwitch, writeSwitch } from "./switches.ts";

type Said = { readonly actor: string; readonly why: string };

const parseKeys = (value: string): string[] => (value === "" ? [] : (JSON.parse(value) as string[]));

export async function readKnownBreaches({ store, read }: Server): Promise<string[]> {
  return await read("readKnownBreaches", () => parseKeys(readSwitch(store, "known_breaches")));
}

const rememberBreachesCall = { name: "rememberBreaches", steps: ["begin", "lock", "switches"] } as const;

export async function rememberBreaches(server: Server, keys: readonly string[], said: Said): Promise<void> {
  if (keys.length === 0) return;
  await server.transact(rememberBreachesCall, (writer) => {
    const all = [...new Set([...parseKeys(readSwitch(server.store, "known_breaches")), ...keys])].sort();
    writeSwitch(server, writer, { name: "known_breaches", value: JSON.stringify(all), ...said });
  });
}

export async function readRestore({ store, read }: Server): Promise<Restore | null> {
  return await read("readRestore", () => {
    const [since = "", digest, at] = readSwitch(store, "restore").split(" ");
    if (since === "") return null;
    return { since, look: digest === undefined || at === undefined ? null : { digest, at } };
  });
}

/** As the server writes it: milliseconds, told with six digits. */
const isoNow = ({ now }: Server) => `${now().slice(0, 23).replace(" ", "T")}000Z`;

const throwRestoreCall = { name: "throwRestore", steps: ["begin", "lock", "switches"] } as const;

export async function throwRestore(server: Server, said: Said): Promise<boolean> {
  return await server.transact(throwRestoreCall, (writer) => {
    const isFirst = readSwitch(server.store, "restore") === "";
    if (isFirst) writeSwitch(server, writer, { name: "restore", value: isoNow(server), ...said });
    writeSwitch(server, writer, { name: "buying", value: "off", actor: "machine", why: said.why });
    return isFirst;
  });
}

export async function keepRestoreLook(server: Server, digest: string): Promise<void> {
  await server.execute("keepRestoreLook", (writer) => {
    const row = server.store.switches.get("restore");
    if (row === undefined || row.value === "") return;
    const [since] = row.value.split(" ");
    writer.update("switches", row, { value: `${since} ${digest} ${isoNow(server)}`, at: server.now() });
  });
}

export async function clearRestore(server: Server, said: Said): Promise<void> {
  await server.execute("clearRestore", (writer) =>
    writeSwitch(server, writer, { name: "restore", value: "", ...said }),
  );
}
