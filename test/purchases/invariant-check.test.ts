// Does a broken rule stop buying while the bridge serves, and is everybody told once?
import { beforeEach, describe, expect, it } from "vitest";
import { createAlarm } from "../../src/purchases/alarm.ts";
import { checkPaidLines, createInvariantCheck } from "../../src/purchases/invariant-check.ts";
import { listenTo } from "./alerts.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
let told: string[];
let check: () => Promise<void>;

function listen(): void {
  const heard = listenTo(stage.engine);
  told = heard.told;
  const run = createInvariantCheck(heard.engine, createAlarm(heard.engine));
  check = async () => {
    await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'invariants'");
    await run();
  };
}

beforeEach(async () => {
  stage = await raise();
  listen();
});

const position = async () => (await stage.engine.ledger.readBuying()).position;
const switchOn = () => stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "go" });

async function buy() {
  const sold = await stage.sellPaid();
  return { sold, purchase: await stage.reach(sold.lineId, "Purchased") };
}

it("a sound ledger is told nothing of", async () => {
  await buy();
  await check();
  await check();
  expect([told, await position()]).toEqual([[], "on"]);
});

describe("a rule that may cost money again", () => {
  it("turns buying off, says why, and stays so until a person turns it on; known, it does so no more", async () => {
    const { purchase } = await buy();
    const module = purchase.remoteServiceId ?? "";
    const bindTo = (id: string) => stage.ledgerSql("UPDATE mod_ispmodules_bindings SET remote_service_id = ?", [id]);
    await bindTo("77");
    const key = `I6:${purchase.id}`;
    await check();
    expect(told).toEqual([`alert.invariant ${key}`, `alert.buying_stopped ${key}`]);
    expect(await stage.engine.ledger.readBuyingOrigin()).toMatchObject({
      actor: "machine",
      why: expect.stringContaining(key),
    });
    const waiting = await stage.sellPaid();
    await stage.reach(waiting.lineId, "Pending", "buying_off");
    await check();
    expect([told.length, await position()]).toEqual([2, "off"]);
    await stage.engine.ledger.rememberBreaches([key], { actor: "test", why: "seen" });
    await switchOn();
    await check();
    expect([told.length, await position()]).toEqual([2, "on"]);
    await stage.reach(waiting.lineId, "Purchased");
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET remote_service_id = '78' WHERE purchase_id <> ?", [
      purchase.id,
    ]);
    await check();
    expect(await position()).toBe("off");
    await stage.ledgerSql(`UPDATE mod_ispmodules_bindings b JOIN mod_ispmodules_purchases p ON p.id = b.purchase_id
      SET b.remote_service_id = p.remote_service_id`);
    expect(module).not.toBe("");
  });

  it("turns it off again when a person turned it on without having seen it", async () => {
    await buy();
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET remote_service_id = '77'");
    await check();
    await switchOn();
    await check();
    expect(await position()).toBe("off");
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_bindings b JOIN mod_ispmodules_purchases p ON p.id = b.purchase_id SET b.remote_service_id = p.remote_service_id",
    );
  });
});

it("another broken rule is told once and leaves buying on", async () => {
  const { purchase } = await buy();
  await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET refusals = 7");
  await check();
  await check();
  expect([told, await position()]).toEqual([[`alert.invariant I17:${purchase.id}`], "on"]);
  await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET refusals = 0");
});

it("what stands still is told of when it still does so a round later", async () => {
  await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
  const sold = await stage.sellPaid();
  const { id } = await stage.reach(sold.lineId, "Pending", "buying_off");
  const set = (columns: string) => stage.ledgerSql(`UPDATE mod_ispmodules_purchases SET ${columns}`);
  await stage.ledgerSql(
    "UPDATE mod_ispmodules_transitions SET changes = JSON_SET(changes, '$.reason', NULL), reason = NULL",
  );
  await set("reason = NULL, state_since = UTC_TIMESTAMP(6) - INTERVAL 26 HOUR");
  await check();
  expect(told).toEqual([]);
  await check();
  expect(told).toEqual([`alert.invariant I11:${id}:Pending`]);
});

describe("a paid line without a purchase", () => {
  const payLongAgo = async (invoiceId: number, hours: number) => {
    const paid = stage.engine.localTime(new Date(stage.engine.clock.now().getTime() - hours * 3_600_000));
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = ? WHERE id = ?", [paid, invoiceId]);
  };

  it("is missing when there was time to find it, and is taken in before anybody is told", async () => {
    const old = await stage.sellPaid();
    await payLongAgo(old.invoiceId, 1);
    const fresh = await stage.sellPaid();
    await payLongAgo(fresh.invoiceId, -1);
    const missing = async () => (await checkPaidLines(stage.engine, false)).map(({ key }) => key);
    expect(await missing()).toEqual([`I10:${old.lineId}`]);
    await check();
    expect(told).toEqual([]);
    expect((await stage.engine.ledger.listPurchases()).map(({ lineId }) => lineId)).toEqual([old.lineId]);
    expect(await missing()).toEqual([]);
  });

  it("of an ended service has two nights", async () => {
    const sold = await stage.sellPaid();
    await stage.shop.setServiceStatus(sold.serviceId, "Terminated");
    await payLongAgo(sold.invoiceId, 47);
    expect(await checkPaidLines(stage.engine, false)).toEqual([]);
    await payLongAgo(sold.invoiceId, 49);
    expect((await checkPaidLines(stage.engine, false)).map(({ key }) => key)).toEqual([`I10:${sold.lineId}`]);
    expect(await checkPaidLines(stage.engine, true)).toEqual([]);
  });

  it("that the ledger does not take is told of", async () => {
    const sold = await stage.sellPaid();
    await payLongAgo(sold.invoiceId, 1);
    await stage.ledgerSql(
      "CREATE TRIGGER take_nothing BEFORE INSERT ON mod_ispmodules_purchases FOR EACH ROW SIGNAL SQLSTATE '45000'",
    );
    try {
      await check();
    } finally {
      await stage.ledgerSql("DROP TRIGGER take_nothing");
    }
    expect(told).toEqual(["line.not_taken_in Error/ER_SIGNAL_EXCEPTION", `alert.invariant I10:${sold.lineId}`]);
  });
});

describe("everything", () => {
  const pages: { limit: number; changedWithinMs?: number }[] = [];
  const openOnly: boolean[] = [];
  const watch = (aheadMs: () => number) => {
    pages.length = 0;
    openOnly.length = 0;
    const { engine } = stage;
    const run = createInvariantCheck(
      {
        ...engine,
        clock: { ...engine.clock, monotonicMs: () => engine.clock.monotonicMs() + aheadMs() },
        ledger: {
          ...engine.ledger,
          readBooks: (page) => {
            pages.push(page);
            return engine.ledger.readBooks(page);
          },
        },
        reader: {
          ...engine.reader,
          listServices: (wanted) => {
            if (wanted.after === null) openOnly.push(wanted.openOnly);
            return engine.reader.listServices(wanted);
          },
        },
      },
      createAlarm(engine),
    );
    return async () => {
      await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'invariants'");
      await run();
    };
  };
  const wasWhole = () => pages.map(({ changedWithinMs }) => changedWithinMs === undefined);

  it("is checked once a day, the books a few services at a time", async () => {
    await buy();
    let hours = 0;
    const round = watch(() => hours * 3_600_000);
    for (hours of [0, 1, 23, 25]) await round();
    expect(wasWhole()).toEqual([true, false, false, true]);
    expect(openOnly).toEqual([false, true, true, false]);
    expect(new Set(pages.map(({ limit }) => limit))).toEqual(new Set([50]));
  });

  it("of the books is not checked again because WHMCS is away; its lines are once it is back", async () => {
    await buy();
    const round = watch(() => 0);
    await stage.shop.sql("RENAME TABLE tblinvoiceitems TO tblinvoiceitems_away");
    try {
      for (let times = 0; times < 2; times++) await expect(round()).rejects.toMatchObject({ name: "DatabaseError" });
    } finally {
      await stage.shop.sql("RENAME TABLE tblinvoiceitems_away TO tblinvoiceitems");
    }
    await round();
    await round();
    expect(wasWhole()).toEqual([true, false, false, false]);
    expect(openOnly).toEqual([false, false, false, true]);
  });
});
