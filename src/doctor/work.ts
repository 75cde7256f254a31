// Does the work go on: hook heard, bridge running, buying on, and which purchases stand still?
import { eq, sql } from "drizzle-orm";
import type { Config } from "../config.ts";
import { type Database, openDatabase } from "../database/connection.ts";
import { turns } from "../database/schema.ts";
import { findUnconfigured } from "../purchases/home.ts";
import type { Ledger } from "../purchases/ledger/ledger.ts";
import { reasonTexts } from "../purchases/reasons.ts";
import type { Reason } from "../purchases/state.ts";
import { readVersion } from "../version.ts";
import { createPurchaseReader } from "../whmcs/reader.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { nameFinding } from "./account.ts";
import { type Check, countOf, describeAge, type Finding, fault, nameIds, ok, warning } from "./finding.ts";
import { checkRefusedChanges } from "./refused-changes.ts";
import { checkUnheard } from "./unheard.ts";
import { checkWebNodes } from "./web-nodes.ts";

const heartbeatSeconds = 15 * 60;
const waitingSeconds = 24 * 3_600;
const unknownSeconds = 3_600;
const silentSweepSeconds = 5 * 60;

/** Everything that a migrated ledger shows about the running of the bridge. */
export function workChecks(database: Database, ledger: Ledger, config: Config): Check[] {
  return [
    { id: "hook.heartbeat", run: async () => [await checkHeartbeat(ledger)] },
    { id: "hook.version", run: () => checkWebNodes(database, readVersion()) },
    { id: "serve.sweep", run: async () => [await checkSweep(database, config.buying.sweepIntervalMs)] },
    { id: "buying.position", run: async () => [await checkBuying(ledger)] },
    { id: "ledger.restored", run: () => checkRestored(ledger) },
    { id: "ispmanager.pause", run: () => checkPauses(ledger, config) },
    { id: "ispmanager.accounts", run: () => checkConfigured(ledger, config) },
    { id: "balance_low", run: () => checkEach(config, ({ name }) => checkForecast(ledger, name)) },
    { id: "ispmanager.may_not", run: () => checkEach(config, ({ name }) => checkRefusedChanges(ledger, name)) },
    { id: "events", run: async () => (config.events === null ? [] : await checkUnheard(ledger)) },
    { id: "purchases.waiting", run: () => checkWaiting(ledger) },
    { id: "purchases.needs_operator", run: () => checkNeedsOperator(ledger) },
  ];
}

/** A check of every account; where there are several, each finding says of which it is. */
async function checkEach(
  { accounts }: Config,
  check: (own: Config["accounts"][0]) => Promise<readonly Finding[]>,
): Promise<Finding[]> {
  const each = accounts.map(async (own) => {
    const found = await check(own);
    return accounts.length === 1 ? found : found.map((finding) => nameFinding(own, finding));
  });
  return (await Promise.all(each)).flat();
}

/** As the last sweep of the account found it; silent where none has. */
async function checkForecast(ledger: Ledger, account: string): Promise<Finding[]> {
  const forecast = await ledger.readForecast(account);
  if (forecast === null || forecast.lowSince === null) return [];
  const { balance, currency, weekCost, monthCost, unknown } = forecast;
  const unit = currency === null ? "" : ` ${currency}`;
  const rest = unknown === 0 ? "" : `, beside ${countOf(unknown, "period")} at a cost that is not known`;
  return [
    warning(
      "balance_low",
      `The account's balance was ${balance}${unit}; what is to be bought costs ${weekCost}${unit} within 7 days and ${monthCost}${unit} within 30${rest}.`,
      "Top up the account; `ispmodules forecast` shows the sums of now.",
    ),
  ];
}

async function checkHeartbeat(ledger: Ledger): Promise<Finding> {
  const id = "hook.heartbeat";
  const age = await ledger.newestEventAgeSeconds("hook.heartbeat");
  if (age === null) {
    return warning(
      id,
      "WHMCS's hook was never heard, so paid invoices are found by the sweep only.",
      "Run `ispmodules install-hooks ROOT` on the machine of WHMCS, or upload what `ispmodules package-hooks` makes, and wait for the next run of WHMCS's cron job.",
    );
  }
  if (age <= heartbeatSeconds) return ok(id, `WHMCS's hook was heard ${describeAge(age)} ago.`);
  return warning(
    id,
    `WHMCS's hook was heard last ${describeAge(age)} ago.`,
    "Check that WHMCS's cron job runs at least every 15 minutes and as the web server's user (who alone can read the hook's settings), that these name this bridge's address and secret, and WHMCS's activity log.",
  );
}

/** Whichever process sweeps moves the turn; one long due means that none serves. */
async function checkSweep(database: Database, everyMs: number): Promise<Finding> {
  const id = "serve.sweep";
  const [row] = await database.query
    .select({ late: sql<number>`TIMESTAMPDIFF(SECOND, ${turns.dueAt}, UTC_TIMESTAMP(6))` })
    .from(turns)
    .where(eq(turns.name, "sweep"));
  const late = Number(row?.late ?? 0);
  if (late <= Math.max(silentSweepSeconds, (3 * everyMs) / 1000)) return ok(id, "The sweep is on time.");
  return warning(
    id,
    `No bridge has swept WHMCS although it was due ${describeAge(late)} ago.`,
    "Start `ispmodules serve` on this ledger, or look into its log if it runs.",
  );
}

async function checkBuying(ledger: Ledger): Promise<Finding> {
  const id = "buying.position";
  const [{ position, paidSince }, origin] = await Promise.all([ledger.readBuying(), ledger.readBuyingOrigin()]);
  if (position === "on") return ok(id, `Buying is on for what was paid since ${paidSince ?? "ever"}.`);
  if (position === "shadow") {
    return warning(
      id,
      "Buying is in position shadow: everything is checked and nothing is sent.",
      "Run `ispmodules buying on` when what would be sent is right.",
    );
  }
  if (origin?.actor === "machine") {
    return fault(
      id,
      `The bridge switched buying off by itself: ${origin.why}.`,
      "Find the cause with `ispmodules check`, in the account and in the log, then run `ispmodules buying on`.",
    );
  }
  const date = paidSince === null ? " --paid-since now" : "";
  return warning(id, "Buying is off, so nothing is bought.", `Run \`ispmodules buying on${date}\`.`);
}

async function checkRestored(ledger: Ledger): Promise<Finding[]> {
  const restore = await ledger.readRestore();
  if (restore === null) return [];
  return [
    fault(
      "ledger.restored",
      `Since ${restore.since} the ledger may come from a backup and forget what was bought, so buying cannot be switched on.`,
      "Run `ispmodules reconcile --after-restore` until it passes, then `ispmodules buying on`.",
    ),
  ];
}

async function checkPauses(ledger: Ledger, { accounts }: Config): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { name } of accounts) {
    const pause = await ledger.readPause(name);
    if (pause === null) continue;
    const { what, remedy } = reasonTexts[pause.reason];
    const [id, where] =
      accounts.length > 1 ? [`ispmanager.pause:${name}`, ` to the account ${name}`] : ["ispmanager.pause", ""];
    found.push(warning(id, `No order leaves${where} at present. ${what}`, remedy));
  }
  return found;
}

/** What the ledger holds at an account that the settings no longer name is neither renewed nor bought elsewhere. */
async function checkConfigured(ledger: Ledger, { accounts, whmcs }: Config): Promise<Finding[]> {
  const database = openDatabase({ name: "whmcs", url: whmcs.databaseUrl, connections: 1 });
  const reader = createPurchaseReader(database.query);
  const known = accounts.map((account) => ({ account }));
  const lost = await findUnconfigured({ ledger, reader, accounts: known }).finally(() => database.close());
  return lost.map(({ name, services }) =>
    fault(
      `ispmanager.account_not_configured:${name}`,
      `The ledger holds modules at the account ${name}, which is not configured, so they are not renewed${describeServices(services)}.`,
      `Name ${name} in ISPMANAGER_ACCOUNTS, or link each service to its module at another account with \`ispmodules adopt\`.`,
    ),
  );
}

function describeServices(services: readonly string[]): string {
  return services.length === 0
    ? "; a request that was sent there is not resolved"
    : `: services ${nameIds(services.map(shownId))}`;
}

async function checkWaiting(ledger: Ledger): Promise<Finding[]> {
  const counts = await ledger.countByState();
  return counts.flatMap(({ state, reason, count, oldestSeconds }) => {
    const age = describeAge(oldestSeconds);
    if (state === "Unknown" && oldestSeconds > unknownSeconds) {
      return warning(
        "purchases.unknown",
        `${countOf(count, "purchase")} may have been bought and cannot be found in the account, the oldest for ${age}.`,
        "See them with `ispmodules purchases list`, and look into the account's modules and cart.",
      );
    }
    // An invoice that was set back to Unpaid may stay so for ever.
    if (state !== "Pending" || reason === "unpaid" || oldestSeconds <= waitingSeconds) return [];
    const text = reason === null ? neverTried : reasonTexts[reason as Reason];
    return warning(
      `purchases.waiting:${reason ?? "ready"}`,
      `${countOf(count, "paid purchase")} not bought yet, the oldest for ${age}. ${text.what}`,
      text.remedy,
    );
  });
}

const neverTried = {
  what: "The buyer has not come to it.",
  remedy: "Check that `ispmodules serve` runs, and its log.",
};

async function checkNeedsOperator(ledger: Ledger): Promise<Finding[]> {
  const id = "purchases.needs_operator";
  const all = await ledger.listPurchases({ state: "NeedsOperator" });
  const resting = all.filter(({ holdUntil }) => holdUntil === null);
  const held = all.length - resting.length;
  const putOff = held === 0 ? "" : ` ${countOf(held, "purchase")} put off by decision.`;
  if (resting.length === 0) return [ok(id, `No purchase waits for a person.${putOff}`)];
  const reasons = new Set(resting.flatMap(({ reason }) => reason ?? []));
  return [...reasons].map((reason) => {
    const lineIds = resting.filter((purchase) => purchase.reason === reason).map(({ lineId }) => lineId);
    const { what, remedy } = reasonTexts[reason];
    const message = `${countOf(lineIds.length, "purchase")} for a person to decide, invoice lines ${nameIds(lineIds)}. ${what}`;
    return (reason === "invariant" ? fault : warning)(`${id}:${reason}`, message, remedy);
  });
}
