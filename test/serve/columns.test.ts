// What does the bridge do about a WHMCS whose tables lack something it needs?
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { type Log, silentLog } from "../../src/log.ts";
import { type Bridge, startBridge } from "../../src/main.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { openTestShop, type TestShop } from "../whmcs/test-shop.ts";

let here: TestShop;
let ledger: TestDatabase;
beforeAll(async () => {
  here = await openTestShop({ hidden: ["tblinvoices.datepaid", "tblhosting.qty"] });
  ledger = await freshDatabase("ledger");
});
afterAll(async () => {
  await here?.close();
  await ledger?.drop();
});

const told: Record<string, unknown>[] = [];
const log: Log = { ...silentLog, error: (event, fields) => void told.push({ event, ...fields }) };

const start = () =>
  startBridge(
    loadConfig({
      WHMCS_URL: "https://billing.example.com",
      WHMCS_DATABASE_URL: here.readerUrl,
      LEDGER_DATABASE_URL: ledger.url,
      ISPMANAGER_LOGIN: "partner",
      ISPMANAGER_PASSWORD: "secret",
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
      PORT: "0",
      CONSOLE_PORT: "0",
    }),
    { clock: systemClock, log },
  );

async function readyz({ consolePort }: Bridge) {
  const answer = await fetch(`http://127.0.0.1:${consolePort}/readyz`);
  return { status: answer.status, body: await answer.json() };
}

async function priceList({ port }: Bridge) {
  return (await fetch(`http://127.0.0.1:${port}/?func=pricelist.export`)).status;
}

it("it serves without what its purchases need, and says which column is missing and what to do; optional ones are not named", async () => {
  const bridge = await start();
  onTestFinished(() => bridge.stop());
  expect(await priceList(bridge)).toBe(200);
  expect(await readyz(bridge)).toMatchObject({
    status: 503,
    body: { whmcs: "missing: run the SQL of `ispmodules grants` again: tblinvoices.datepaid" },
  });
  expect(told).toEqual([
    { event: "whmcs.columns_missing", remedy: expect.stringMatching(/no tblinvoices\.datepaid: run/) },
  ]);
});

it("it reads nothing for its purchases until the column is there", async () => {
  const reader = createPurchaseReader(here.database.query);
  await expect(reader.readLines([1])).rejects.toMatchObject({ cause: { code: "whmcs_columns_missing" } });
  const bridge = await start();
  onTestFinished(() => bridge.stop());
  await here.grantColumn("tblinvoices", "datepaid");
  expect(await reader.readLines([1])).toEqual([]);
  expect((await readyz(bridge)).body).toMatchObject({ whmcs: "ok" });
});
