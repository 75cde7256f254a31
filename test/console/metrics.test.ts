// Do the numbers on the console port say what a person has to do, and nothing of what was put off?
import { expect, test } from "vitest";
import { createConsoleApp } from "../../src/console/app.ts";
import { silentLog } from "../../src/log.ts";
import { decide } from "../../src/purchases/decisions.ts";
import { useStages } from "../purchases/stage.ts";

const raise = useStages();

test("a purchase that a person has put off is counted apart, and its age not at all", async () => {
  const stage = await raise();
  const readiness = async () => ({ isReady: true, checks: {} });
  const app = createConsoleApp({ ledger: stage.engine.ledger, readiness, log: silentLog });
  const read = async (path: string) => (await app.request(path)).text();
  const asked = await stage.reach((await stage.sellPaid({ licence: "typo" })).lineId, "NeedsOperator", "bad_licence");
  await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET state_since = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR");
  const labels = '{state="NeedsOperator",reason="bad_licence"}';
  const before = await read("/metrics");
  expect(before).toContain(`ispmodules_purchases${labels} 1\n`);
  expect(before).toMatch(/ispmodules_oldest_purchase_seconds\{[^}]*\} 36\d\d\n/);
  expect(before).toContain("ispmodules_purchases_put_off 0\n");

  const until = new Date(Date.now() + 3_600_000);
  const said = { why: "as agreed", actor: "cli:ann", version: null, decision: { kind: "wait", until } } as const;
  expect(await decide(stage.engine, { purchaseId: asked.id, ...said })).toMatchObject({ kind: "decided" });
  const after = await read("/metrics");
  expect(after).toContain(`ispmodules_purchases${labels} 0\n`);
  expect(after).toContain(`ispmodules_oldest_purchase_seconds${labels} 0\n`);
  expect(after).toContain("ispmodules_purchases_put_off 1\n");
  expect(await read("/")).toContain("<td>1, 1 put off</td>");
});

test("a hook that was never heard has no age, and no age that looks like one heard just now", async () => {
  const stage = await raise();
  const readiness = async () => ({ isReady: true, checks: {} });
  const app = createConsoleApp({ ledger: stage.engine.ledger, readiness, log: silentLog });
  const readAge = async () => {
    const metrics = await (await app.request("/metrics")).text();
    return metrics.split("\n").find((line) => line.startsWith("ispmodules_heartbeat_age_seconds"));
  };
  expect(await readAge()).toBeUndefined();
  await stage.ledgerSql(
    `INSERT INTO mod_ispmodules_inbox (webhook_id, type, body, received_at, done_at)
     VALUES ('msg_1', 'hook.heartbeat', '{"type":"hook.heartbeat"}', UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, UTC_TIMESTAMP(6))`,
  );
  expect(await readAge()).toMatch(/ 36\d\d$/);
});
