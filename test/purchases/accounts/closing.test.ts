// Can an account be closed: do its services move to another one, and does everything else go on meanwhile?
import { describe, expect, it } from "vitest";
import { adopt, readSides } from "../../../src/purchases/adopt.ts";
import { judgePair, planAdoption } from "../../../src/purchases/adoption.ts";
import { runBuyer } from "../../../src/purchases/buyer.ts";
import { type AccountEngine, atAccount, type Engine } from "../../../src/purchases/engine.ts";
import { addMonths } from "../../../src/purchases/period.ts";
import { reconcile } from "../../../src/purchases/reconcile.ts";
import type { State } from "../../../src/purchases/state.ts";
import { sweepServices } from "../../../src/purchases/sweep.ts";
import type { ServiceModule } from "../../../src/whmcs/service-modules.ts";
import { refOfService } from "../../../src/whmcs/service-ref.ts";
import { bind, buyAgain, say } from "../deciding.ts";
import { quickAbsence, type Sold } from "../stage.ts";
import { createSweep, without } from "./sweeping.ts";
import { type Two, useTwoAccounts } from "./two.ts";

const raise = useTwoAccounts();
let two: Two;
const tariff = "23221";
const said = { actor: "cli:ann", why: "the account ru is closed" };
const main = (engine: Engine = two.engine) => atAccount(engine, "main") as AccountEngine;
const bought = (sold: Pick<Sold, "lineId">) => two.reach(sold.lineId, "Purchased");

/** A service whose module was bought at `ru`, which then went away. */
async function loseRu(): Promise<Sold> {
  two = await raise();
  const there = await two.sellPaidAtRu();
  await bought(there);
  await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Active'");
  await two.ru.refuseConnections();
  return there;
}

/** The licence is at `main` now, and so is a module that staff bought for it, by default up to where the lost one was paid. */
function moveByHand({ licence }: Sold, module: { expiredate?: string; remoteid?: string } = {}): string {
  const today = two.shop.today();
  const isThere = two.account.licences().some(({ id }) => id === licence);
  if (!isThere) two.account.addLicence({ id: licence, licname: `moved-${licence}`, ip: "203.0.113.1" });
  return two.account.addForeignModule({
    ...{ licence, tariff, createdate: today, expiredate: addMonths(today, 1) },
    ...module,
  });
}

const servicesOf = (...sold: Sold[]): ServiceModule[] =>
  sold.map(({ serviceId, licence }) => ({ ref: refOfService(serviceId), licence, tariff, status: "Active", ip: null }));

async function readPlan(engine: Engine, ...sold: Sold[]) {
  const sides = await readSides(main(engine), servicesOf(...sold));
  if (sides === null) throw new Error("the account could not be read");
  return { sides, plan: planAdoption(sides) };
}

async function adoptAtMain(sold: Sold, moduleId: string, engine: Engine = two.engine) {
  const { sides } = await readPlan(engine, sold);
  const link = judgePair(sides, { moduleId, serviceRef: refOfService(sold.serviceId) });
  if ("why" in link) throw new Error(link.why);
  return await adopt(main(engine), [link], said);
}

/** Rounds of another engine, until the purchase of this line stands so. */
async function runRounds(engine: Engine, lineId: number, state: State = "Purchased"): Promise<void> {
  await sweepServices(engine, false);
  for (let rounds = 0; rounds < 150; rounds++) {
    await two.round(engine);
    if ((await two.purchaseOf(lineId)).state === state) return;
    await engine.clock.sleep(20);
  }
}

describe("a service of an account that is away", () => {
  it("is renewed at the account where its module was adopted, and nowhere else", async () => {
    const there = await loseRu();
    const moduleId = moveByHand(there);
    const next = await two.renewPaid(there.serviceId);
    await two.reach(next.lineId, "Pending", "account_unreachable");
    expect(await adoptAtMain(there, moduleId)).toEqual(["done"]);
    expect(await bought(next)).toMatchObject({ action: "renew", remoteServiceId: moduleId, sends: 1 });
    expect(two.debits()).toEqual({ main: ["renewal"], ru: ["order"] });
    await two.ru.acceptConnections();
    await bought(await two.renewPaid(there.serviceId));
    expect(two.debits()).toEqual({ main: ["renewal", "renewal"], ru: ["order"] });
  });

  it("is moved by whoever names it; the plan moves only what the settings name no more", async () => {
    const there = await loseRu();
    // Long enough to pay for the period that waits, and yet taken over by no purchase whose module is held elsewhere.
    const moduleId = moveByHand(there, { expiredate: addMonths(two.shop.today(), 2) });
    await two.reach((await two.renewPaid(there.serviceId)).lineId, "Pending", "account_unreachable");
    const left = await readPlan(two.engine, there);
    expect(left.plan).toEqual({
      links: [],
      open: [
        { moduleId, serviceRef: refOfService(there.serviceId), why: expect.stringContaining("at the account ru") },
      ],
    });
    const { plan } = await readPlan(without(two.engine, "ru"), there);
    expect(plan.links).toMatchObject([{ moduleId, serviceRef: refOfService(there.serviceId) }]);
  });

  it("is not moved while what was sent for it may yet take effect there", async () => {
    two = await raise();
    const fault = two.ru.arm({ func: "addition.order.param", fault: "lost-after" });
    const there = await two.sellPaidAtRu();
    await sweepServices(two.engine, false);
    await runBuyer(two.engine);
    await two.ru.refuseConnections();
    const moduleId = moveByHand(there);
    await expect(adoptAtMain(there, moduleId)).rejects.toThrow("something is under way");
    const serviceRef = refOfService(there.serviceId);
    const link = { moduleId, serviceRef, licence: there.licence, tariff, expiresOn: "2099-01-01" };
    expect(await adopt(main(), [link], said)).toEqual(["busy"]);
    await two.ru.acceptConnections();
    await bought(there);
    expect([fault.fired(), two.debits()]).toEqual([1, { main: [], ru: ["order"] }]);
  });

  it("is no reason to stop buying when its module, by hand or with our marker, is at another account", async () => {
    const there = await loseRu();
    const { id } = await two.purchaseOf(there.lineId);
    const marker = (await two.engine.ledger.newestAttempt(id))?.marker ?? "";
    const modules = [moveByHand(there), moveByHand(there, { remoteid: marker })];
    const { sweep, told, warned } = createSweep(two, two.engine);
    await sweep();
    expect(warned).toEqual([
      ...modules.map((module) => `alert.module_unclaimed ${module}`),
      "remote_sweep.unread unreadable",
    ]);
    expect([told, (await two.engine.ledger.readBuying()).position]).toEqual([[], "on"]);
    expect(await two.engine.ledger.readRestore()).toBeNull();
    const { differences } = await reconcile(two.engine);
    expect(differences.filter(({ moduleId }) => modules.includes(moduleId ?? "")).map(({ kind }) => kind)).toEqual([
      "unclaimed_same",
      "unclaimed_same",
    ]);
  });
});

describe("an account that the settings name no more", () => {
  it("is told of once, and the sweep goes on with the others", async () => {
    two = await raise();
    const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
    const { remoteServiceId: module } = await bought(here);
    await bought(there);
    await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Active'");
    const { sweep, told } = createSweep(two, without(two.engine, "ru"));
    await sweep();
    two.account.changeModule(String(module), { autoprolong: 1 });
    await sweep();
    expect(told).toEqual(["alert.account_not_configured"]);
    expect(two.account.modules()).toMatchObject([{ id: module, autoprolong: null }]);
  });

  it("is told of no more once its services have moved or ended", async () => {
    const there = await loseRu();
    const ended = await two.ru.acceptConnections().then(() => two.sellPaidAtRu());
    await bought(ended);
    await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", [ended.serviceId]);
    const engine = without(two.engine, "ru");
    const moduleId = moveByHand(there);
    const unread = async () => (await reconcile(engine)).unread;
    expect(await unread()).toEqual(["the account ru is not among the settings"]);
    expect(await adoptAtMain(there, moduleId, engine)).toEqual(["done"]);
    expect(await unread()).toEqual([]);
  });

  it("keeps no module waiting that is held at the others, whatever else it has of the licence", async () => {
    two = await raise();
    const here = await two.sellPaid();
    await bought(here);
    await two.ledgerSql(
      `INSERT INTO mod_ispmodules_adoptions VALUES ('ru', '7', 'h999', ?, '8', '2099-01-01', 'ann', 'old', UTC_TIMESTAMP(6))`,
      [here.licence],
    );
    const { lineId } = await two.renewPaid(here.serviceId);
    await runRounds(without(two.engine, "ru"), lineId);
    expect([(await two.purchaseOf(lineId)).state, two.debits().main]).toEqual(["Purchased", ["order", "renewal"]]);
  });

  it.each(["gone", "away"])(
    "keeps no service waiting that took over from an ended one and has moved; %s",
    async (how) => {
      const ended = await loseRu();
      await two.ru.acceptConnections();
      await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Terminated'");
      const heir = await two.sellPaid({ licence: ended.licence });
      expect((await bought(heir)).action).toBe("renew");
      await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", [heir.serviceId]);
      await two.ru.refuseConnections();
      const engine = how === "gone" ? without(two.engine, "ru") : two.engine;
      expect(await adoptAtMain(heir, moveByHand(heir), engine)).toEqual(["done"]);
      const { lineId } = await two.renewPaid(heir.serviceId);
      await runRounds(engine, lineId);
      expect([(await two.purchaseOf(lineId)).state, two.debits()]).toEqual([
        "Purchased",
        { main: ["renewal"], ru: ["order", "renewal"] },
      ]);
    },
  );

  it("keeps no service waiting that has got a licence of the others: its module is ordered there", async () => {
    const there = await loseRu();
    const engine = without(two.engine, "ru");
    await two.shop.setLicence(there.serviceId, two.newLicence());
    const { lineId } = await two.renewPaid(there.serviceId);
    await runRounds(engine, lineId);
    expect([(await two.purchaseOf(lineId)).state, two.debits()]).toEqual([
      "Purchased",
      { main: ["order"], ru: ["order"] },
    ]);
    expect((await reconcile(engine)).unread).toEqual([]);
  });

  it("keeps no new sale waiting: the others have its licence, or a person is asked", async () => {
    await loseRu();
    const engine = without(two.engine, "ru");
    const [order, stranger] = [await two.sellPaid(), await two.sellPaidAtRu()];
    await two.reach(order.lineId, "Pending", "account_unreachable");
    await runRounds(engine, order.lineId);
    await runRounds(engine, stranger.lineId, "NeedsOperator");
    expect((await two.purchaseOf(order.lineId)).state).toBe("Purchased");
    expect(await two.purchaseOf(stranger.lineId)).toMatchObject({ state: "NeedsOperator", reason: "licence_not_ours" });
    expect(two.debits()).toEqual({ main: ["order"], ru: ["order"] });
  });
});

describe("a person binds", () => {
  const lose = async () => {
    two = await raise({ settings: quickAbsence });
    const lost = two.ru.arm({ func: "addition.order.param", fault: "lost-before" });
    const there = await two.sellPaidAtRu();
    const asked = await two.reach(there.lineId, "NeedsOperator", "absent");
    expect(lost.fired()).toBe(1);
    return { there, asked };
  };

  it("the module that another account shows to what was sent to one that is closed, and it is renewed there", async () => {
    const { there, asked } = await lose();
    await two.ru.refuseConnections();
    const moduleId = moveByHand(there);
    const looks = await two.ledgerSql("SELECT verdict FROM mod_ispmodules_observations");
    expect(await say(two, asked, { decision: buyAgain })).toBe("account-unreadable");
    expect(await say(two, asked, { decision: bind("77") })).toBe("account-unreadable");
    expect(await say(two, asked, { decision: bind(moduleId), by: without(two.engine, "ru") })).toBe("Ordered");
    // A look at one account is none for what was sent to another.
    expect(await two.ledgerSql("SELECT verdict FROM mod_ispmodules_observations")).toEqual(looks);
    expect(await two.reach(there.lineId, "Purchased", "manual")).toMatchObject({ remoteServiceId: moduleId });
    expect((await two.engine.ledger.listAccountsOf([asked.id])).get(asked.id)).toBe("main");
    await bought(await two.renewPaid(there.serviceId));
    expect(two.debits()).toEqual({ main: ["renewal"], ru: [] });
  });

  it("no module of a number that two accounts show, unless it is said which one's it is", async () => {
    two = await raise();
    const licence = two.newLicence();
    two.ru.addLicence({ id: licence });
    const sold = await two.sellPaid({ licence });
    const asked = await two.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    const [here, there] = [two.account, two.ru].map((account) => account.addForeignModule({ licence, tariff }));
    expect(here).toBe(there);
    const wanted = bind(String(here)) as { kind: "bind"; moduleId: string };
    expect(await say(two, asked, { decision: wanted })).toBe("several-accounts");
    expect(await say(two, asked, { decision: { ...wanted, account: "us" } })).toBe("account-unreadable");
    expect(await say(two, asked, { decision: { ...wanted, account: "ru" } })).toBe("Ordered");
    await two.reach(sold.lineId, "Purchased", "manual");
    expect([(await two.engine.ledger.listAccountsOf([asked.id])).get(asked.id), two.debits()]).toEqual([
      "ru",
      { main: [], ru: [] },
    ]);
  });
});
