import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../src/database/connection.ts";
import { isMigrated } from "../../../src/database/migrate.ts";
import { createLedger, type Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { asRoot } from "../../sandbox-database.ts";
import { changed, claimed, find, newPurchase, outcomes, recorded, standing, term } from "./given.ts";
import { createMariaDbLedger, type MariaDbLedger } from "./under-test.ts";

const history = ["attempts", "outcomes", "observations", "transitions", "decisions", "adoptions", "module_steps"];
const living = ["inbox", "purchases", "bindings", "switches", "turns", "price_list", "messages", "announcements"];

let tested: MariaDbLedger;
let database: Database;
let ledger: Ledger;
let user: string;
beforeAll(async () => {
  tested = await createMariaDbLedger();
  const url = new URL(tested.url);
  const schema = url.pathname.slice(1);
  user = `'bridge_${schema}'@'%'`;
  const on = (table: string) => `ON \`${schema}\`.\`mod_ispmodules_${table}\` TO ${user}`;
  await asRoot(
    `CREATE USER ${user} IDENTIFIED BY 'writes'`,
    `GRANT SELECT ${on("migrations")}`,
    ...history.map((table) => `GRANT SELECT, INSERT ${on(table)}`),
    ...living.map((table) => `GRANT SELECT, INSERT, UPDATE ${on(table)}`),
  );
  url.username = `bridge_${schema}`;
  url.password = "writes";
  database = openDatabase({ name: "ledger", url: url.href, connections: 4 });
  ledger = createLedger(database);
});
afterAll(async () => {
  await database?.close();
  await asRoot(`DROP USER IF EXISTS ${user}`);
  await tested?.close();
});

it("a user who may only add to the history, and delete nothing, can do everything the ledger does", async () => {
  expect(await isMigrated(database)).toBe(true);
  await ledger.storeEvent({ webhookId: "a", type: "invoice.paid", body: "{}" });
  await ledger.listOpenEvents(9);
  await ledger.postponeEvent("a", 0);
  await ledger.closeEvent("a");
  await ledger.newestEventAgeSeconds("invoice.paid");
  await recorded(ledger, 50, { paidAt: "2020-01-01 00:00:00" });
  await ledger.setBuying({ position: "on", paidSince: "2026-01-01 00:00:00", actor: "staff", why: "go" });
  expect(await find(ledger, newPurchase(50))).toMatchObject({ state: "Ignored" });

  const first = await recorded(ledger, 1);
  expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
  await ledger.postpone(first, 0);
  const refused = await changed(ledger, await claimed(ledger, first), {
    to: "Pending",
    sends: 0,
    outcome: { n: 1, outcome: outcomes.refused },
  });
  const unknown = await changed(ledger, await claimed(ledger, refused), { to: "Unknown" });
  const attempt = await ledger.newestAttempt(unknown.id);
  if (attempt === null) throw new Error("no attempt");
  await ledger.recordObservation(attempt, { verdict: "found", digest: "0".repeat(64), detail: {} });
  await ledger.listObservations(attempt);
  const ordered = await changed(ledger, unknown, { to: "Ordered", binding: term(unknown, "901") });
  await changed(ledger, ordered, { to: "Purchased", binding: term(ordered, "901", "2026-12-24") });
  expect(await ledger.takeWriteBack()).toMatchObject({ id: first.id });
  await ledger.postponeWriteBack(first.id, 1);
  await ledger.finishWriteBack(first.id);

  const message = { purchaseId: first.id, message: "being_activated" };
  await ledger.beginMessage(message, 0);
  await ledger.beginMessage(message, null);
  await ledger.endMessage(message, { againInMs: null, refusals: 1 });
  await ledger.listUntoldCauses(9);
  await ledger.listUnfinished({ paidFrom: "", paidUntil: "9", message: "being_activated", limit: 9 });

  await ledger.announcesSince(true);
  await ledger.announceExpired([{ purchaseId: first.id, expiresOn: "2026-12-24" }]);
  const announcement = { purchaseId: first.id, type: "expired" } as const;
  expect(await ledger.takeAnnouncement()).toMatchObject({ type: "expired" });
  await ledger.postponeAnnouncement(announcement, { failure: "http_503", againInMs: 1 });
  await ledger.finishAnnouncement(announcement);
  await ledger.listUnheard();

  for (const [index, where] of (["Refunded sent", "Refunded", "NeedsOperator"] as const).entries()) {
    await standing(ledger, 10 + index, where);
  }
  await ledger.pauseAccount({ account: "main", reason: "account_paused", errorType: "auth", stepMs: 1 });
  await ledger.takeProbe({ account: "main", stepMs: 1 });
  await ledger.resumeAccount("main");
  await ledger.proveRenewalForm("main");
  await ledger.takeTurn("sweep", 1);
  await ledger.keepCatalogue({}, new Date());
  await ledger.keepCatalogue({}, new Date());
  await ledger.wake([first.id]);
  await ledger.countByState();
  await ledger.readHistory(first.id);
  await ledger.readBooks({ afterServiceRef: "", limit: 9, changedWithinMs: 1 });
  await ledger.listHoldings("main");
  await ledger.rememberBreaches(["I1:a"], { actor: "staff", why: "seen" });
  await ledger.throwRestore({ actor: "staff", why: "restored" });
  await ledger.keepRestoreLook("0".repeat(64));
  await ledger.clearRestore({ actor: "staff", why: "compared" });
  await ledger.stopBuying("done");
});

it.each([
  ...history.flatMap((table) => [
    `UPDATE mod_ispmodules_${table} SET purchase_id = ''`,
    `DELETE FROM mod_ispmodules_${table}`,
  ]),
  ...living.map((table) => `DELETE FROM mod_ispmodules_${table}`),
  "DROP TABLE mod_ispmodules_inbox",
])("that user is refused: %s", async (statement) => {
  await expect(database.query.execute(statement)).rejects.toMatchObject({
    cause: { code: expect.stringMatching(/^ER_(TABLEACCESS|DBACCESS)_DENIED_ERROR$/) },
  });
});
