// Do `purchases list` and `purchases show` tell what the ledger holds, to programs and to people?
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStage, type Sold, type Stage } from "../purchases/stage.ts";
import { type Environment, ispmodules } from "./program.ts";

let stage: Stage;
let settings: Environment;
let ready: Sold;
let typo: Sold;

beforeAll(async () => {
  stage = await createStage({ isBuying: false });
  settings = stage.environment;
  ready = await stage.sellPaid();
  typo = await stage.sellPaid({ licence: "web \u001b[31m01" });
});

afterAll(() => stage.end());

async function list(...words: string[]): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await ispmodules(["purchases", "list", "--json", ...words], settings);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>[];
}

async function show(id: string): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await ispmodules(["purchases", "show", id, "--json"], settings);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("a ledger without purchases lists an empty array, or one line", async () => {
  expect(await list()).toEqual([]);
  expect((await ispmodules(["purchases", "list"], settings)).stdout).toBe("No purchases.\n");
});

test("a purchase that waits is listed with every key in its order and type", async () => {
  await stage.reach(ready.lineId, "Pending", "buying_off");
  const purchase = await stage.purchaseOf(ready.lineId);
  const [first, second, ...others] = await list();
  expect(others).toEqual([]);
  expect(Object.entries(first ?? {})).toEqual([
    ["id", purchase.id],
    ["service_id", String(ready.serviceId)],
    ["invoice_id", String(ready.invoiceId)],
    ["invoice_line_id", String(ready.lineId)],
    ["action", null],
    ["tariff", "23221"],
    ["licence", ready.licence],
    ["period_months", 1],
    ["period_start", purchase.period?.start],
    ["state", "Pending"],
    ["reason", "buying_off"],
    ["remote_service_id", null],
    ["attempts", 0],
  ]);
  expect(first?.period_start).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(second).toMatchObject({ licence: null, state: "NeedsOperator", reason: "bad_licence" });
});

test("--state leaves out the others", async () => {
  expect((await list("--state", "NeedsOperator")).map((row) => row.invoice_line_id)).toEqual([String(typo.lineId)]);
  expect(await list("--state", "Purchased")).toEqual([]);
});

test("people read a table and what each reason means", async () => {
  const { stdout } = await ispmodules(["purchases", "list"], settings);
  expect(stdout).toMatch(new RegExp(`Pending +buying_off +${ready.serviceId} `));
  expect(stdout).toContain("buying_off: Buying is switched off.");
  expect(stdout).toContain("bad_licence: ");
});

test("in shadow the request that would be sent is shown with its cost and without credentials", async () => {
  const shadow = await ispmodules(["buying", "shadow", "--paid-since", "2020-01-01"], settings);
  expect(shadow.status).toBe(0);
  const purchase = await stage.reach(ready.lineId, "Pending", "shadow");

  const shown = await show(purchase.id);
  expect(shown).toMatchObject({ id: purchase.id, state: "Pending", reason: "shadow", attempts: 0 });
  expect(shown.would_send).toEqual({
    request: {
      func: "addition.order.param",
      item: ready.licence,
      pricelist: "23221",
      period: "1",
      autoprolong: "null",
      skipbasket: "on",
      sok: "ok",
      clicked_button: "finish",
      remoteid: `im-${purchase.id}-1`,
      lang: "en",
      out: "xml",
    },
    cost: "10.00",
    currency: "EUR",
  });
  expect(stage.account.requests("addition.order.param")).toEqual([]);

  const { stdout } = await ispmodules(["purchases", "show", purchase.id], settings);
  expect(stdout).toContain("Would send, for 10.00 EUR");
  expect(stdout).toContain(`item=${ready.licence}`);
  expect(stdout + JSON.stringify(shown)).not.toContain(stage.account.password);
});

test("a bought module is shown with its whole history", async () => {
  const on = await ispmodules(["buying", "on", "--yes"], settings);
  expect(on.status).toBe(0);
  const purchase = await stage.reach(ready.lineId, "Purchased");
  expect(stage.account.debits()).toHaveLength(1);

  const shown = await show(purchase.id.toUpperCase());
  expect(shown).toMatchObject({ state: "Purchased", reason: null, action: "order", attempts: 1, remedy: null });
  expect(shown).not.toHaveProperty("would_send");
  expect(shown.history).toMatchObject({
    attempts: [{ n: 1, marker: `im-${purchase.id}-1`, cost: "10.00", currency: "EUR" }],
    outcomes: [{ n: 1, kind: "accepted", outcome: { kind: "accepted", moduleId: purchase.remoteServiceId } }],
  });

  const { status, stdout, stderr } = await ispmodules(["purchases", "show", purchase.id], settings);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const told = [
    "new -> Pending",
    "(shadow), by buyer",
    "Pending -> Sending",
    "attempt 1: order",
    "answer to attempt 1",
    "-> Purchased",
  ];
  expect(told.map((text) => stdout.indexOf(text)).filter((at) => at === -1)).toEqual([]);
});

test("what was done to its module is told under the purchases of the service it was done for", async () => {
  const { id, remoteServiceId } = await stage.purchaseOf(ready.lineId);
  expect((await ispmodules(["purchases", "show", id], settings)).stdout).not.toContain("Module at ispmanager");
  const step = { account: "main", moduleId: remoteServiceId ?? "", change: "suspend", detail: "" } as const;
  const { ledger } = stage.engine;
  await ledger.takeModuleStep({ ...step, n: 1, serviceRef: `h${ready.serviceId}`, step: "asked" });
  await ledger.takeModuleStep({ ...step, n: 2, serviceRef: `h${ready.serviceId}`, step: "refused", detail: "access" });
  await ledger.takeModuleStep({ ...step, n: 3, serviceRef: "h999999", step: "withdrawn" });
  const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
  expect((await show(id)).module_steps).toEqual([
    { day, change: "suspend", step: "asked", detail: "" },
    { day, change: "suspend", step: "refused", detail: "access" },
  ]);
  const { stdout } = await ispmodules(["purchases", "show", id], settings);
  expect(stdout).toMatch(
    /^Module at ispmanager \(UTC\)\n {2}\S+ {2}suspend: asked\n {2}\S+ {2}suspend: refused access$/m,
  );
});

test("an id that nobody has fails in one line", async () => {
  const { status, stdout, stderr } = await ispmodules(["purchases", "show", "aaaaaaaaaaaaaaaa", "--json"], settings);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe("no purchase has this id; `ispmodules purchases list` prints them\n");
});

test("a list longer than a pipe holds arrives whole", async () => {
  await stage.ledgerSql(`INSERT INTO mod_ispmodules_purchases
    (id, invoice_line_id, line_type, invoice_id, service_ref, product_id, state, version, state_since, not_before, created_at)
    SELECT LPAD(seq, 16, 'a'), 1000000 + seq, 'Hosting', seq, CONCAT('h', seq), 1, 'Ignored', 1,
      UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_3000`);
  const rows = await list("--state", "Ignored");
  expect(rows).toHaveLength(3000);
  expect(rows[2999]).toMatchObject({ id: "aaaaaaaaaaaa3000", service_id: "3000", period_start: null, licence: null });
});
