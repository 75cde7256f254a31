// What have people and loops switched in the simulated ledger?
import type { Buying, Pause, Position } from "../../../src/purchases/ledger/switches.ts";
import { msBetween } from "./instants.ts";
import { compareBy, nowOrHold, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { LedgerStore, PurchaseRow, SwitchRow } from "./store.ts";
import type { Writer } from "./writing.ts";

export const readSwitch = (store: LedgerStore, name: string): string => store.switches.get(name)?.value ?? "";

/** Does nothing where the migrations made no such switch. */
export function writeSwitch({ store, now }: Server, writer: Writer, { name, ...said }: Omit<SwitchRow, "at">): void {
  const row = store.switches.get(name);
  if (row !== undefined) writer.update("switches", row, { ...said, at: now() });
}

export async function readBuying(server: Server): Promise<Buying> {
  return await server.read("readBuying", () => {
    const position = readSwitch(server.store, "buying");
    const paidSince = readSwitch(server.store, "paid_since");
    return {
      position: position === "on" || position === "shadow" ? position : "off",
      paidSince: paidSince === "" ? null : paidSince,
    };
  });
}

export async function readBuyingOrigin(server: Server): Promise<{ actor: string; why: string; at: string } | null> {
  return await server.read("readBuyingOrigin", () => {
    const row = server.store.switches.get("buying");
    return row === undefined ? null : { actor: row.actor, why: row.why, at: row.at };
  });
}

interface Wanted {
  readonly position: Position;
  readonly paidSince: string | null;
  readonly actor: string;
  readonly why: string;
}

const setBuyingCall = { name: "setBuying", steps: ["begin", "lock", "switches", "purchases"] } as const;

export async function setBuying(server: Server, wanted: Wanted): Promise<"set" | "earlier" | "no-date" | "restored"> {
  const { position, actor, why } = wanted;
  return await server.transact(setBuyingCall, (writer) => {
    const present = readSwitch(server.store, "paid_since");
    const paidSince = wanted.paidSince ?? present;
    if (position !== "off" && paidSince === "") return "no-date";
    if (paidSince < present) return "earlier";
    if (position === "on" && readSwitch(server.store, "restore") !== "") return "restored";
    writeSwitch(server, writer, { name: "buying", value: position, actor, why });
    if (paidSince !== present) {
      writeSwitch(server, writer, { name: "paid_since", value: paidSince, actor, why });
      ignorePaidBefore(server, writer, { paidSince, actor });
    }
    makeDue(server, writer, () => true);
    return "set";
  });
}

function ignorePaidBefore(
  { store, now }: Server,
  writer: Writer,
  { paidSince, actor }: { paidSince: string; actor: string },
): void {
  const columns = { state: "Ignored", reason: null, periodKey: null, holdUntil: null } as const;
  const isBefore = ({ state, sends, paidAt }: PurchaseRow) =>
    (state === "Pending" || state === "NeedsOperator") && sends === 0 && paidAt !== null && paidAt < paidSince;
  for (const row of rowsWhere(store.purchases, isBefore).sort(compareBy(({ id }) => id))) {
    const version = row.version + 1;
    writer.insert("transitions", {
      purchaseId: row.id,
      version,
      fromState: row.state,
      toState: columns.state,
      reason: null,
      actor,
      changes: JSON.stringify(columns),
      createdAt: now(),
    });
    writer.update("purchases", row, { ...columns, queue: null, version, waits: 0, stateSince: now() });
  }
}

function makeDue({ store, now }: Server, writer: Writer, fits: (row: PurchaseRow) => boolean): void {
  for (const row of store.purchases.where({ queue: "buy" })) {
    if (fits(row)) writer.update("purchases", row, { notBefore: nowOrHold(row, now()) });
  }
}

export async function stopBuying(server: Server, why: string): Promise<void> {
  await server.execute("stopBuying", (writer) => {
    writeSwitch(server, writer, { name: "buying", value: "off", actor: "machine", why });
  });
}

/** The switch of one account; only that of `main` is there from the beginning. */
export function switchOf(name: "account_pause" | "renewal_form" | "forecast", account: string): string {
  return account === "main" ? name : `${name}:${account}`;
}

export function makeSwitch(
  { store, now }: Server,
  writer: Writer,
  { name, account }: { name: string; account: string },
): void {
  if (store.switches.has(name)) return;
  writer.insert("switches", {
    name,
    value: "",
    actor: "machine",
    why: `the account ${account} has none yet`,
    at: now(),
  });
}

interface StoredPause {
  readonly reason: Pause["reason"];
  readonly errorType: string;
  readonly stepMs: number;
  readonly until: string;
  readonly probed?: number;
}

function storedPause(store: LedgerStore, account: string): StoredPause | null {
  const value = readSwitch(store, switchOf("account_pause", account));
  return value === "" ? null : (JSON.parse(value) as StoredPause);
}

export async function readPause(server: Server, account: string): Promise<Pause | null> {
  return await server.read("readPause", () => {
    const pause = storedPause(server.store, account);
    if (pause === null) return null;
    const { reason, errorType, stepMs, until, probed } = pause;
    return { account, reason, errorType, stepMs, remainingMs: msBetween(server.now(), until), isProbed: probed === 1 };
  });
}

export async function pauseAccount(server: Server, pause: Omit<Pause, "remainingMs" | "isProbed">): Promise<boolean> {
  const { account, reason, errorType, stepMs } = pause;
  const name = switchOf("account_pause", account);
  return await server.execute("pauseAccount", (writer) => {
    makeSwitch(server, writer, { name, account });
    const present = storedPause(server.store, account);
    if (present !== null && present.probed !== 1 && present.until > server.now()) return false;
    const value = JSON.stringify({ reason, errorType, stepMs, until: server.now(stepMs) });
    const why = "the account refused a request";
    writeSwitch(server, writer, { name, value, actor: "machine", why });
    return true;
  });
}

export async function takeProbe(
  server: Server,
  { account, stepMs }: Pick<Pause, "account" | "stepMs">,
): Promise<boolean> {
  return await server.execute("takeProbe", (writer) => {
    const row = server.store.switches.get(switchOf("account_pause", account));
    const pause = storedPause(server.store, account);
    if (row === undefined || pause === null || pause.until > server.now()) return false;
    const value = JSON.stringify({ ...pause, probed: 1, until: server.now(stepMs) });
    writer.update("switches", row, { value });
    return true;
  });
}

/** Two statements, as in the real ledger: a crash between them costs the woken only time. */
export async function resumeAccount(server: Server, account: string): Promise<void> {
  const name = switchOf("account_pause", account);
  await server.execute("resumeAccount", (writer) => {
    writeSwitch(server, writer, { name, value: "", actor: "machine", why: "it answered again" });
  });
  await server.execute("resumeAccount", (writer) => {
    makeDue(server, writer, ({ reason }) => reason === "account_paused" || reason === "awaiting_balance");
  });
}

export async function isRenewalFormProven(server: Server, account: string): Promise<boolean> {
  const name = switchOf("renewal_form", account);
  return await server.read("isRenewalFormProven", () => readSwitch(server.store, name) === "proven");
}

export async function proveRenewalForm(server: Server, account: string): Promise<void> {
  const why = "the form without sok left the expiry where it was";
  const name = switchOf("renewal_form", account);
  await server.execute("proveRenewalForm", (writer) => {
    makeSwitch(server, writer, { name, account });
    writeSwitch(server, writer, { name, value: "proven", actor: "machine", why });
  });
}
