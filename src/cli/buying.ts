// May the bridge spend money? Showing and setting the position of buying and the date from which it buys.
import { checkSession } from "../database/connection.ts";
import { checkDurability } from "../database/durability.ts";
import type { Databases } from "../main.ts";
import type { Engine } from "../purchases/engine.ts";
import type { Breach } from "../purchases/invariants/breach.ts";
import type { Position } from "../purchases/ledger/switches.ts";
import { nameActor } from "./actor.ts";
import { defineCommand, exitStatus, json, Refused, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { describeBreaches, findStoppingBreaches } from "./known-breaches.ts";
import { readPaidSince } from "./paid-since.ts";
import { plain, type Terminal } from "./terminal.ts";
import { acceptVendorModules, readDespite, refuseVendorModules } from "./vendor-modules.ts";
import { describeWaiting, readWaiting, type Waiting } from "./waiting.ts";

export const buying = defineCommand({
  name: "buying",
  summary: "show or set whether purchases are sent: on, shadow (all but sending) or off",
  operands: ["[on|shadow|off]"],
  options: {
    "paid-since": {
      type: "string",
      value: "DATE|now",
      help: "buy what was paid since then, e.g. 2026-11-23T00:00:00 (in WHMCS_TIMEZONE without an offset); required the first time",
    },
    "despite-noc": {
      type: "string",
      value: "REASON",
      help: "with on: switch on although the vendor's own modules (ispmanager_noc, billmanager_noc) run here; kept for ever",
    },
    yes: { type: "boolean", help: "do not ask before switching on" },
    json,
  },
  run: async ({ config, clock, terminal, values, operands }) => {
    const position = readPosition(operands[0]);
    const date = values["paid-since"];
    if (date !== undefined && (position === null || position === "off")) {
      throw new UsageError("--paid-since goes with on or shadow");
    }
    if (values.yes && position !== "on") throw new UsageError("--yes goes with on");
    const despite = readDespite(values["despite-noc"]);
    if (despite !== null && position !== "on") throw new UsageError("--despite-noc goes with on");
    // An impossible date is wrong usage whatever the settings are.
    if (date !== undefined) readDate(date, { clock, localTime: String });
    const settings = config();
    return await withEngine({ config: settings, clock }, async (engine, databases) => {
      const wanted = { position, paidSince: date === undefined ? null : readDate(date, engine) };
      const manners = { terminal, isJson: values.json === true, isSure: values.yes === true, despite };
      const waiting = wanted.position === null ? null : await switchTo(engine, databases, { ...wanted, ...manners });
      const now = await readPosture(engine, settings.whmcs.timezone);
      if (values.json) terminal.print(JSON.stringify(waiting === null ? now : { ...now, waiting }, null, 2));
      else terminal.print(describe(now));
      return exitStatus.done;
    });
  },
});

function readPosition(word: string | undefined): Position | null {
  if (word === undefined) return null;
  if (word !== "on" && word !== "shadow" && word !== "off") throw new UsageError("the position is on, shadow or off");
  return word;
}

function readDate(text: string, { clock, localTime }: Pick<Engine, "clock" | "localTime">): string {
  const date = readPaidSince(text, { now: clock.now(), localTime });
  if (date === null) throw new UsageError("--paid-since must be now or a date such as 2026-11-23T00:00:00");
  return date;
}

interface Switch {
  readonly position: Position | null;
  readonly paidSince: string | null;
  readonly terminal: Terminal;
  readonly isJson: boolean;
  readonly isSure: boolean;
  /** Why the vendor's own modules are no obstacle; null when nobody says so. */
  readonly despite: string | null;
}

/** Sets the position; what waits for it when it is `on`. Throws `Refused` with nothing changed. */
async function switchTo(engine: Engine, databases: Databases, wanted: Switch): Promise<Waiting | null> {
  const { position, paidSince } = wanted;
  if (position === null) return null;
  const present = (await engine.ledger.readBuying()).paidSince;
  const date = paidSince ?? present;
  if (position !== "off" && date === null) throw new Refused(dateMissing);
  if (date !== null && present !== null && date < present) throw new Refused(dateEarlier(present));
  if (position === "on" && (await engine.ledger.readRestore()) !== null) throw new Refused(restored);
  const confirmed = position === "on" && date !== null ? await confirm(engine, databases, { ...wanted, date }) : null;
  if (position === "on" && wanted.despite !== null) await acceptVendorModules(databases, wanted.despite);
  const said = { actor: nameActor(), why: `ispmodules buying ${position}` };
  // First: a rule that is known to be broken must not turn it off in between.
  await engine.ledger.rememberBreaches(confirmed?.breaches.map(({ key }) => key) ?? [], said);
  const result = await engine.ledger.setBuying({ position, paidSince, ...said });
  if (result === "no-date") throw new Refused(dateMissing);
  if (result === "earlier") throw new Refused(dateEarlier((await engine.ledger.readBuying()).paidSince ?? ""));
  if (result === "restored") throw new Refused(restored);
  return confirmed?.waiting ?? null;
}

const restored =
  "the ledger may come from a backup and forget what was bought since: run `ispmodules reconcile --after-restore` until it passes";

const dateMissing =
  "say from when to buy, for instance --paid-since now or --paid-since 2026-11-23T00:00:00: what was paid before is never bought";

function dateEarlier(present: string): string {
  return `buying starts with what was paid since ${present}, and that date can only be moved later`;
}

/** Money leaves after this: the server must keep what it commits, and a person must have seen what will be spent. */
async function confirm(
  engine: Engine,
  databases: Databases,
  { date, terminal, isJson, isSure, despite }: Switch & { date: string },
): Promise<{ waiting: Waiting; breaches: readonly Breach[] }> {
  const { ledger } = databases;
  await checkSession(ledger);
  const gaps = await checkDurability(ledger);
  if (gaps.length > 0) {
    const lines = gaps.map(
      ({ variable, value, remedy }) => `${variable} is ${value} on the ledger's server: ${remedy}`,
    );
    throw new Refused(["buying stays as it is, because a power cut could lose what was sent", ...lines].join("\n"));
  }
  await refuseVendorModules(databases, despite);
  const waiting = await readWaiting(engine, date);
  const say = isJson ? terminal.warn : terminal.print;
  say(`Buying what was paid since ${date}.`);
  for (const line of describeWaiting(waiting)) say(line);
  const breaches = await findStoppingBreaches(engine);
  for (const line of describeBreaches(breaches)) say(line);
  if (isSure) return { waiting, breaches };
  if (!terminal.isInteractive) throw new Refused("nobody can be asked here; add --yes to switch buying on");
  if (!(await terminal.ask("Switch buying on?"))) throw new Refused("buying stays as it is");
  return { waiting, breaches };
}

async function readPosture({ ledger }: Engine, timezone: string) {
  const [{ position, paidSince }, origin] = await Promise.all([ledger.readBuying(), ledger.readBuyingOrigin()]);
  const restore = await ledger.readRestore();
  return {
    position,
    paid_since: paidSince?.replace(" ", "T") ?? null,
    timezone,
    by: origin?.actor ?? null,
    why: origin?.why ?? null,
    at: origin === null ? null : `${origin.at.slice(0, 19).replace(" ", "T")}Z`,
    ...(restore === null ? {} : { restored_since: restore.since }),
  };
}

function describe(posture: Awaited<ReturnType<typeof readPosture>>) {
  const { position, paid_since: paidSince, timezone, by, why, at, restored_since: restoredSince } = posture;
  const since = paidSince === null ? "no date set" : `what was paid since ${paidSince} (${timezone})`;
  const origin = by === null ? "" : `\nSet by ${plain(by)} at ${at}: ${plain(why ?? "")}.`;
  const held = restoredSince === undefined ? "" : `\nIt cannot be switched on since ${restoredSince}: ${restored}.`;
  return `Buying is ${position}; ${since}.${origin}${held}`;
}
