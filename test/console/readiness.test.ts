// Does the console say what keeps WHMCS from being told, and which setting changes that?
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { checkReadiness } from "../../src/console/readiness.ts";
import { type Log, silentLog } from "../../src/log.ts";
import { createApi, openDatabases } from "../../src/main.ts";
import { runWriteBack } from "../../src/purchases/write-back.ts";
import { type Stage, useStages } from "../purchases/stage.ts";

const raise = useStages();

function readinessOf(stage: Stage) {
  const config = loadConfig(stage.environment);
  const databases = openDatabases(config);
  onTestFinished(() => databases.close());
  const api = createApi(config);
  return { api, check: async () => (await checkReadiness({ databases, api, log: silentLog })).checks.whmcs_api };
}

it("an address that WHMCS does not accept is named with the setting, until a call gets through", async () => {
  const stage = await raise({ hasServerModule: true });
  const { api, check } = readinessOf(stage);
  expect(await check()).toBe("set");
  stage.whmcsApi.setFault({ kind: "invalid_ip" });
  await api?.call("WhmcsDetails", {});
  expect(await check()).toMatch(
    /^failed: .* 127\.0\.0\.1\. Add that address .*API IP Access Restriction.*WHMCS_API_ACCESS_KEY/,
  );
  stage.whmcsApi.setFault({ kind: "down" });
  await api?.call("WhmcsDetails", {});
  expect(await check()).toMatch(/^failed: .*no usable answer.*WHMCS_API_URL/);
  stage.whmcsApi.setFault(null);
  await api?.call("ModuleCreate", { serviceid: 999 });
  expect(await check()).toBe("set");
});

it("the log of a write-back that is refused for the address names the setting too, and nothing else is tried", async () => {
  const stage = await raise({ hasServerModule: true });
  const sold = await stage.sellPaid();
  stage.whmcsApi.setFault({ kind: "invalid_ip" });
  const warned: Record<string, unknown>[] = [];
  const warn: Log["warn"] = (event, fields) => void warned.push({ event, ...fields });
  await stage.settle();
  await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET write_back_due_at = UTC_TIMESTAMP(6)");
  const before = stage.whmcsApi.countFaults();
  await runWriteBack({ ...stage.engine, log: { ...silentLog, warn } }, stage.api);
  const { id } = await stage.purchaseOf(sold.lineId);
  expect(warned[0]).toMatchObject({
    event: "write_back.postponed",
    purchase: id,
    step: "ModuleCreate",
    why: expect.stringContaining("address 127.0.0.1"),
    remedy: expect.stringContaining("API IP Access Restriction"),
  });
  expect(stage.whmcsApi.countFaults() - before).toBe(warned.length);
});
