// Is a module bought at the account that has its licence, and does an account in trouble keep its trouble to itself?
import { describe, expect, it } from "vitest";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import type { Sold } from "../stage.ts";
import { type Two, useTwoAccounts } from "./two.ts";

const raise = useTwoAccounts();
let two: Two;
const tariff = "23221";

const bought = (sold: Pick<Sold, "lineId">) => two.reach(sold.lineId, "Purchased");
const waits = (sold: Pick<Sold, "lineId">, reason: Purchase["reason"]) => two.reach(sold.lineId, "Pending", reason);
const orders = () => [two.account, two.ru].map((account) => account.requests("addition.order.param").length);
const accountOf = async ({ id }: Purchase) => (await two.engine.ledger.listAccountsOf([id])).get(id);

describe("a licence", () => {
  it("has its modules bought and renewed where it is; modules of the same number are two", async () => {
    two = await raise();
    const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
    const [atMain, atRu] = [await bought(here), await bought(there)];
    expect(two.debits()).toEqual({ main: ["order"], ru: ["order"] });
    expect([await accountOf(atMain), await accountOf(atRu)]).toEqual(["main", "ru"]);
    expect(atRu.remoteServiceId).toBe(atMain.remoteServiceId);
    const asked = two.account.requests().length;
    await bought(await two.renewPaid(there.serviceId));
    expect(two.debits()).toEqual({ main: ["order"], ru: ["order", "renewal"] });
    expect(two.account.requests().length).toBe(asked);
  });

  it("that both accounts have comes before a person, and a deleted one does not count", async () => {
    two = await raise({ account: { variants: { deletedRows: "shown" } } });
    const [both, moved] = [two.newLicence(), two.newLicence()];
    two.ru.addLicence({ id: both });
    two.ru.addLicence({ id: moved, status: 4 });
    const sold = await two.sellPaid({ licence: both });
    const asked = await two.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    expect([asked.detail, orders()]).toEqual([{ in_accounts: ["main", "ru"] }, [0, 0]]);
    await bought(await two.sellPaid({ licence: moved }));
    expect(two.debits()).toEqual({ main: ["order"], ru: [] });
  });

  it("that no account has comes before a person", async () => {
    two = await raise();
    const sold = await two.sellPaid({ licence: "7654321" });
    const asked = await two.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    expect(asked.detail).toEqual({ not_in_accounts: ["main", "ru"] });
    expect(orders()).toEqual([0, 0]);
  });

  it("whose account does not list the tariff comes before a person, and nothing is tried", async () => {
    two = await raise({ account: { tariffs: [] } });
    two.account.setTariff({
      ...{ id: tariff, name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "41", currency: "EUR" },
      costs: { 1: "10.00" },
    });
    const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
    await bought(here);
    const asked = await two.reach(there.lineId, "NeedsOperator", "price_unknown");
    expect([asked.detail, two.debits()]).toEqual([{ account: "ru" }, { main: ["order"], ru: [] }]);
  });
});

describe("an account that is away", () => {
  it("keeps orders waiting, whichever account may have the licence, and no renewal of the other", async () => {
    two = await raise();
    const here = await two.sellPaid();
    await bought(here);
    await two.ru.refuseConnections();
    const [next, order] = [await two.renewPaid(here.serviceId), await two.sellPaid()];
    await bought(next);
    expect((await waits(order, "account_unreachable")).detail).toEqual({ account: "ru" });
    expect(two.debits()).toEqual({ main: ["order", "renewal"], ru: [] });
    await two.ru.acceptConnections();
    await bought(order);
    expect(two.debits()).toEqual({ main: ["order", "renewal", "order"], ru: [] });
  });
});

describe("a short balance", () => {
  it("puts the oldest period of its own account first, and keeps no purchase of the other", async () => {
    two = await raise();
    two.ru.setBalance("1.00");
    const there = await two.sellPaidAtRu();
    expect((await waits(there, "awaiting_balance")).detail).toEqual({ account: "ru" });
    await bought(await two.sellPaid());
    two.ru.topUp("100.00");
    await bought(there);
    expect(two.debits()).toEqual({ main: ["order"], ru: ["order"] });
  });
});

describe("a pause", () => {
  it("for want of money is one account's", async () => {
    two = await raise({ settings: { RETRY_SECONDS: "100" } });
    const refusal = { kind: "refused", type: "not_enough_money" } as const;
    const fault = two.ru.arm({ func: "addition.order.param", fault: refusal, times: 9 });
    const there = await two.sellPaidAtRu();
    await waits(there, "awaiting_balance");
    const pauses = () => Promise.all(["main", "ru"].map((name) => two.engine.ledger.readPause(name)));
    expect(await pauses()).toMatchObject([null, { account: "ru", reason: "awaiting_balance" }]);
    await bought(await two.sellPaid());
    await waits(await two.sellPaidAtRu(), "awaiting_balance");
    expect([orders(), fault.fired()]).toEqual([[1, 1], 1]);
    fault.disarm();
    await two.engine.ledger.resumeAccount("ru");
    await bought(there);
    expect(two.debits()).toMatchObject({ main: ["order"] });
  });

  it("for a refused login keeps orders of all waiting and renewals of the others not, and ends when it is taken", async () => {
    two = await raise();
    const here = await two.sellPaid();
    await bought(here);
    const fault = two.ru.arm({ func: "soft", fault: { kind: "refused", type: "auth" }, times: 1_000 });
    const [next, order] = [await two.renewPaid(here.serviceId), await two.sellPaid()];
    expect((await waits(order, "account_paused")).detail).toEqual({ account: "ru" });
    await bought(next);
    expect(await two.engine.ledger.readPause("main")).toBeNull();
    fault.disarm();
    await bought(order);
    expect([await two.engine.ledger.readPause("ru"), two.debits().ru]).toEqual([null, []]);
  });
});

it("a spending cap is each account's", async () => {
  two = await raise({ settings: { SPEND_CAP_DAY: "15" } });
  await bought(await two.sellPaid());
  await waits(await two.sellPaid(), "spend_cap");
  await bought(await two.sellPaidAtRu());
  expect(two.debits()).toEqual({ main: ["order"], ru: ["order"] });
});

it("an order whose answer was lost is looked for where it was sent, and found once", async () => {
  two = await raise();
  const fault = two.ru.arm({ func: "addition.order.param", fault: "lost-after" });
  await bought(await two.sellPaidAtRu());
  expect([fault.fired(), two.debits()]).toEqual([1, { main: [], ru: ["order"] }]);
  expect(two.account.requests().map(({ func }) => func)).toEqual(["soft"]);
});
