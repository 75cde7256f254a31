// Does the account do what WHMCS says of suspended, resumed and ended services, and nothing else?
import { describe, expect, it } from "vitest";
import { reviewAccount } from "../../src/purchases/account-review.ts";
import { type AccountEngine, atEach } from "../../src/purchases/engine.ts";
import { nextStep } from "../../src/purchases/lifecycle.ts";
import { createLifecycle, runLifecycle } from "../../src/purchases/lifecycle-round.ts";
import { type Stage, useStages } from "./stage.ts";

const open = useStages();

const status = (stage: Stage, serviceId: number, text: string) =>
  stage.shop.sql("UPDATE tblhosting SET domainstatus = ? WHERE id = ?", [text, serviceId]);
const deleteAtEnd = (stage: Stage) => stage.shop.sql("UPDATE tblproducts SET configoption8 = 'delete'");
const keepAtEnd = (stage: Stage) => stage.shop.sql("UPDATE tblproducts SET configoption8 = ''");
const changes = ({ account }: Stage) =>
  account
    .requests()
    .map(({ func }) => func)
    .filter((func) => /^addition\.(suspend|resume|delete)$/.test(func));
const moduleOf = ({ account }: Stage, id: string | null) =>
  account.modules().find((module) => module.id === id)?.status;
const access = { type: "access", object: "" };
const age = (stage: Stage, hours: number) =>
  stage.ledgerSql("UPDATE mod_ispmodules_module_steps SET created_at = created_at - INTERVAL ? HOUR", [hours]);
const journal = async (stage: Stage) =>
  (await stage.ledgerSql("SELECT change_wanted AS c, step AS s FROM mod_ispmodules_module_steps ORDER BY n")).map(
    ({ c, s }) => `${c} ${s}`,
  );
async function rounds(stage: Stage, times = 3): Promise<void> {
  for (let n = 0; n < times; n += 1) await runLifecycle(stage.engine);
}

/** The module's term, with what the ledger knows of it. */
async function endsTomorrow(stage: Stage, moduleId: string | null): Promise<void> {
  const day = new Date((await stage.engine.ledger.readClock()).getTime() + 86_400_000).toISOString().slice(0, 10);
  stage.account.changeModule(moduleId ?? "", { expiredate: day });
  await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [day]);
}

/** By the documentation the account may not suspend; here it may, unless a test says otherwise. */
async function bought(options: Parameters<typeof open>[0] = { account: { variants: { refused: {} } } }) {
  const stage = await open(options);
  await keepAtEnd(stage);
  const sold = await stage.sellPaid();
  const purchase = await stage.reach(sold.lineId, "Purchased");
  await status(stage, sold.serviceId, "Active");
  return { stage, moduleId: purchase.remoteServiceId, ...sold };
}

describe("a suspended service", () => {
  it("stops its module once, and resumes it once when it is active again", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, ["addition.suspend"]]);
    await status(stage, serviceId, "Active");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([2, ["addition.suspend", "addition.resume"]]);
    expect(await journal(stage)).toEqual([
      ...["suspend asked", "suspend accepted", "suspend seen", "resume asked", "resume accepted", "resume seen"],
    ]);
  });

  it("whose module others have suspended leaves it so, whatever becomes of the service", async () => {
    const { stage, serviceId, moduleId } = await bought();
    stage.account.changeModule(moduleId ?? "", { status: 3 });
    await rounds(stage);
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    await status(stage, serviceId, "Active");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, []]);
  });

  it("whose module others suspend after it was resumed leaves it so", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    await status(stage, serviceId, "Active");
    await rounds(stage);
    stage.account.changeModule(moduleId ?? "", { status: 3 });
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, ["addition.suspend", "addition.resume"]]);
  });

  it("that the account may not suspend is asked again after a day, four times at most, and anew for another wish", async () => {
    const { stage, serviceId } = await bought({ account: { variants: { refused: { "addition.suspend": access } } } });
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect(changes(stage)).toHaveLength(1);
    for (let day = 0; day < 6; day += 1) {
      await age(stage, 25);
      await rounds(stage);
    }
    expect(changes(stage)).toHaveLength(4);
    await status(stage, serviceId, "Active");
    await rounds(stage);
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect(changes(stage)).toHaveLength(5);
  });

  it("is only looked at after a lost answer", async () => {
    const { stage, serviceId, moduleId } = await bought();
    stage.account.arm({ func: "addition.suspend", fault: "lost-after" });
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, ["addition.suspend"]]);
    expect(await journal(stage)).toEqual(["suspend asked", "suspend unknown", "suspend seen"]);
  });

  it("whose module cannot be stopped now is looked at ever more seldom, and at once for another wish", async () => {
    const { stage, serviceId, moduleId } = await bought();
    const { retryMs } = stage.engine.settings;
    let nowMs = 1_000_000;
    const round = createLifecycle({ ...stage.engine, clock: { ...stage.engine.clock, monotonicMs: () => nowMs } });
    const lookedAt = async () => {
      const before = stage.account.requests().length;
      await round();
      return stage.account.requests().length > before;
    };
    await status(stage, serviceId, "Suspended");
    stage.account.changeModule(moduleId ?? "", { status: 5 });
    const looks: number[] = [];
    for (let units = 0; units < 60; units += 1, nowMs += retryMs) if (await lookedAt()) looks.push(units);
    expect(looks).toEqual([0, 1, 3, 7, 15, 30, 45]);
    await deleteAtEnd(stage);
    await status(stage, serviceId, "Terminated");
    expect([await lookedAt(), await lookedAt()]).toEqual([true, false]);
    stage.account.changeModule(moduleId ?? "", { status: 2 });
    nowMs += retryMs;
    await round();
    expect(changes(stage)).toEqual(["addition.delete"]);
  });

  it.each(["off", "shadow"] as const)("waits while buying is %s", async (position) => {
    const { stage, serviceId } = await bought();
    await stage.engine.ledger.setBuying({ position, paidSince: null, actor: "test", why: "test" });
    await status(stage, serviceId, "Suspended");
    const before = stage.account.requests().length;
    await rounds(stage);
    expect(stage.account.requests()).toHaveLength(before);
  });

  it("whose module others let run again leaves it so, and stops it when it is suspended anew", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    stage.account.changeModule(moduleId ?? "", { status: 2 });
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([2, ["addition.suspend"]]);
    await status(stage, serviceId, "Active");
    await rounds(stage);
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, ["addition.suspend", "addition.suspend"]]);
  });

  it("that pays late is renewed, and its module resumed", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    await endsTomorrow(stage, moduleId);
    const { lineId } = await stage.renewPaid(serviceId);
    await stage.reach(lineId, "Purchased");
    await status(stage, serviceId, "Active");
    await rounds(stage);
    expect(moduleOf(stage, moduleId)).toBe(2);
  });
});

describe("a suspended service that ended, and goes on again", () => {
  async function stopped(refused: Record<string, typeof access> = {}) {
    const sold = await bought({ account: { variants: { refused } } });
    await deleteAtEnd(sold.stage);
    await status(sold.stage, sold.serviceId, "Suspended");
    await rounds(sold.stage);
    return sold;
  }

  it("has its module resumed where the account may not delete it", async () => {
    const { stage, serviceId, moduleId } = await stopped({ "addition.delete": access });
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    await status(stage, serviceId, "Active");
    await rounds(stage, 5);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([
      2,
      ["addition.suspend", "addition.delete", "addition.resume"],
    ]);
  });

  it("has its module resumed once a request to delete it, of which nothing is known, has had its time", async () => {
    const { stage, serviceId, moduleId } = await stopped();
    const step = { account: "main", moduleId: moduleId ?? "", n: 4, serviceRef: `h${serviceId}`, detail: "" };
    await stage.engine.ledger.takeModuleStep({ ...step, change: "delete", step: "asked" });
    await status(stage, serviceId, "Active");
    await rounds(stage);
    expect(moduleOf(stage, moduleId)).toBe(3);
    await age(stage, 2);
    await rounds(stage, 5);
    expect([moduleOf(stage, moduleId), (await journal(stage)).slice(3)]).toEqual([
      2,
      ["delete asked", "delete withdrawn", "resume asked", "resume accepted", "resume seen"],
    ]);
  });

  it("asks nothing of a module that such a request has deleted", async () => {
    const { stage, serviceId } = await stopped();
    stage.account.arm({ func: "addition.delete", fault: "lost-after" });
    await status(stage, serviceId, "Terminated");
    await runLifecycle(stage.engine);
    await status(stage, serviceId, "Active");
    await age(stage, 2);
    await rounds(stage, 5);
    expect([changes(stage), (await journal(stage)).slice(3)]).toEqual([
      ["addition.suspend", "addition.delete"],
      ["delete asked", "delete unknown", "delete seen"],
    ]);
  });
});

describe("a suspended service and its money", () => {
  it("that pays and goes on in the middle of its term has its module resumed first, and then renewed", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    const { lineId } = await stage.renewPaid(serviceId);
    await status(stage, serviceId, "Active");
    await stage.reach(lineId, "Pending", "account_unreachable");
    await rounds(stage);
    await stage.reach(lineId, "Purchased");
    const [order, renewal] = stage.account.debits();
    expect([order?.kind, renewal?.kind, moduleOf(stage, moduleId)]).toEqual(["order", "renewal", 2]);
  });

  it("is not renewed from today in the middle of its term because a late list shows its module active", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    const ends = () => stage.account.modules().find(({ id }) => id === moduleId)?.expiredate;
    const paidUntil = ends();
    stage.account.arm({ func: "addition", fault: "stale-list", times: 20 });
    const { lineId } = await stage.renewPaid(serviceId);
    await stage.reach(lineId, "NeedsOperator", "not_active");
    expect([moduleOf(stage, moduleId), ends(), stage.account.debits().length]).toEqual([3, paidUntil, 1]);
  });

  it("is not renewed from today either where others have suspended its module and a late list shows it active", async () => {
    const { stage, serviceId, moduleId } = await bought();
    const ends = () => stage.account.modules().find(({ id }) => id === moduleId)?.expiredate;
    const paidUntil = ends();
    stage.account.changeModule(moduleId ?? "", { status: 3 });
    stage.account.arm({ func: "addition", fault: "stale-list", times: 20 });
    const { lineId } = await stage.renewPaid(serviceId);
    await stage.reach(lineId, "NeedsOperator", "not_active");
    expect([moduleOf(stage, moduleId), ends(), stage.account.debits().length]).toEqual([3, paidUntil, 1]);
  });

  it("has its module suspended again when a paid renewal lets it run, and not a second time", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    await endsTomorrow(stage, moduleId);
    const { lineId } = await stage.renewPaid(serviceId);
    await stage.reach(lineId, "Purchased");
    expect(moduleOf(stage, moduleId)).toBe(2);
    await rounds(stage, 5);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([3, ["addition.suspend", "addition.suspend"]]);
  });

  it.each(["suspend", "resume", "delete"] as const)(
    "is not renewed while its module may yet be changed by a %s, and is after that",
    async (change) => {
      const { stage, serviceId, moduleId } = await bought();
      const step = { account: "main", moduleId: moduleId ?? "", n: 1, serviceRef: `h${serviceId}`, detail: "" };
      await stage.engine.ledger.takeModuleStep({ ...step, change, step: "asked" });
      const { lineId } = await stage.renewPaid(serviceId);
      await stage.reach(lineId, "Pending", "account_unreachable");
      await stage.round();
      expect(stage.account.debits()).toHaveLength(1);
      await age(stage, 2);
      await stage.reach(lineId, "Purchased");
      expect(stage.account.debits()).toHaveLength(2);
    },
  );

  it("is not asked for while the account refuses the login, and is once that pause has run out", async () => {
    const { stage, serviceId } = await bought();
    const { ledger } = stage.engine;
    await ledger.pauseAccount({ account: "main", reason: "account_paused", errorType: "auth", stepMs: 3_600_000 });
    await status(stage, serviceId, "Suspended");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_switches SET value = JSON_SET(value, '$.until', '2020-01-01 00:00:00') WHERE name = 'account_pause'",
    );
    await rounds(stage);
    expect([changes(stage), await ledger.readPause("main")]).toEqual([["addition.suspend"], null]);
  });
});

describe("an ended service", () => {
  it.each(["Terminated", "Cancelled", "Fraud"])(
    "that is %s has its module deleted once where the product says so",
    async (end) => {
      const { stage, serviceId, moduleId } = await bought();
      await deleteAtEnd(stage);
      await rounds(stage);
      expect(changes(stage)).toEqual([]);
      await status(stage, serviceId, end);
      await rounds(stage);
      expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([4, ["addition.delete"]]);
      expect(await journal(stage)).toEqual(["delete asked", "delete accepted", "delete seen"]);
    },
  );

  it("keeps its module to the end of the term where the product does not say delete", async () => {
    const { stage, serviceId } = await bought();
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
  });

  it("keeps it while a paid invoice of it waits", async () => {
    const { stage, serviceId } = await bought();
    await deleteAtEnd(stage);
    await stage.renewPaid(serviceId);
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
  });

  it("keeps it while an invoice for its licence, which waited to be paid, is paid by now", async () => {
    const { stage, serviceId, licence } = await bought();
    const other = await stage.sellPaid({ licence });
    await stage.reach(other.lineId, "NeedsOperator", "already_owned");
    const turn = (text: string) =>
      stage.shop.sql("UPDATE tblinvoices SET status = ? WHERE id = ?", [text, other.invoiceId]);
    await turn("Unpaid");
    await stage.reach(other.lineId, "Pending", "unpaid");
    await deleteAtEnd(stage);
    await status(stage, serviceId, "Terminated");
    await turn("Paid");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    await turn("Unpaid");
    await rounds(stage);
    expect(changes(stage)).toEqual(["addition.delete"]);
  });

  it("whose module was deleted misses none; a module that others have deleted is missed", async () => {
    const { stage, serviceId, moduleId } = await bought();
    const missed = async () => {
      const review = await reviewAccount(atEach(stage.engine)[0] as AccountEngine, { most: 0, known: new Map() });
      return review.kind === "ok" ? review.value.differences.map(({ kind }) => kind) : review;
    };
    await deleteAtEnd(stage);
    await status(stage, serviceId, "Terminated");
    expect(await missed()).toEqual([]);
    stage.account.changeModule(moduleId ?? "", { status: 4 });
    expect(await missed()).toEqual(["missing"]);
    stage.account.changeModule(moduleId ?? "", { status: 2 });
    await rounds(stage);
    expect([moduleOf(stage, moduleId), await missed()]).toEqual([4, []]);
  });

  it("keeps it when it was renewed for another service", async () => {
    const { stage, serviceId, licence, moduleId } = await bought();
    await status(stage, serviceId, "Terminated");
    const next = await stage.sellPaid({ licence });
    const renewed = await stage.reach(next.lineId, "Purchased");
    expect(renewed.remoteServiceId).toBe(moduleId);
    await deleteAtEnd(stage);
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
  });

  it("keeps it while an earlier service of it goes on again", async () => {
    const { stage, serviceId, licence, moduleId } = await bought();
    await status(stage, serviceId, "Terminated");
    const next = await stage.sellPaid({ licence });
    expect((await stage.reach(next.lineId, "Purchased")).remoteServiceId).toBe(moduleId);
    await status(stage, serviceId, "Active");
    await status(stage, next.serviceId, "Terminated");
    await deleteAtEnd(stage);
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect(changes(stage)).toEqual(["addition.delete"]);
  });

  it("keeps it while another service of its licence and tariff goes on, which nothing was paid for yet", async () => {
    const { stage, serviceId, licence, moduleId } = await bought();
    await deleteAtEnd(stage);
    const other = await stage.sell({ licence });
    await status(stage, other.serviceId, "Active");
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    await status(stage, other.serviceId, "Suspended");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    // An order that nobody has paid wants nothing yet.
    await status(stage, other.serviceId, "Pending");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([4, ["addition.delete"]]);
  });

  it("keeps it while an order for its licence is paid that was not taken in yet", async () => {
    const { stage, serviceId, licence } = await bought();
    await deleteAtEnd(stage);
    const other = await stage.sellPaid({ licence });
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    expect((await stage.reach(other.lineId, "Purchased")).action).toBe("renew");
  });

  it("keeps it while a renewal waits for its day, which is not asked for again before", async () => {
    const { stage, serviceId, licence } = await bought();
    await deleteAtEnd(stage);
    await status(stage, serviceId, "Terminated");
    const error = { type: "value", object: "" };
    stage.account.set({ renewalWindow: { daysBeforeExpiry: 5, error, refusesForm: false } });
    const next = await stage.sellPaid({ licence });
    expect(await stage.reach(next.lineId, "Pending", "remote_date")).toMatchObject({ attempts: 1 });
    for (let n = 0; n < 2; n += 1) {
      await rounds(stage, 1);
      await stage.round();
    }
    expect(await stage.purchaseOf(next.lineId)).toMatchObject({ reason: "remote_date", attempts: 1 });
    expect(changes(stage)).toEqual([]);
  });

  it("whose money was returned has its module deleted too", async () => {
    const { stage, serviceId, invoiceId, lineId, moduleId } = await bought();
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Refunded' WHERE id = ?", [invoiceId]);
    await stage.settle();
    expect((await stage.purchaseOf(lineId)).isReversed).toBe(true);
    await deleteAtEnd(stage);
    await rounds(stage);
    expect(changes(stage)).toEqual([]);
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect(moduleOf(stage, moduleId)).toBe(4);
  });

  it("keeps a module whose term is longer than the ledger knows, and says so once of that term", async () => {
    const { stage, serviceId, moduleId } = await bought();
    const learn = (day: string) => stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [day]);
    await deleteAtEnd(stage);
    stage.account.changeModule(moduleId ?? "", { expiredate: "2099-01-01" });
    await status(stage, serviceId, "Terminated");
    await rounds(stage);
    expect([moduleOf(stage, moduleId), changes(stage)]).toEqual([2, []]);
    const asked = stage.account.requests().length;
    await age(stage, 25);
    await rounds(stage);
    expect([await journal(stage), stage.account.requests().length]).toEqual([["delete kept"], asked]);
    stage.account.changeModule(moduleId ?? "", { expiredate: "2099-02-01" });
    await learn("2099-01-01");
    await rounds(stage);
    await learn("2099-02-01");
    await age(stage, 25);
    await rounds(stage);
    const kept = (await stage.ledgerSql("SELECT step AS s, detail AS d FROM mod_ispmodules_module_steps ORDER BY n"))
      .filter(({ s }) => s === "kept")
      .map(({ d }) => d);
    expect([kept, moduleOf(stage, moduleId)]).toEqual([["2099-01-01", "2099-02-01"], 4]);
  });

  it("keeps a module whose term is not shown, and looks again on four days at most", () => {
    const dayMs = 86_400_000;
    const same = { account: "main", moduleId: "900", serviceRef: "h1", day: "2026-12-01", takenAt: "2026-12-01" };
    const nextAfter = (times: number, ageMs: number) => {
      const kept = { ...same, change: "delete", step: "kept", detail: "", ageMs } as const;
      const steps = Array.from({ length: times }, (_, at) => ({ ...kept, n: at + 1 }));
      const past = { steps, boundAt: "2026-11-24", paidUntil: "2026-12-24" };
      return nextStep("delete", past, { shown: "active", expiresOn: null }, { inFlightMs: 1, retryMs: 1 });
    };
    const said = { kind: "note", change: "delete", step: "kept", detail: "" };
    expect([0, 1, 2, 3, 4].map((times) => nextAfter(times, dayMs))).toEqual([
      said,
      said,
      said,
      said,
      { kind: "nothing" },
    ]);
    expect(nextAfter(1, dayMs - 1)).toEqual({ kind: "nothing" });
  });

  it("is never deleted twice, even while the list goes on showing it", async () => {
    const { stage, serviceId, moduleId } = await bought();
    await deleteAtEnd(stage);
    await status(stage, serviceId, "Terminated");
    await runLifecycle(stage.engine);
    stage.account.changeModule(moduleId ?? "", { status: 2 });
    await rounds(stage);
    await age(stage, 49);
    await rounds(stage);
    expect(changes(stage)).toEqual(["addition.delete"]);
  });
});
