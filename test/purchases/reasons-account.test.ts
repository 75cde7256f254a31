import { beforeEach, describe, expect, it } from "vitest";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const tariff = "23221";

async function expectAsked(sold: Sold, reason: Parameters<Stage["reach"]>[2], debits = 0) {
  const asked = await stage.reach(sold.lineId, "NeedsOperator", reason);
  expect(stage.account.debits()).toHaveLength(debits);
  return asked;
}

async function expectBought(sold: Sold, debits = 1) {
  await stage.reach(sold.lineId, "Purchased");
  expect(stage.account.debits()).toHaveLength(debits);
}

describe("the licence", () => {
  it("is not ours until the account has it", async () => {
    const sold = await stage.sellPaid({ licence: "7654321" });
    await expectAsked(sold, "licence_not_ours");
    stage.account.addLicence({ id: "7654321" });
    await expectBought(sold);
  });

  it("is not ours before anything that a row of the account leaves open", async () => {
    const module = stage.account.addForeignModule({ licence: "", tariff });
    const sold = await stage.sellPaid({ licence: "7654321" });
    await expectAsked(sold, "licence_not_ours");
    stage.account.addLicence({ id: "7654321" });
    expect((await expectAsked(sold, "evidence_conflict")).detail).toMatchObject({ unresolved: [module] });
    stage.account.changeModule(module, { licence: "1234567" });
    await expectBought(sold);
  });

  it("with a module bought long ago is already provided for, until that module is deleted", async () => {
    const licence = stage.newLicence();
    const elder = stage.account.addForeignModule({
      licence,
      tariff,
      createdate: "2026-01-01",
      expiredate: "2099-01-01",
    });
    const sold = await stage.sellPaid({ licence });
    const asked = await expectAsked(sold, "already_owned");
    expect(asked.detail).toMatchObject({ modules: [{ id: elder }] });
    stage.account.changeModule(elder, { status: 4 });
    await expectBought(sold);
  });

  it("with a module of another tariff is free for this one", async () => {
    const licence = stage.newLicence();
    stage.account.addForeignModule({ licence, tariff: "55371", createdate: "2026-01-01" });
    await expectBought(await stage.sellPaid({ licence }));
  });

  it("that two active services name is bought for once", async () => {
    const first = await stage.sellPaid();
    await expectBought(first);
    const second = await stage.sellPaid({ licence: first.licence });
    await expectAsked(second, "already_owned", 1);
  });

  it("whose rows cannot be told from another's is not ordered for", async () => {
    stage.account.set({ item: "licence-name" });
    stage.account.addLicence({ id: "1111111", licname: "twin" });
    stage.account.addLicence({ id: "1111112", licname: "twin" });
    const module = stage.account.addForeignModule({ licence: "1111112", tariff });
    const sold = await stage.sellPaid({ licence: "1111111" });
    const asked = await expectAsked(sold, "evidence_conflict");
    expect(asked.detail).toMatchObject({ unresolved: [module] });
    stage.account.set({ item: "id" });
    await expectBought(sold);
  });
});

const drWeb = { name: "Dr.Web", intname: "drweb", itemtype: "41", currency: "EUR", costs: { 1: "4.50" } };

describe("a licence on which the module could not work is not ordered for:", () => {
  it("one that is stopped, until it runs again", async () => {
    const licence = stage.newLicence();
    stage.account.changeLicence(licence, { status: 3 });
    const sold = await stage.sellPaid({ licence });
    await expectAsked(sold, "licence_inactive");
    stage.account.changeLicence(licence, { status: 2 });
    await expectBought(sold);
  });

  it("one that is stopped, also when the account still lists the module that has lapsed", async () => {
    stage.account.set({ deletedRows: "shown" });
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    stage.account.changeModule(remoteServiceId ?? "", { status: 4 });
    stage.account.changeLicence(sold.licence, { status: 3 });
    await expectAsked({ ...sold, ...(await stage.renewPaid(sold.serviceId)) }, "licence_inactive", 1);
  });

  it("one of another address, until it or the service is moved", async () => {
    const addresses = ["2001:db8::1", "192.0.2.77", "::ffff:192.0.2.78", "192.0.2.79, 192.0.2.80"];
    for (const [place, ip] of addresses.entries()) {
      const sold = await stage.sellPaid({ ip });
      await expectAsked(sold, "licence_ip", place);
      const moved = ["2001:DB8:0:0::0001", "::ffff:192.0.2.77", "192.0.2.78", "192.0.2.80"][place] ?? "";
      stage.account.changeLicence(sold.licence, { ip: moved });
      await expectBought(sold, place + 1);
    }
    const typed = await stage.sellPaid({ ip: "192.0.2.77" });
    await expectAsked(typed, "licence_ip", addresses.length);
    await stage.shop.sql("UPDATE tblcustomfieldsvalues SET value = '' WHERE relid = ? AND value = '192.0.2.77'", [
      typed.serviceId,
    ]);
    await expectBought(typed, addresses.length + 1);
  });

  it.each([
    ["pro, by name", "55362", "ispmanager host", "ISPmanager Pro"],
    ["lite, by id", "55361", "55228", "55227"],
    ["host, in Russia", "55379", "ispmanager business", "ispmanager host"],
  ])("one of another edition than %s, until it is of that one", async (_, id, other, right) => {
    stage.account.setTariff({ ...drWeb, id });
    const prices = { USD: { monthly: "9.90" } };
    const { productId } = await stage.shop.addProduct({ name: "Dr.Web", options: [id, "drweb"], prices });
    const licence = stage.newLicence();
    stage.account.changeLicence(licence, { pricelist: other });
    const sold = await stage.sellPaid({ productId, licence });
    await expectAsked(sold, "licence_edition");
    stage.account.changeLicence(licence, { pricelist: right });
    await expectBought(sold);
  });

  it.each([
    ["nobody knows the edition", { pricelist: "ispmanager trial", ip: "192.0.2.77" }],
    ["the account names no address", { ip: "" }],
    ["the licence is bound to no server", { ip: "0.0.0.0" }],
    ["the account gives a name in the address's place", { ip: "web01.example.com" }],
  ])("not one of which %s", async (_, change) => {
    // An account that sells it for whatever edition.
    stage.account.setTariff({ ...drWeb, id: "55362" });
    const licence = stage.newLicence();
    stage.account.changeLicence(licence, change);
    await expectBought(await stage.sellPaid({ productId: stage.catalogue.products.drWeb, licence, ip: "192.0.2.77" }));
  });

  it("while a module that the service has already is renewed whatever became of the licence", async () => {
    const sold = await stage.sellPaid();
    await expectBought(sold);
    stage.account.changeLicence(sold.licence, { status: 3, ip: "203.0.113.9" });
    const next = await stage.renewPaid(sold.serviceId);
    await expectBought({ ...sold, lineId: next.lineId }, 2);
  });
});

describe("the price", () => {
  const sellCapped = async (cap: string, billingCycle: "Monthly" | "Annually" = "Monthly") => {
    const { productId } = await stage.shop.addProduct({
      name: `DDoS-GUARD up to ${cap}`,
      options: [tariff, "DDoSGUARD", "", cap],
      prices: { USD: { monthly: "15.00", annually: "160.00" } },
    });
    return { productId, sold: await stage.sellPaid({ productId, billingCycle }) };
  };
  const setCap = (productId: number, cap: string) =>
    stage.shop.sql("UPDATE tblproducts SET configoption4 = ? WHERE id = ?", [cap, productId]);

  it.each(["10.00", "10 EUR", "10,00 eur", "EUR 10.00"])("at the cap %j is paid", async (cap) => {
    await expectBought((await sellCapped(cap)).sold);
  });

  it.each(["9.99", "9.99 EUR", "100.00 USD"])("above the cap %j is not paid until the cap is raised", async (cap) => {
    const { productId, sold } = await sellCapped(cap);
    const asked = await expectAsked(sold, "price_above_cap");
    expect(asked.detail).toMatchObject({ cost: "10.0000", currency: "EUR" });
    await setCap(productId, "10 EUR");
    await expectBought(sold);
  });

  it("of twelve months may be twelve times the cap of one", async () => {
    await expectBought((await sellCapped("9.00 EUR", "Annually")).sold);
    const { sold } = await sellCapped("8.99 EUR", "Annually");
    await expectAsked(sold, "price_above_cap", 1);
  });

  it("that cannot be read blocks only where a cap is in force", async () => {
    stage.account.set({ refused: { "pricelist.export": { type: "access", object: "" } } });
    const { productId, sold } = await sellCapped("12.00");
    await expectAsked(sold, "price_unknown");
    await setCap(productId, "");
    await expectBought(sold);
  });

  it("of a period that the price list does not name is unknown", async () => {
    const annually = {
      id: tariff,
      name: "DDoS-GUARD",
      intname: "",
      itemtype: "41",
      currency: "EUR",
      costs: { 12: "9" },
    };
    stage.account.setTariff(annually);
    const { sold } = await sellCapped("12.00");
    await expectAsked(sold, "price_unknown");
    stage.account.setTariff({ ...annually, costs: { 1: "10.00" } });
    await expectBought(sold);
  });
});

describe("a period", () => {
  it("paid by two invoices is bought once, and the second is asked about", async () => {
    const sold = await stage.sellPaid();
    await expectBought(sold);
    const [line] = await stage.shop.sql("SELECT * FROM tblinvoiceitems WHERE id = ?", [sold.lineId]);
    const again = await stage.sell();
    const copy = { relid: sold.serviceId, duedate: String(line?.duedate) };
    await stage.shop.sql("UPDATE tblinvoiceitems SET ? WHERE id = ?", [copy, again.lineId]);
    await stage.shop.payInvoice(again.invoiceId);
    await expectAsked(again, "period_already_covered", 1);
  });

  it("paid twice before anything was bought is bought for whichever invoice stays paid", async () => {
    await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
    const sold = await stage.sellPaid();
    const again = await stage.sell();
    await stage.shop.sql("UPDATE tblinvoiceitems SET relid = ? WHERE id = ?", [sold.serviceId, again.lineId]);
    await stage.shop.payInvoice(again.invoiceId);
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.reach(again.lineId, "NeedsOperator", "period_already_covered");
    await stage.shop.refundInvoice(sold.invoiceId);
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "test" });
    await stage.reach(sold.lineId, "Refunded", "before_send");
    await expectBought(again);
  });

  it("that overlaps a bought one by a day is asked about", async () => {
    const sold = await stage.sellPaid({ billingCycle: "Annually" });
    await stage.reach(sold.lineId, "Purchased");
    const { invoiceId } = await stage.shop.issueRenewalInvoice(sold.serviceId);
    const lineId = await stage.lineOf(invoiceId);
    await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = duedate - INTERVAL 1 DAY WHERE id = ?", [lineId]);
    await stage.shop.payInvoice(invoiceId);
    await expectAsked({ ...sold, lineId }, "period_already_covered", 1);
  });
});

describe("a refusal of the order itself", () => {
  it("repeated three times is a case for a person, and a corrected licence goes on", async () => {
    const option = { id: "777", name: "Site builder", intname: "site", itemtype: "41", currency: "EUR" };
    stage.account.setTariff({ ...option, costs: { 1: "4.50" }, editions: ["ispmanager pro"] });
    const { productId } = await stage.shop.addProduct({
      name: "Site builder",
      options: ["777", "site"],
      prices: { USD: { monthly: "9.90" } },
    });
    const sold = await stage.sellPaid({ productId, licence: "1234570", ip: "" });
    const asked = await expectAsked(sold, "refused");
    expect(asked).toMatchObject({ attempts: 3, sends: 0 });
    await stage.settle(() => true);
    expect(stage.account.requests("addition.order.param")).toHaveLength(3);
    await stage.shop.setLicence(sold.serviceId, "1234568");
    await expectBought(sold);
  });
});
