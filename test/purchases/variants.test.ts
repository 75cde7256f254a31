import { describe, expect, it } from "vitest";
import { addMonths } from "../../src/purchases/period.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { OrderReply, Variants } from "../../src/sandbox/account/variants.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (variants: Partial<Variants>) => {
  stage = await raise({ account: { variants } });
};
const kinds = () => stage.account.debits().map(({ kind }) => kind);

/** Bought and renewed, among modules of other customers; the order's answer lost, so that the lists must be understood. */
async function expectBoughtAndRenewed() {
  const { account } = stage;
  for (const licence of ["1234569", "1234570"]) account.addForeignModule({ licence, tariff: "23221" });
  account.addForeignModule({ licence: "1234567", tariff: "55371" });
  const lost = account.arm({ func: "addition.order.param", fault: "lost-after" });
  const sold = await stage.sellPaid({ licence: "1234567" });
  const first = await stage.reach(sold.lineId, "Purchased");
  const next = await stage.renewPaid(sold.serviceId);
  const second = await stage.reach(next.lineId, "Purchased");
  expect(lost.fired()).toBe(1);
  expect(second).toMatchObject({ action: "renew", remoteServiceId: first.remoteServiceId });
  expect(kinds()).toEqual(["order", "renewal"]);
}

const lists: [string, Partial<Variants>][] = [
  ["licences by name, tariffs by name and number", { item: "licence-name", pricelist: "name-and-id" }],
  ["licences by address, tariffs by number and name", { item: "ip", pricelist: "id-and-name" }],
  ["tariffs by name only, and deleted rows", { pricelist: "name", deletedRows: "shown", unpaidRows: "shown" }],
  ["tariffs by number only, and localised dates", { pricelist: "id", expiredate: "localised" }],
  ["tariffs in another field, and statuses as text", { pricelist: "pricelist_id", status: "text" }],
  ["statuses as codes, and auto-renewal as empty text", { status: "code", autoprolongOff: "empty" }],
  ["no word of auto-renewal that is off", { autoprolongOff: "absent" }],
  ["two rows on a page", { paging: { size: 2, honoursCount: false, honoursNumber: true } }],
  ["our marker in the list", { remoteid: "list" }],
  ["our marker nowhere", { remoteid: "none" }],
];

describe("an account whose list shows", () => {
  it.each(lists)("%s is understood", async (_, variants) => {
    await begin(variants);
    await expectBoughtAndRenewed();
  });

  it("only the first page again and again is not believed", async () => {
    await begin({ paging: { size: 2, honoursCount: false, honoursNumber: false } });
    for (const licence of ["1234568", "1234569", "1234570"]) {
      stage.account.addForeignModule({ licence, tariff: "23221" });
    }
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "account_unreachable");
    expect(kinds()).toEqual([]);
  });
});

const ways: [string, Partial<Variants>][] = [
  ["answers renewals in a flat document", { renewalReply: "flat" }],
  ["answers renewals with ok and announces no date", { renewalReply: "ok", renewalForm: "silent" }],
  ["takes its time to activate and to renew", { activationMs: 200, renewalMs: 200 }],
  ["shows its balance to whoami only, and adds tax", { balanceIn: "whoami", balanceFormat: "comma", taxPercent: "20" }],
];

describe("an account that", () => {
  it.each(ways)("%s is bought from and renewed at", async (_, variants) => {
    await begin(variants);
    await expectBoughtAndRenewed();
  });

  it.each<[OrderReply, boolean]>([
    ["id-and-billorder", true],
    ["id", true],
    ["elid", true],
    ["nested", true],
    ["id-v", true],
    ["bare-id", true],
    ["billorder", false],
    ["ok", false],
  ])("answers an order by %j is bought from once", async (orderReply, isUnderstood) => {
    await begin({ orderReply });
    const sold = await stage.sellPaid();
    const purchase = await stage.reach(sold.lineId, "Purchased");
    const [outcome] = await stage.ledgerSql("SELECT kind FROM mod_ispmodules_outcomes");
    expect(outcome?.kind).toBe(isUnderstood ? "accepted" : "unknown");
    expect(purchase.remoteServiceId).toBe(stage.account.modules()[0]?.id);
    expect(kinds()).toEqual(["order"]);
  });
});

describe("auto-renewal", () => {
  const modules = () => stage.account.modules();

  it("that the account switches on by itself is switched off", async () => {
    await begin({ autoprolongNull: "ignored" });
    const sold = await stage.sellPaid();
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ hasAutoRenewal: false });
    expect(modules()).toMatchObject([{ autoprolong: null }]);
  });

  it.each(["refused", "ignored"] as const)(
    "whose switching off is %s is flagged and blocks nothing",
    async (change) => {
      await begin({ autoprolongNull: "ignored", autoprolongChange: change });
      const sold = await stage.sellPaid();
      expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ hasAutoRenewal: true });
      const next = await stage.renewPaid(sold.serviceId);
      expect(await stage.reach(next.lineId, "Purchased")).toMatchObject({ action: "renew", hasAutoRenewal: true });
      expect(kinds()).toEqual(["order", "renewal"]);
      expect(modules()).toMatchObject([{ autoprolong: 1 }]);
    },
  );

  it("that stays on is not asked for again by each check of a renewal that waits", async () => {
    await begin({ autoprolongNull: "ignored", autoprolongChange: "refused" });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    await stage.engine.ledger.setBuying({ position: "shadow", paidSince: null, actor: "test", why: "test" });
    const next = await stage.renewPaid(sold.serviceId);
    const { id } = await stage.reach(next.lineId, "Pending", "shadow");
    const tries = () => stage.account.requests("addition.edit").filter(({ params }) => isCommit(params)).length;
    const before = tries();
    for (let checks = 0; checks < 3; checks++) {
      await stage.engine.ledger.wake([id]);
      await stage.round();
    }
    expect(tries()).toBe(before);
  });

  it("found on before a renewal is switched off before it", async () => {
    await begin({});
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    stage.account.changeModule(String(remoteServiceId), { autoprolong: 1 });
    const renewed = stage.account.nextRequest("service.prolong", ({ params }) => isCommit(params));
    const next = await stage.renewPaid(sold.serviceId);
    const playing = stage.reach(next.lineId, "Purchased");
    await renewed;
    expect(modules()).toMatchObject([{ autoprolong: null }]);
    await playing;
  });
});

describe("a form without sok", () => {
  it("that renews stops all buying, and the charge it made pays for the period in the end", async () => {
    await begin({ renewalForm: "acts" });
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    const next = await stage.renewPaid(sold.serviceId);
    const asked = await stage.reach(next.lineId, "NeedsOperator", "evidence_conflict");
    expect(asked.detail).toMatchObject({ form_moved_expiry: { module: remoteServiceId } });
    expect(await stage.engine.ledger.readBuying()).toMatchObject({ position: "off" });
    expect(stage.account.requests("service.prolong").filter(({ params }) => isCommit(params))).toEqual([]);
    const other = await stage.sellPaid();
    await stage.reach(other.lineId, "Pending", "buying_off");
    expect(kinds()).toEqual(["order", "renewal"]);
    stage.account.set({ renewalForm: "announces" });
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "test" });
    await stage.reach(next.lineId, "Purchased", "manual");
    await stage.reach(other.lineId, "Purchased");
    expect(kinds()).toEqual(["order", "renewal", "order"]);
  });

  it("that only shows is asked for proof once, and never again", async () => {
    await begin({});
    const sold = [await stage.sellPaid(), await stage.sellPaid()];
    for (const { lineId } of sold) await stage.reach(lineId, "Purchased");
    expect(await stage.engine.ledger.isRenewalFormProven("main")).toBe(false);
    for (const { serviceId } of sold) await stage.reach((await stage.renewPaid(serviceId)).lineId, "Purchased");
    expect(await stage.engine.ledger.isRenewalFormProven("main")).toBe(true);
    expect(kinds()).toEqual(["order", "order", "renewal", "renewal"]);
  });

  it("that names another date than is computed is believed", async () => {
    await begin({ monthEnd: "30-days" });
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    stage.account.changeModule(String(remoteServiceId), { expiredate: "2027-01-31" });
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = '2027-01-31'");
    const next = await stage.renewPaid(sold.serviceId);
    expect(await stage.reach(next.lineId, "Purchased")).toMatchObject({ expectedExpiry: "2027-03-02" });
    expect(addMonths("2027-01-31", 1)).toBe("2027-02-28");
  });
});
