// May WHMCS call back within our own call of it, when each database gives us one connection?
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { silentLog } from "../../src/log.ts";
import { createApi, createEngine, type Databases } from "../../src/main.ts";
import { runWriteBack } from "../../src/purchases/write-back.ts";
import { type Stage, useStages } from "../purchases/stage.ts";
import { type Answered, type Calling, startCalling } from "./calling.ts";

const raise = useStages();
let stage: Stage;
let databases: Databases;
let here: Calling;
let whmcs: Server;
let answers: Answered[];

/** WHMCS whose `ModuleCreate` runs our server module: it calls the bridge, and fails unless that says success. */
async function startWhmcs(): Promise<string> {
  whmcs = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    if (form.get("action") === "ModuleCreate") {
      const answer = await here.call(Number(form.get("serviceid")), "create");
      answers.push(answer);
      if (answer.body.result !== "success") {
        response.end(JSON.stringify({ result: "error", message: "Module Create Failed" }));
        return;
      }
    }
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const whole = await fetch(stage.whmcsApi.url, { method: "POST", headers, body: form.toString() });
    response.writeHead(whole.status).end(await whole.text());
  });
  await new Promise<void>((resolve) => whmcs.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(whmcs.address() as AddressInfo).port}/includes/api.php`;
}

beforeEach(async () => {
  stage = await raise({ hasServerModule: true });
  answers = [];
  const config = loadConfig({ ...stage.environment });
  const ledger = openDatabase({ name: "ledger", url: config.ledger.databaseUrl, connections: 1 });
  const whmcsDatabase = openDatabase({ name: "whmcs", url: config.whmcs.databaseUrl, connections: 1 });
  databases = {
    ledger,
    whmcs: whmcsDatabase,
    close: async () => {
      await Promise.all([ledger.close(), whmcsDatabase.close()]);
    },
  };
});
afterEach(async () => {
  await here.stop();
  whmcs.closeAllConnections();
  await new Promise((resolve) => whmcs.close(resolve));
  await databases.close();
});

it("ModuleCreate calls back while it runs, is told success, and WHMCS welcomes the customer itself", async () => {
  const environment = { ...stage.environment, WHMCS_API_URL: await startWhmcs() };
  const config = loadConfig(environment);
  const engine = createEngine(config, databases, { clock: stage.engine.clock, log: silentLog });
  here = await startCalling(engine);
  // Bought by the stage's own engine while WHMCS's API was away, so that telling is left to this one.
  stage.whmcsApi.setFault({ kind: "down" });
  const sold = await stage.sellPaid();
  await stage.reach(sold.lineId, "Purchased");
  stage.whmcsApi.setFault(null);
  await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET write_back_due_at = UTC_TIMESTAMP(6)");

  const [handled] = await Promise.all([
    runWriteBack(engine, createApi(config)),
    ...Array.from({ length: 10 }, () => here.call(sold.serviceId, "check")),
  ]);
  expect(handled).toBe(1);
  expect(answers.map(({ status, body }) => [status, body.result])).toEqual([[200, "success"]]);
  const actions = stage.whmcsApi.calls.filter(({ answer }) => answer === "success").map(({ action }) => action);
  expect(actions).toEqual(["ModuleCreate", "AcceptOrder", "LogActivity"]);
  const [service] = await stage.shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [sold.serviceId]);
  expect(service?.domainstatus).toBe("Active");
});
