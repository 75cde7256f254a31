import { beforeEach, describe, expect, it } from "vitest";
import { addDays, addMonths, endOf } from "../../../src/purchases/period.ts";
import type { RequestRecord } from "../../../src/sandbox/account/faults.ts";
import type { Variants } from "../../../src/sandbox/account/variants.ts";
import { type Stage, useStages } from "../stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const today = () => stage.shop.today();
const charges = () => stage.account.debits().map(({ kind, periodMonths }) => `${kind} ${periodMonths}`);
const moduleOf = (id: string) => stage.account.modules().find((module) => module.id === id);
const setService = (serviceId: number, change: Record<string, string | number>) =>
  stage.shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [change, serviceId]);

/**
 * A service and its module, which staff bought so many days ago for a month, so that the past is true in WHMCS, ledger and
 * account alike.
 */
async function own(daysAgo: number) {
  // No day that some months lack: each way of counting months gives the same.
  const day = addDays(today(), -daysAgo);
  const began = addDays(day, Math.min(0, 28 - Number(day.slice(8))));
  const ends = addMonths(began, 1);
  const sold = await stage.sell();
  await stage.shop.sql("UPDATE tblinvoices SET date = ?, duedate = ? WHERE id = ?", [began, began, sold.invoiceId]);
  await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = ? WHERE id = ?", [began, sold.lineId]);
  await setService(sold.serviceId, { nextduedate: began, nextinvoicedate: began });
  // Seen active when it was bound; what is behind its month pays for nothing yet.
  const term = { createdate: began, expiredate: addMonths(began, 4) };
  const module = stage.account.addForeignModule({ licence: sold.licence, tariff: "23221", ...term });
  await stage.shop.payInvoice(sold.invoiceId);
  await stage.reach(sold.lineId, "Purchased", "manual");
  stage.account.changeModule(module, { expiredate: ends });
  return { ...sold, module, ends };
}

describe("a module whose term ran out before its customer paid", () => {
  const ways: [string, Partial<Variants>, "today" | "its end"][] = [
    ["counts from today, and says so", {}, "today"],
    ["counts from today, and says nothing", { renewalForm: "silent", renewalReply: "ok" }, "today"],
    ["counts from its end", { suspendedRenewal: "from-expiry" }, "its end"],
    ["counts from its end, and says nothing", { suspendedRenewal: "from-expiry", renewalForm: "silent" }, "its end"],
  ];
  it.each(ways)("%s: renewed once, and once more for each period behind", async (_, variants, from) => {
    stage.account.set(variants);
    const { serviceId, module, ends } = await own(45);
    const late = await stage.renewPaid(serviceId);
    const bought = await stage.reach(late.lineId, "Purchased");
    let reached = addMonths(from === "today" ? today() : ends, 1);
    expect(bought).toMatchObject({ action: "renew", period: { start: ends } });
    expect(moduleOf(module)).toMatchObject({ status: 2, expiredate: reached });
    for (let more = 0; more < 2; more++) {
      const { lineId } = await stage.renewPaid(serviceId);
      expect(await stage.reach(lineId, "Purchased")).toMatchObject({ action: "renew", remoteServiceId: module });
      reached = addMonths(reached, 1);
      expect(moduleOf(module)?.expiredate).toBe(reached);
    }
    expect(charges()).toEqual(["renewal 1", "renewal 1", "renewal 1"]);
  });

  it("and was deleted for it is ordered anew, and the new one is renewed", async () => {
    const { serviceId, module } = await own(65);
    const late = [await stage.renewPaid(serviceId), await stage.renewPaid(serviceId)];
    await stage.settle();
    const [first, second] = await Promise.all(late.map(({ lineId }) => stage.purchaseOf(lineId)));
    expect([first, second]).toMatchObject([
      { state: "Purchased", action: "order" },
      { state: "Purchased", action: "renew", remoteServiceId: first?.remoteServiceId },
    ]);
    expect(moduleOf(module)?.status).toBe(4);
    expect(charges()).toEqual(["order 1", "renewal 1"]);
  });
});

describe("a module that is suspended before its term runs out", () => {
  const suspend = (module: string) => stage.account.changeModule(module, { status: 3 });

  it("is not taken for one that runs while its form cannot be read, which alone shows it", async () => {
    stage.account.set({ renewalForm: "silent", status: "text" });
    const { serviceId, module, ends } = await own(5);
    suspend(module);
    const unread = stage.account.arm({ func: "addition.edit", fault: "truncated", times: 1_000 });
    const next = await stage.renewPaid(serviceId);
    await stage.reach(next.lineId, "Pending", "account_unreachable");
    expect(unread.fired()).toBeGreaterThan(1);
    unread.disarm();
    await stage.reach(next.lineId, "NeedsOperator", "not_active");
    expect([charges(), moduleOf(module)?.expiredate]).toEqual([[], ends]);
  });

  it.each(["announces", "silent"] as const)(
    "is not renewed from today, which would lose the rest; the form %s",
    async (renewalForm) => {
      stage.account.set({ renewalForm });
      const { serviceId, module, ends } = await own(5);
      suspend(module);
      const next = await stage.renewPaid(serviceId);
      const asked = await stage.reach(next.lineId, "NeedsOperator", "not_active");
      expect(asked.detail).toEqual({
        cut_short: { module, suspended_before: ends, renewed_until: addMonths(today(), 1) },
      });
      expect(asked).toMatchObject({ attempts: 0, sends: 0 });
      stage.account.changeModule(module, { status: 2 });
      await stage.reach(next.lineId, "Purchased");
      expect(moduleOf(module)?.expiredate).toBe(addMonths(ends, 1));
      expect(charges()).toEqual(["renewal 1"]);
    },
  );

  it("is renewed where the new term reaches to the end of the paid period all the same", async () => {
    const { serviceId, module, ends } = await own(35);
    const later = addMonths(ends, 1);
    // Paid late once: the account's term runs on behind the period that WHMCS counts.
    stage.account.changeModule(module, { expiredate: later });
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [later]);
    suspend(module);
    const next = await stage.renewPaid(serviceId);
    const bought = await stage.reach(next.lineId, "Purchased");
    expect(endOf(bought.period ?? { start: "", months: 0 }) <= addMonths(today(), 1)).toBe(true);
    expect(moduleOf(module)?.expiredate).toBe(addMonths(today(), 1));
    const after = await stage.renewPaid(serviceId);
    await stage.reach(after.lineId, "Purchased");
    expect(moduleOf(module)?.expiredate).toBe(addMonths(addMonths(today(), 1), 1));
    expect([later > today(), charges()]).toEqual([true, ["renewal 1", "renewal 1"]]);
  });

  it("is not renewed from today for a period that was paid behind the one after it: that one would be lost", async () => {
    const sold = await stage.sell();
    await setService(sold.serviceId, { nextduedate: addMonths(today(), 1) });
    const next = await stage.renewPaid(sold.serviceId);
    const { remoteServiceId: module, period } = await stage.reach(next.lineId, "Purchased");
    const ends = moduleOf(module ?? "")?.expiredate ?? "";
    suspend(module ?? "");
    await stage.shop.payInvoice(sold.invoiceId);
    const first = await stage.reach(sold.lineId, "NeedsOperator", "not_active");
    expect(first).toMatchObject({ period: { months: 1 }, sends: 0 });
    expect(endOf(first.period ?? { start: "", months: 0 })).toBe(period?.start);
    stage.account.changeModule(module ?? "", { status: 2 });
    await stage.reach(sold.lineId, "Purchased");
    expect(moduleOf(module ?? "")?.expiredate).toBe(addMonths(ends, 1));
    expect(charges()).toEqual(["order 1", "renewal 1"]);
  });

  it("is not renewed from today either while a later period holds its term and waits to see it active", async () => {
    const sold = await stage.sell();
    await setService(sold.serviceId, { nextduedate: addMonths(today(), 1) });
    const term = { createdate: today(), expiredate: addMonths(addMonths(today(), 1), 1) };
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff: "23221", ...term });
    suspend(module);
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Ordered", "manual");
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "NeedsOperator", "not_active");
    expect([moduleOf(module)?.expiredate, charges()]).toEqual([term.expiredate, []]);
  });

  it("is renewed from its end where the account counts so", async () => {
    stage.account.set({ suspendedRenewal: "from-expiry" });
    const { serviceId, module, ends } = await own(5);
    suspend(module);
    const next = await stage.renewPaid(serviceId);
    await stage.reach(next.lineId, "Purchased");
    expect(moduleOf(module)).toMatchObject({ status: 2, expiredate: addMonths(ends, 1) });
  });
});

describe("a service whose cycle changes", () => {
  const prices = { Monthly: "15.00", Annually: "160.00" } as const;
  const change = (serviceId: number, billingcycle: keyof typeof prices) =>
    setService(serviceId, { billingcycle, amount: prices[billingcycle] });

  it("is renewed for a month, a year, half a year and a month, each at its own price", async () => {
    const { serviceId, module, ends } = await own(5);
    let reached = ends;
    for (const [cycle, amount, months] of [
      ["Annually", "160.00", 12],
      ["Semi-Annually", "85.00", 6],
      ["Monthly", "15.00", 1],
    ] as const) {
      await setService(serviceId, { billingcycle: cycle, amount });
      const { lineId } = await stage.renewPaid(serviceId);
      expect(await stage.reach(lineId, "Purchased")).toMatchObject({ period: { start: reached, months } });
      reached = addMonths(reached, months);
      expect(moduleOf(module)?.expiredate).toBe(reached);
    }
    expect(charges()).toEqual(["renewal 12", "renewal 6", "renewal 1"]);
  });

  it.each([
    ["Monthly", "Annually"],
    ["Annually", "Monthly"],
  ] as const)("%s to %s between invoice and payment is asked about, though it once cost that", async (from, to) => {
    // With a loss allowed, nothing else would hold a year back that is paid as a month.
    await stage.shop.sql("UPDATE tblproducts SET configoption7 = 'allow' WHERE id = ?", [
      stage.catalogue.products.ddosGuard,
    ]);
    const sold = await stage.sellPaid({ billingCycle: from });
    await stage.reach(sold.lineId, "Purchased");
    const issued = await stage.shop.issueRenewalInvoice(sold.serviceId);
    await change(sold.serviceId, to);
    await stage.shop.payInvoice(issued.invoiceId);
    const lineId = await stage.lineOf(issued.invoiceId);
    await stage.reach(lineId, "NeedsOperator", "period_unclear");
    expect(stage.account.debits()).toHaveLength(1);
    await change(sold.serviceId, from);
    await stage.reach(lineId, "Purchased");
    const months = from === "Monthly" ? 1 : 12;
    expect(charges()).toEqual([`order ${months}`, `renewal ${months}`]);
    await stage.shop.sql("UPDATE tblproducts SET configoption7 = '' WHERE id = ?", [
      stage.catalogue.products.ddosGuard,
    ]);
  });

  it("to one that the account does not sell is asked about, and the next month is bought", async () => {
    stage = await raise({ settings: { SPEND_CAP_DAY: "1000" } });
    const { serviceId } = await own(5);
    const ddosGuard = { id: "23221", name: "DDoS-GUARD", intname: "", itemtype: "41", currency: "EUR" };
    stage.account.setTariff({ ...ddosGuard, costs: { 1: "10.00" } });
    await change(serviceId, "Annually");
    const year = await stage.renewPaid(serviceId);
    await stage.reach(year.lineId, "NeedsOperator", "price_unknown");
    await change(serviceId, "Monthly");
    const month = await stage.renewPaid(serviceId);
    await stage.reach(month.lineId, "Purchased");
    expect(charges()).toEqual(["renewal 1"]);
    stage.account.setTariff({ ...ddosGuard, costs: { 1: "10.00", 12: "108.00" } });
    await change(serviceId, "Annually");
    await stage.reach(year.lineId, "Purchased");
    expect(charges()).toEqual(["renewal 1", "renewal 12"]);
  });
});

describe("a renewal that is refused for now", () => {
  it.each(["5 December 2099", "05.12.2099"])("until a day written %s waits for it", async (value) => {
    const { serviceId } = await own(5);
    const when = ({ params }: RequestRecord) => params.sok === "ok";
    stage.account.arm({ func: "service.prolong", fault: { kind: "refused", type: "value", value }, when });
    const next = await stage.renewPaid(serviceId);
    expect(await stage.reach(next.lineId, "Pending", "remote_date")).toMatchObject({ attempts: 1, sends: 0 });
  });
});
