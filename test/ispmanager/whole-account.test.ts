// Does every question and every purchase work on a whole billing account, in each way real ones may differ?
import { describe, expect, onTestFinished, test } from "vitest";
import type { Account, Outcome } from "../../src/ispmanager/account.ts";
import { type SimulatedAccount, startAccount } from "../../src/sandbox/account/account.ts";
import type { Fault, SimpleFault } from "../../src/sandbox/account/faults.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { accountAt } from "./far-side.ts";

const order = { licence: "1234567", tariff: "23221", periodMonths: 1, marker: "im-abcdefghijklmnop-1", extra: {} };
const due = () => true;

async function open(variants: Partial<Variants> = {}, orderMs = 5_000): Promise<[SimulatedAccount, Account]> {
  const simulated = await startAccount({ variants });
  onTestFinished(() => simulated.close());
  const { login, password } = simulated;
  const timeouts = { readMs: 5_000, orderMs };
  return [simulated, accountAt(new URL(simulated.url).origin, { login, password, timeouts })];
}

async function onlyModule(account: Account) {
  const modules = await account.listModules();
  if (modules.kind !== "ok") throw new Error(`unreadable: ${JSON.stringify(modules)}`);
  expect(modules.value).toHaveLength(1);
  return modules.value[0];
}

describe("a module is bought, found, shown and renewed", () => {
  const variants: [string, Partial<Variants>][] = [
    ["as documented", {}],
    ["with names in the place of ids", { pricelist: "id-and-name", item: "licence-name" }],
    ["with the tariff's id alone", { pricelist: "id", item: "ip" }],
    ["with the tariff's number in its own field", { pricelist: "pricelist_id" }],
    ["with status as text", { status: "text" }],
    ["with status as code", { status: "code" }],
    ["with localised days", { expiredate: "localised" }],
    ["with its marker in the list", { remoteid: "both" }],
    ["with two rows a page", { paging: { size: 2, honoursCount: false, honoursNumber: true } }],
    ["with auto-renewal shown as nothing", { autoprolongOff: "empty" }],
    ["with auto-renewal not shown", { autoprolongOff: "absent" }],
    ["with flat renewal answers", { renewalReply: "flat" }],
    ["with bare renewal answers", { renewalReply: "ok" }],
  ];
  test.each(variants)("%s", async (_name, variant) => {
    const [simulated, account] = await open(variant);
    const ordered = await account.order(order, due);
    const [bought] = simulated.modules();
    expect(ordered).toEqual({ kind: "accepted", moduleId: bought?.id, newExpiry: null });

    const row = await onlyModule(account);
    expect(row).toMatchObject({ id: bought?.id, tariff: "23221", status: 2, expiresOn: bought?.expiredate });
    expect(row?.createdOn).toBe(bought?.createdate);
    expect(row?.hasAutoRenewal).toBe(variant.autoprolongOff === "absent" ? null : false);
    expect(row?.remoteid).toBe(variant.remoteid === "both" ? order.marker : null);
    const form = await account.readModule(bought?.id ?? "");
    expect(form).toMatchObject({ kind: "ok", value: { tariff: "23221", remoteid: order.marker, status: 2 } });

    const renewal = { moduleId: bought?.id ?? "", periodMonths: 6 };
    const preview = await account.previewRenewal(renewal);
    expect(simulated.debits()).toHaveLength(1);
    const renewed = await account.renew(renewal, due);
    const { expiredate } = simulated.modules()[0] ?? {};
    expect(preview).toEqual({ kind: "ok", value: { newExpiry: expiredate } });
    expect(renewed).toEqual({
      kind: "accepted",
      moduleId: null,
      newExpiry: variant.renewalReply === "ok" ? null : expiredate,
    });
    expect(simulated.debits().map(({ kind, amount }) => [kind, amount])).toEqual([
      ["order", "10.00"],
      ["renewal", "57.00"],
    ]);
    expect(simulated.requests().some(({ credentialsInUrl, method }) => credentialsInUrl || method !== "POST")).toBe(
      false,
    );
  });

  test("though its tariff is shown by name only, in its form by number", async () => {
    const [, account] = await open({ pricelist: "name" });
    await account.order(order, due);
    const row = await onlyModule(account);
    expect(row).toMatchObject({ tariff: null, tariffName: "DDoS-GUARD" });
    expect(await account.readModule(row?.id ?? "")).toMatchObject({ kind: "ok", value: { tariff: "23221" } });
  });
});

describe("the answer to an order", () => {
  test.each(["id-and-billorder", "id", "elid", "nested", "id-v", "bare-id"] as const)(
    "shaped %s is accepted",
    async (orderReply) => {
      const [simulated, account] = await open({ orderReply });
      const outcome = await account.order(order, due);
      expect(outcome).toEqual({ kind: "accepted", moduleId: simulated.modules()[0]?.id, newExpiry: null });
    },
  );

  test.each(["billorder", "ok"] as const)(
    "shaped %s is unknown, though the order was carried out",
    async (orderReply) => {
      const [simulated, account] = await open({ orderReply });
      expect(await account.order(order, due)).toEqual({ kind: "unknown", detail: "no id" });
      expect(simulated.debits()).toHaveLength(1);
    },
  );
});

test("licences, tariffs and an empty cart are read", async () => {
  const [simulated, account] = await open({ paging: { size: 2, honoursCount: false, honoursNumber: true } });
  const licences = await account.listLicences();
  expect(licences.kind === "ok" && licences.value.map(({ id }) => id)).toEqual([
    "1234567",
    "1234568",
    "1234569",
    "1234570",
    "1234571",
  ]);
  const tariffs = await account.listTariffs();
  const [first] = tariffs.kind === "ok" ? tariffs.value : [];
  expect(first).toMatchObject({ id: "23221", name: "DDoS-GUARD", currency: "EUR" });
  expect([...(first?.costs ?? [])]).toEqual([
    [1, expect.stringMatching(/^10\.00/)],
    [6, expect.stringMatching(/^57\.00/)],
    [12, expect.stringMatching(/^108\.00/)],
  ]);
  expect(await account.readCart()).toEqual({ kind: "ok", value: [] });
  expect(simulated.requests("soft")).toHaveLength(3);
});

test("a list whose pages cannot be asked for is unreadable, not short", async () => {
  const [, account] = await open({ paging: { size: 2, honoursCount: false, honoursNumber: false } });
  expect(await account.listLicences()).toEqual({ kind: "unreadable", detail: "fewer rows than announced" });
});

test("a renewal that lands in the cart is seen there", async () => {
  const [simulated, account] = await open({ renewal: "cart" });
  const moduleId = simulated.addForeignModule({ licence: "1234567", tariff: "23221" });
  expect(await account.renew({ moduleId, periodMonths: 1 }, due)).toMatchObject({ kind: "accepted" });
  const cart = await account.readCart();
  expect(cart.kind === "ok" && cart.value.map(({ fields }) => fields.get("item.id"))).toEqual([moduleId]);
  expect(simulated.debits()).toEqual([]);
});

describe("the balance is read", () => {
  test.each(["point", "comma", "spaced", "bare"] as const)(
    "in the format %s, wherever it is shown",
    async (balanceFormat) => {
      for (const balanceIn of ["dashboard", "whoami", "both"] as const) {
        const [simulated, account] = await open({ balanceFormat, balanceIn });
        simulated.setBalance("1234567.80");
        const currency = balanceFormat === "bare" ? null : "EUR";
        expect(await account.readBalance()).toEqual({ kind: "ok", value: { amount: "1234567.80", currency } });
      }
    },
  );

  test("as unreadable where it is not shown", async () => {
    const [, account] = await open({ balanceIn: "neither" });
    expect(await account.readBalance()).toEqual({ kind: "unreadable", detail: "no amount" });
  });
});

describe("auto-renewal", () => {
  test("is switched off", async () => {
    const [simulated, account] = await open();
    const id = simulated.addForeignModule({ licence: "1234567", tariff: "23221", autoprolong: 1 });
    expect(await account.readModule(id)).toMatchObject({ value: { hasAutoRenewal: true } });
    expect(await account.stopAutoRenewal(id)).toEqual({ kind: "ok", value: null });
    expect(simulated.modules()[0]?.autoprolong).toBeNull();
  });

  test("that may not be changed says so", async () => {
    const [simulated, account] = await open({ autoprolongChange: "refused" });
    const id = simulated.addForeignModule({ licence: "1234567", tariff: "23221", autoprolong: 1 });
    expect(await account.stopAutoRenewal(id)).toEqual({ kind: "refused", errorType: "access" });
  });
});

describe("a refused order has charged nothing:", () => {
  const refusals: [string, Partial<Variants>, Partial<typeof order>, string][] = [
    ["no money", {}, {}, "not_enough_money"],
    ["an unknown licence", {}, { licence: "9999999" }, "missed"],
    ["the wrong edition", {}, { tariff: "55362", licence: "1234570" }, "value"],
    ["no right to the function", { postRefused: ["addition.order.param"] }, {}, "access"],
  ];
  test.each(refusals)("%s", async (what, variant, change, errorType) => {
    for (const errorShape of ["full", "bare"] as const) {
      const [simulated, account] = await open({ ...variant, errorShape });
      if (what === "no money") simulated.setBalance("3.50");
      const outcome = await account.order({ ...order, ...change }, due);
      expect(outcome).toEqual({ kind: "refused", errorType, until: null, detail: `error ${errorType}` });
      expect(simulated.debits()).toEqual([]);
    }
  });

  test("a wrong password", async () => {
    const [simulated] = await open();
    const account = accountAt(new URL(simulated.url).origin, { login: simulated.login });
    expect(await account.order(order, due)).toMatchObject({ kind: "refused", errorType: "auth" });
    expect(await account.listModules()).toEqual({ kind: "refused", errorType: "auth" });
  });

  test("too early to renew, with the day from which it may be", async () => {
    const error = { type: "prolong_too_early", object: "elid" };
    const [simulated, account] = await open({ renewalWindow: { daysBeforeExpiry: 5, error, refusesForm: false } });
    const moduleId = simulated.addForeignModule({ licence: "1234567", tariff: "23221" });
    const outcome = await account.renew({ moduleId, periodMonths: 1 }, due);
    expect(outcome).toMatchObject({
      kind: "refused",
      errorType: error.type,
      until: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    });
  });

  test("a refusal under an error status is unknown all the same", async () => {
    const [, account] = await open({ errorStatus: 400 });
    expect(await account.order({ ...order, licence: "9999999" }, due)).toEqual({ kind: "unknown", detail: "http 400" });
  });

  test("a second order refused as existing is unknown", async () => {
    const [simulated, account] = await open({ alreadyThere: { type: "exists", object: "item" } });
    await account.order(order, due);
    expect(await account.order(order, due)).toEqual({ kind: "unknown", detail: "error exists" });
    expect(simulated.debits()).toHaveLength(1);
  });
});

describe("an order whose answer is lost is unknown, sent once, and the list then tells:", () => {
  const faults: [Fault | SimpleFault, number][] = [
    [{ kind: "lost-before" }, 0],
    [{ kind: "lost-before", how: "reset" }, 0],
    [{ kind: "lost-after" }, 1],
    [{ kind: "lost-after", how: "reset" }, 1],
    ["reset-mid-reply", 1],
    [{ kind: "late", answer: "close" }, 0],
    [{ kind: "hang" }, 1],
    [{ kind: "hang", execution: "never" }, 0],
    [{ kind: "bad-gateway", isExecuted: true }, 1],
    [{ kind: "bad-gateway", isExecuted: false }, 0],
    [{ kind: "too-many-requests", isExecuted: true }, 1],
    [{ kind: "http-status", status: 500 }, 1],
    [{ kind: "redirect" }, 0],
    ["truncated", 1],
    ["without-id", 1],
    ["huge", 1],
    [{ kind: "trickle", bytes: 1, everyMs: 20 }, 1],
    [{ kind: "bad-xml", what: "doctype" }, 1],
    [{ kind: "bad-xml", what: "entity-bomb" }, 1],
    [{ kind: "bad-xml", what: "html" }, 1],
    [{ kind: "bad-xml", what: "empty" }, 1],
    [{ kind: "bad-xml", what: "prototype" }, 1],
    [{ kind: "bad-xml", what: "deep" }, 1],
  ];
  test.each(faults)("%j", async (fault, modules) => {
    const [simulated, account] = await open({}, 100);
    const armed = simulated.arm({ func: "addition.order.param", fault });
    const outcome: Outcome = await account.order(order, due);
    expect(outcome.kind).toBe("unknown");
    expect(armed.fired()).toBe(1);
    expect(simulated.requests("addition.order.param")).toHaveLength(1);
    expect(simulated.debits()).toHaveLength(modules);
    const list = await account.listModules();
    expect(list.kind === "ok" && list.value.length).toBe(modules);
  });

  test("refused connections are known not to have carried it", async () => {
    const [simulated, account] = await open();
    await simulated.refuseConnections();
    expect(await account.order(order, due)).toEqual({ kind: "not-sent", detail: "ECONNREFUSED" });
    await simulated.acceptConnections();
    expect(simulated.requests()).toEqual([]);
  });
});

describe("a list is unreadable, never short, when", () => {
  test.each(["missing-rows", "duplicate-rows", "truncated", "bad-gateway", "lost-after", "huge"] as const)(
    "%s",
    async (fault) => {
      const [simulated, account] = await open();
      simulated.addForeignModule({ licence: "1234567", tariff: "23221" });
      simulated.addForeignModule({ licence: "1234568", tariff: "23221" });
      const armed = simulated.arm({ func: "addition", fault, times: 2 });
      expect(await account.listModules()).toMatchObject({ kind: "unreadable" });
      expect(armed.fired()).toBeGreaterThan(0);
      armed.disarm();
      const list = await account.listModules();
      expect(list.kind === "ok" && list.value.length).toBe(2);
    },
  );
});
