// Does the host's own automation hear of each module that is bought, renewed or has run out, once, whatever happens?
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { createAlarm } from "../../src/purchases/alarm.ts";
import { runAnnouncements } from "../../src/purchases/announcements.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { startLoops } from "../../src/purchases/loops.ts";
import { addDays } from "../../src/purchases/period.ts";
import { createRemoteSweep } from "../../src/purchases/remote-sweep.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { eventsSecret, startReceiver, type TestReceiver } from "../automation/receiver.ts";
import { listenTo } from "./alerts.ts";
import { type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
let receiver: TestReceiver;

async function begin(options: StageOptions = {}): Promise<void> {
  receiver = await startReceiver();
  const settings = { EVENTS_URL: receiver.url, EVENTS_SECRET: eventsSecret, ...options.settings };
  stage = await raise({ ...options, settings });
}
afterEach(async () => {
  await receiver?.stop();
});

const announce = (engine: Engine = stage.engine) => runAnnouncements(engine);
const ids = () => receiver.deliveries.map(({ id }) => id);
const types = () => receiver.deliveries.map(({ event }) => event.type);
const letWait = () =>
  stage.ledgerSql("UPDATE mod_ispmodules_announcements SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL");
const countRows = async () =>
  Number((await stage.ledgerSql("SELECT COUNT(*) AS n FROM mod_ispmodules_announcements"))[0]?.n);

async function buy() {
  const sold = await stage.sellPaid();
  return { sold, bought: await stage.reach(sold.lineId, "Purchased") };
}

describe("a module", () => {
  it("that was bought is told of with all that the automation needs, and renewed again", async () => {
    await begin();
    const { sold, bought } = await buy();
    expect([await announce(), await announce()]).toEqual([1, 0]);
    const [module] = stage.account.modules();
    expect(receiver.deliveries).toEqual([
      {
        id: `${bought.id}-purchased`,
        event: {
          type: "module.purchased",
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          data: {
            licence: sold.licence,
            ip: "198.51.100.1",
            module: "DDoSGUARD",
            tariff: "23221",
            expires_on: module?.expiredate,
            service_id: String(sold.serviceId),
            purchase_id: bought.id,
          },
        },
      },
    ]);
    const next = await stage.renewPaid(sold.serviceId);
    const renewed = await stage.reach(next.lineId, "Purchased");
    expect(await announce()).toBe(1);
    expect(receiver.deliveries[1]).toMatchObject({
      id: `${renewed.id}-renewed`,
      event: { type: "module.renewed", data: { expires_on: stage.account.modules()[0]?.expiredate } },
    });
    expect(receiver.forged).toEqual([]);
  });

  it("that staff had bought by hand is told of as bought", async () => {
    await begin();
    const licence = stage.newLicence();
    stage.account.addForeignModule({ licence, tariff: "23221" });
    const sold = await stage.sellPaid({ licence });
    await stage.reach(sold.lineId, "Purchased", "manual");
    await announce();
    expect(types()).toEqual(["module.purchased"]);
  });

  it("whose line is gone from WHMCS is told of without address and name", async () => {
    await begin();
    const { sold, bought } = await buy();
    await stage.shop.deleteService(sold.serviceId);
    await announce();
    expect(receiver.deliveries[0]?.event.data).toMatchObject({
      ip: null,
      module: null,
      licence: sold.licence,
      purchase_id: bought.id,
    });
  });

  it("is told of without the address once its service has another licence", async () => {
    await begin();
    const { sold } = await buy();
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    await announce();
    expect(receiver.deliveries[0]?.event.data).toMatchObject({ ip: null, module: "DDoSGUARD", licence: sold.licence });
  });
});

it("nothing is queued without EVENTS_URL, and nothing of that is sent when it is set", async () => {
  await begin();
  const deaf = { ...stage.engine, automation: null };
  const sold = await stage.sellPaid();
  await sweepServices(deaf, false);
  for (let rounds = 0; rounds < 50 && (await stage.purchaseOf(sold.lineId)).state !== "Purchased"; rounds++) {
    await stage.round(deaf);
    await deaf.clock.sleep(20);
  }
  expect([(await stage.purchaseOf(sold.lineId)).state, await countRows()]).toEqual(["Purchased", 0]);
  expect([await announce(deaf), await announce()]).toEqual([0, 0]);
  expect(receiver.deliveries).toEqual([]);
});

describe("an event that did not arrive", () => {
  it("is sent again with the same id, later each time, until it does", async () => {
    await begin();
    const { bought } = await buy();
    receiver.answer((response) => void response.writeHead(503).end("words of the receiver"));
    const heard = listenTo(stage.engine);
    const waits: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      expect([await announce(heard.engine), await announce(heard.engine)]).toEqual([1, 0]);
      const sql = "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), due_at) AS s FROM mod_ispmodules_announcements";
      waits.push(Number((await stage.ledgerSql(sql))[0]?.s));
      await letWait();
    }
    expect(waits).toEqual([expect.closeTo(10, -1), expect.closeTo(20, -1), expect.closeTo(40, -1)]);
    expect(heard.warned).toEqual(Array(3).fill("event.postponed"));
    expect(await stage.engine.ledger.listUnheard()).toMatchObject([{ failure: "http_503", waiting: 1 }]);
    receiver.answer((response) => void response.writeHead(200).end());
    await announce();
    expect(new Set(ids())).toEqual(new Set([`${bought.id}-purchased`]));
    expect([ids().length, await stage.engine.ledger.listUnheard(), await announce()]).toEqual([4, [], 0]);
  });

  it("for three days is given up with one alert", async () => {
    await begin();
    await buy();
    receiver.answer((response) => void response.writeHead(410).end());
    await stage.ledgerSql("UPDATE mod_ispmodules_announcements SET created_at = created_at - INTERVAL 73 HOUR");
    const heard = listenTo(stage.engine);
    await announce(heard.engine);
    await letWait();
    await announce(heard.engine);
    expect([heard.told, ids().length]).toEqual([["alert.event_given_up"], 1]);
    expect(await stage.engine.ledger.listUnheard()).toMatchObject([{ failure: "http_410", waiting: 0, givenUp: 1 }]);
  });

  it("because the process ended before it was noted is sent again with the same id", async () => {
    await begin();
    const { bought } = await buy();
    const finishAnnouncement = () => Promise.reject(new Error("the process ends here"));
    await expect(announce({ ...stage.engine, ledger: { ...stage.engine.ledger, finishAnnouncement } })).rejects.toThrow(
      "ends here",
    );
    expect(await announce()).toBe(0);
    await letWait();
    expect(await announce(stage.createSecondEngine())).toBe(1);
    expect(ids()).toEqual(Array(2).fill(`${bought.id}-purchased`));
  });

  it("because WHMCS cannot be read waits, and nothing half is sent", async () => {
    await begin();
    await buy();
    const readLines = () => Promise.reject(new Error("away"));
    await announce({ ...stage.engine, reader: { ...stage.engine.reader, readLines } });
    expect(receiver.deliveries).toEqual([]);
    expect(await stage.engine.ledger.listUnheard()).toMatchObject([{ failure: "whmcs_unreachable", waiting: 1 }]);
  });
});

it("a receiver that does not answer holds up no purchase", async () => {
  await begin();
  await buy();
  const held: (() => void)[] = [];
  receiver.answer((response) => held.push(() => response.writeHead(204).end()));
  const round = announce();
  await expect.poll(() => held.length).toBe(1);
  const { bought } = await buy();
  await expect.poll(() => stage.whmcsApi.calls.at(-1)?.parameters.description).toContain(bought.id);
  expect(held).toHaveLength(1);
  receiver.answer((response) => void response.writeHead(204).end());
  held[0]?.();
  expect(await round).toBe(2);
});

it("while the bridge serves it is sent by a loop of its own", async () => {
  await begin();
  const loops = startLoops(stage.engine, stage.api);
  onTestFinished(() => loops.stop());
  const sold = await stage.sellPaid();
  const body = JSON.stringify({ type: "invoice.paid", data: { invoice_id: sold.invoiceId } });
  await stage.engine.ledger.storeEvent({ webhookId: "paid", type: "invoice.paid", body });
  loops.wake();
  await expect.poll(types, { timeout: 5_000 }).toEqual(["module.purchased"]);
});

describe("a module that has run out", () => {
  const sweep = async () => {
    await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
    await createRemoteSweep(stage.engine, createAlarm(stage.engine))();
  };
  const wantedFrom = (day: string) =>
    stage.ledgerSql("UPDATE mod_ispmodules_switches SET value = ? WHERE name = 'events_since'", [day]);
  const today = () => new Date().toISOString().slice(0, 10);

  /** A module bought and told of whose term ended so many days ago, by the ledger, and by the account. */
  async function runOut(days: number, shownDays = days) {
    const { sold, bought } = await buy();
    await announce();
    const module = String(bought.remoteServiceId);
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [addDays(today(), -days)]);
    stage.account.changeModule(module, { status: 3, expiredate: addDays(today(), -shownDays) });
    return { sold, bought, module };
  }

  it("since events are wanted is told of once", async () => {
    await begin();
    const { bought } = await runOut(1);
    await wantedFrom(addDays(today(), -2));
    await sweep();
    await sweep();
    expect([await announce(), await announce()]).toEqual([1, 0]);
    expect(receiver.deliveries[1]).toMatchObject({
      id: `${bought.id}-expired`,
      event: { type: "module.expired", data: { expires_on: addDays(today(), -1), purchase_id: bought.id } },
    });
    await sweep();
    expect(await announce()).toBe(0);
  });

  it("before they were is not", async () => {
    await begin();
    await runOut(1);
    await sweep();
    expect([await announce(), await countRows()]).toEqual([0, 1]);
  });

  it("is none on its last day, nor while the account shows a later date", async () => {
    await begin();
    await runOut(0);
    await wantedFrom(addDays(today(), -9));
    await sweep();
    expect(await announce()).toBe(0);
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [addDays(today(), -1)]);
    await sweep();
    expect([await announce(), types()]).toEqual([0, ["module.purchased"]]);
  });

  it("and is gone from the account is told of, by the day that the ledger knows", async () => {
    await begin();
    const { module } = await runOut(1);
    stage.account.changeModule(module, { status: 4, expiredate: addDays(today(), 9) });
    await wantedFrom(addDays(today(), -2));
    await sweep();
    expect(await announce()).toBe(1);
    expect(receiver.deliveries[1]?.event.data.expires_on).toBe(addDays(today(), -1));
  });

  it("and was renewed before anybody could be told is not told of", async () => {
    await begin();
    const { sold } = await runOut(1);
    await wantedFrom(addDays(today(), -2));
    await sweep();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    await announce();
    expect(types()).toEqual(["module.purchased", "module.renewed"]);
  });
});
