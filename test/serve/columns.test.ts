// What does the bridge do about a WHMCS whose tables lack something it needs?
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { startBridge } from "../../src/main.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { openTestShop, type TestShop } from "../whmcs/test-shop.ts";

let here: TestShop;
let ledger: TestDatabase;
beforeAll(async () => {
  here = await openTestShop({ hidden: ["tblproducts.retired", "tblhosting.qty"] });
  ledger = await freshDatabase("ledger");
});
afterAll(async () => {
  await here?.close();
  await ledger?.drop();
});

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
    { clock: systemClock, log: silentLog },
  );

it("it refuses to start, and says which column is missing and what to do; optional ones are not named", async () => {
  const refusal = { name: "DatabaseError", code: "whmcs_columns_missing", fields: { database: "whmcs", missing: 1 } };
  const failed = start();
  await expect(failed).rejects.toMatchObject(refusal);
  await expect(failed).rejects.toThrow(/shows its user no tblproducts\.retired: grant SELECT on them/);
});

it("it reads nothing for its purchases either, should the column go later, and reads again when it is back", async () => {
  const reader = createPurchaseReader(here.database.query);
  await expect(reader.readLines([1])).rejects.toMatchObject({ cause: { code: "whmcs_columns_missing" } });
  await here.grantColumn("tblproducts", "retired");
  expect(await reader.readLines([1])).toEqual([]);
  const bridge = await start();
  await bridge.stop();
});
