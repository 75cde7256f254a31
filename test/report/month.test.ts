// Do a month's sums equal what the account has debited, to the last decimal, whatever went wrong in between?
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/database/connection.ts";
import { addMoney, type Decimal } from "../../src/money.ts";
import { readAttempts, readEvents } from "../../src/purchases/ledger/spending.ts";
import { spanOf } from "../../src/report/month.ts";
import type { OrderItem } from "../../src/sandbox/shop/orders.ts";
import { ispmodules } from "../cli/program.ts";
import { createStage, type Sold, type Stage } from "../purchases/stage.ts";

interface Printed {
  readonly rows: readonly Record<string, unknown>[];
  readonly costs: Record<string, Decimal>;
  readonly [list: string]: unknown;
}

let stage: Stage;
let month: string;
const sold: Record<"answered" | "lost" | "refused" | "inEuro" | "refunded" | "free" | "gone" | "byHand", Sold> =
  {} as never;
const idOf = async ({ lineId }: Sold) => (await stage.purchaseOf(lineId)).id;

async function print(of = month): Promise<Printed> {
  const { status, stdout, stderr } = await ispmodules(["report", "--month", of, "--json"], stage.environment);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Printed;
}

async function buy(item: Partial<OrderItem> & { clientId?: number } = {}): Promise<Sold> {
  const order = await stage.sellPaid(item);
  await stage.reach(order.lineId, "Purchased");
  return order;
}

beforeAll(async () => {
  stage = await createStage();
  month = new Date().toISOString().slice(0, 7);
  const { account, shop } = stage;
  const [, inEuro = 0] = stage.catalogue.clientIds;
  // Costs with four decimals show what a float, or a rounding, would make of them.
  account.setTariff({ ...dear, costs: { 1: "10.01", 6: "57.00", 12: "108.00" } });
  sold.answered = await buy();
  const lost = account.arm({ func: "addition.order.param", fault: "lost-after" });
  sold.lost = await buy();
  const refused = account.arm({ func: "addition.order.param", fault: { kind: "refused", type: "value" } });
  sold.refused = await buy();
  expect([lost.fired(), refused.fired()]).toEqual([1, 1]);
  sold.inEuro = await buy({ clientId: inEuro });
  const next = await stage.renewPaid(sold.inEuro.serviceId);
  await stage.reach(next.lineId, "Purchased");
  sold.refunded = await buy();
  await shop.refundInvoice(sold.refunded.invoiceId);
  await stage.settle(() => true);
  const { productId } = await shop.addProduct({
    name: "BitNinja, given away",
    options: ["55371", "bitninja", "", "", "", "", "allow"],
    prices: { USD: { monthly: "0.10" } },
  });
  sold.free = await buy({ productId });
  sold.gone = await buy();
  await shop.deleteLine(sold.gone.lineId);
  const licence = stage.newLicence();
  account.addForeignModule({ licence, tariff: "55362" });
  sold.byHand = await stage.sellPaid({ licence, productId: stage.catalogue.products.drWeb });
  await stage.reach(sold.byHand.lineId, "Purchased", "manual");
  account.addForeignModule({ licence: stage.newLicence(), tariff: "55362" });
});

afterAll(() => stage?.end());

const dear = { id: "23221", name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "41", currency: "EUR" };

const debited = () => stage.account.debits().reduce((sum, { amount }) => addMoney(sum, amount), "0");

it("the costs of all rows are the account's debits, and each row's those of its module", async () => {
  const { rows, costs, unclear } = await print();
  expect(costs).toEqual({ EUR: debited() });
  for (const tariff of ["23221", "55371"]) {
    const own = rows
      .filter((row) => row.tariff === tariff)
      .flatMap(({ cost }) => (cost === null ? [] : [String(cost)]));
    const paid = stage.account.debits().filter((debit) => debit.tariff === tariff);
    expect(own.reduce(addMoney, "0")).toBe(paid.reduce((sum, { amount }) => addMoney(sum, amount), "0"));
  }
  expect(unclear).toEqual([]);
});

it("each module stands with what its customers paid, in their currency", async () => {
  const { rows } = await print();
  const [inUsd, inEur] = ["USD", "EUR"].map((currency) =>
    rows.find((row) => row.tariff === "23221" && row.currency === currency && row.cost !== null),
  );
  // Four orders of 15.00 USD, of which the exchange rate makes 13.80 EUR; the refunded one has cost all the same.
  expect(inUsd).toMatchObject({
    additionintname: "DDoSGUARD",
    name: "DDoS-GUARD",
    orders: 4,
    renewals: 0,
    sold: "60.00",
    cost: "40.04",
    cost_currency: "EUR",
    margin: "15.16",
  });
  expect(inEur).toMatchObject({ orders: 1, renewals: 1, sold: "27.60", cost: "20.02", margin: "7.58" });
});

it("refunds, losses, what staff bought and what nobody claims are told apart", async () => {
  const printed = await print();
  const all = (name: string) => printed.rows.reduce((sum, row) => sum + Number(row[name]), 0);
  expect([all("refunds"), all("losses"), all("bought_by_hand"), all("orphans")]).toEqual([1, 1, 1, 1]);
  expect(printed.rows.find(({ refunds }) => refunds === 1)).toMatchObject({ currency: "USD", refunded: "15.00" });
  expect(printed.rows.find(({ bought_by_hand }) => bought_by_hand === 1)).toMatchObject({
    tariff: "55362",
    cost: null,
    sold: "0.00",
    sold_by_hand: "9.90",
  });
  expect(printed.losses).toEqual([await idOf(sold.free)]);
  expect(printed.bought_by_hand).toEqual([await idOf(sold.byHand)]);
});

it("a line that is gone from WHMCS is counted, its cost too, and its margin is not guessed", async () => {
  const printed = await print();
  expect(printed.lines_gone).toEqual([await idOf(sold.gone)]);
  const row = printed.rows.find(({ lines_gone }) => lines_gone === 1);
  expect(row).toMatchObject({ currency: null, sold: null, orders: 1, cost: "10.01", margin: null });
});

it("a month without requests is empty, and one that is no month says what to write", async () => {
  expect(await print("2020-01")).toMatchObject({ rows: [], costs: {} });
  for (const words of [["--month", "2026-13"], ["--month", "November"], []]) {
    const { status, stderr } = await ispmodules(["report", ...words], stage.environment);
    expect({ status, stderr }).toMatchObject({ status: 64, stderr: expect.stringContaining("--month 2026-11") });
  }
});

it("what spreadsheets open has the same rows", async () => {
  await stage.shop.sql("UPDATE tblproducts SET name = 'Dr.Web \"pro\", new' WHERE name = 'Dr.Web pro'");
  const { rows } = await print();
  const { stdout } = await ispmodules(["report", "--month", month, "--csv"], stage.environment);
  const [heading = "", ...lines] = stdout.trimEnd().split("\r\n");
  expect(lines).toHaveLength(rows.length);
  expect(heading.split(",").slice(0, 5)).toEqual(["tariff", "additionintname", "name", "currency", "sold"]);
  expect(lines).toContain("23221,DDoSGUARD,DDoS-GUARD,EUR,27.60,1,1,EUR,20.02,7.58,0,0,0.00,0,0.00,0,0,0");
  expect(stdout).toContain('55362,drwebpro,"Dr.Web ""pro"", new",USD,');
});

it("a ledger of many pages is read whole, and nothing twice, also of one moment", async () => {
  await stage.ledgerSql("UPDATE mod_ispmodules_attempts SET created_at = ? WHERE n = 1", [`${month}-01 00:00:00`]);
  const database = openDatabase({ name: "ledger", url: stage.environment.LEDGER_DATABASE_URL ?? "", connections: 1 });
  onTestFinished(() => database.close());
  const span = spanOf(month) ?? { from: "", until: "" };
  const read = async (rowsPerPage: number) => {
    const pages = [];
    for await (const page of readAttempts(database, span, rowsPerPage)) pages.push(page);
    const events = [];
    for await (const page of readEvents(database, span, rowsPerPage)) events.push(page);
    return { pages, attempts: pages.flat(), events: events.flat() };
  };
  const whole = await read(1_000);
  expect(whole.attempts).toHaveLength(9);
  expect(whole.events.map(({ kind }) => kind).sort()).toEqual(["by-hand", "reversed"]);
  const { pages, attempts, events } = await read(4);
  expect(pages.map((page) => page.length)).toEqual([4, 4, 1]);
  expect({ attempts, events }).toEqual({ attempts: whole.attempts, events: whole.events });
});

// Takes what the ledger knows of costs away: keep it last.
it("a cost that nobody knew is listed apart and stands in no sum", async () => {
  const id = await idOf(sold.answered);
  await stage.ledgerSql("UPDATE mod_ispmodules_attempts SET cost = NULL, currency = NULL WHERE purchase_id = ?", [id]);
  const { rows, costs, cost_unknown } = await print();
  expect(cost_unknown).toEqual([id]);
  expect(costs.EUR).toBe(addMoney(debited(), "-10.01"));
  const row = rows.find((each) => each.cost_unknown === 1);
  expect(row).toMatchObject({ tariff: "23221", orders: 1, sold: "15.00", cost: null, margin: null });
});
