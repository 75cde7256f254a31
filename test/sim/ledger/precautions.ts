// Which broken rules has a person seen, and is the simulated ledger under suspicion after a restore?
import type { Restore } from "../../../src/purchases/ledger/precautions.ts";
import type { Server } from "./server.ts";
import type { SwitchRow } from "./store.ts";
import type { Writer } from "./writing.ts";

type Said = { readonly actor: string; readonly why: string };

const switchValue = ({ store }: Server, name: string): string => store.switches.get(name)?.value ?? "";

function set({ store, now }: Server, writer: Writer, { name, ...said }: Partial<SwitchRow> & { name: string }): void {
  const row = store.switches.get(name);
  if (row !== undefined) writer.update("switches", row, { ...said, at: now() });
}

function parseKeys(value: string): string[] {
  return value === "" ? [] : (JSON.parse(value) as string[]);
}

export async function readKnownBreaches(server: Server): Promise<string[]> {
  return await server.read("readKnownBreaches", () => parseKeys(switchValue(server, "known_breaches")));
}

const rememberCall = { name: "rememberBreaches", steps: ["begin", "lock", "switches"] } as const;

export async function rememberBreaches(server: Server, keys: readonly string[], said: Said): Promise<void> {
  if (keys.length === 0) return;
  await server.transact(rememberCall, (writer) => {
    const all = new Set([...parseKeys(switchValue(server, "known_breaches")), ...keys]);
    const value = JSON.stringify([...all].sort((a, b) => (a < b ? -1 : 1)));
    set(server, writer, { name: "known_breaches", value, ...said });
  });
}

export async function readRestore(server: Server): Promise<Restore | null> {
  return await server.read("readRestore", () => {
    const [since = "", digest, at] = switchValue(server, "restore").split(" ");
    if (since === "") return null;
    return { since, look: digest === undefined || at === undefined ? null : { digest, at } };
  });
}

const isoOf = (instant: string): string => `${instant.replace(" ", "T")}Z`;

const throwCall = { name: "throwRestore", steps: ["begin", "lock", "switches"] } as const;

export async function throwRestore(server: Server, said: Said): Promise<boolean> {
  return await server.transact(throwCall, (writer) => {
    const isThrown = switchValue(server, "restore") === "";
    if (isThrown) set(server, writer, { name: "restore", value: isoOf(server.now()), ...said });
    set(server, writer, { name: "buying", value: "off", actor: "machine", why: said.why });
    return isThrown;
  });
}

export async function keepRestoreLook(server: Server, digest: string): Promise<void> {
  await server.execute("keepRestoreLook", (writer) => {
    const [since = ""] = switchValue(server, "restore").split(" ");
    if (since !== "") set(server, writer, { name: "restore", value: `${since} ${digest} ${isoOf(server.now())}` });
  });
}

export async function clearRestore(server: Server, said: Said): Promise<void> {
  await server.execute("clearRestore", (writer) => set(server, writer, { name: "restore", value: "", ...said }));
}
