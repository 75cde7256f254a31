// Does the report after a time in shadow say line by line what we and what staff did, and add it up?
import { afterAll, beforeAll, expect, test } from "vitest";
import { addMonths } from "../../src/purchases/period.ts";
import { createStage, type Stage } from "../purchases/stage.ts";
import { type Environment, ispmodules } from "./program.ts";

let stage: Stage;
let settings: Environment;
beforeAll(async () => {
  stage = await createStage();
  settings = { ...stage.environment };
});
afterAll(() => stage.end());

const tariff = "23221";
const rests = (lineId: number) => stage.reach(lineId, "Pending", "shadow");

test("lines bought alike, otherwise, by us alone, by staff alone and by nobody, with their costs", async () => {
  const running = await stage.sellPaid();
  await stage.reach(running.lineId, "Purchased");
  const quiet = await stage.sellPaid();
  const { remoteServiceId: renewed } = await stage.reach(quiet.lineId, "Purchased");
  const position = (to: "shadow") => ({ position: to, paidSince: null, actor: "test", why: "test" });
  await stage.engine.ledger.setBuying(position("shadow"));
  const same = await stage.sellPaid();
  const renewal = await stage.renewPaid(running.serviceId);
  const ours = await stage.sellPaid();
  const replaced = await stage.sellPaid();
  const nobody = await stage.sellPaid({ licence: "typo" });
  for (const { lineId } of [same, renewal, ours, replaced]) await rests(lineId);
  await stage.reach(nobody.lineId, "NeedsOperator", "bad_licence");
  // An order of ours rests there still, and staff renew or buy.
  const bought = stage.account.addForeignModule({ licence: same.licence, tariff });
  const old = stage.account.addForeignModule({ licence: replaced.licence, tariff, createdate: "2026-01-01" });
  const first = stage.account.addForeignModule({ licence: running.licence, tariff });
  const present = stage.account.modules().find(({ id }) => id === renewed)?.expiredate ?? "";
  stage.account.changeModule(String(renewed), { expiredate: addMonths(present, 1) });
  await stage.reach(same.lineId, "Purchased", "manual");
  await stage.reach(replaced.lineId, "NeedsOperator", "already_owned");
  const { status, stdout } = await ispmodules(["shadow", "report", "--json"], settings);
  expect(status).toBe(0);
  const { lines, sums } = JSON.parse(stdout) as {
    readonly lines: readonly Record<string, string | null>[];
    readonly sums: readonly { readonly verdict: string; readonly lines: number }[];
  };
  const of = (lineId: number) => lines.find((row) => row.invoice_line_id === String(lineId));
  expect(of(same.lineId)).toMatchObject({ verdict: "same", ours: "order", staff: "order", module_id: bought });
  expect(of(same.lineId)).toMatchObject({ cost: expect.stringMatching(/^10(\.0+)?$/), currency: "EUR" });
  expect(of(renewal.lineId)).toMatchObject({ verdict: "differs", ours: "renew", staff: "order", module_id: first });
  expect(of(ours.lineId)).toMatchObject({ verdict: "ours", ours: "order", staff: "none", module_id: null });
  expect(of(replaced.lineId)).toMatchObject({ verdict: "ours", ours: "order", staff: "none" });
  expect(of(nobody.lineId)).toMatchObject({ verdict: "neither", ours: "ask: bad_licence", staff: "none", cost: null });
  expect(lines.find(({ module_id }) => module_id === renewed)).toMatchObject({
    ...{ verdict: "staff", invoice_line_id: null, ours: "no paid line", staff: "renew", currency: "EUR" },
  });
  expect(of(running.lineId)).toBeUndefined();
  expect(lines.map(({ module_id }) => module_id)).not.toContain(old);
  expect(sums.map(({ verdict, lines: count }) => [verdict, count])).toEqual([
    ["same", 1],
    ["differs", 1],
    ["ours", 2],
    ["staff", 1],
    ["neither", 1],
  ]);
  const text = await ispmodules(["shadow", "report", "--days", "1"], settings);
  expect(text.stdout).toContain("ours: we would have bought, staff did not: 2, 20.00 EUR");
});

test.each(["0", "400", "x"])("--days %s is wrong usage", async (days) => {
  expect((await ispmodules(["shadow", "report", "--days", days], settings)).status).toBe(64);
});
