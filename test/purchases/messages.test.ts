// Are customers and staff told while a purchase is not done: each once, and nobody without need?
import { describe, expect, it } from "vitest";
import type { Log } from "../../src/log.ts";
import { activationTemplate, runMessages } from "../../src/purchases/messages.ts";
import { notificationIdentifier } from "../../src/purchases/notices.ts";
import type { WhmcsApi } from "../../src/whmcs/api.ts";
import { type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise({ hasServerModule: true, ...options });
};

/** The next turn, so many minutes from now on the engine's clock. */
async function tell(minutes = 0, engine = stage.engine, api = stage.api): Promise<number> {
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'messages'");
  const now = () => new Date(engine.clock.now().getTime() + minutes * 60_000);
  return await runMessages({ ...engine, clock: { ...engine.clock, now } }, api);
}

/** What WHMCS has refused, or had no answer for, may be tried again. */
const letWait = () =>
  stage.ledgerSql("UPDATE mod_ispmodules_messages SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL");

/** Seconds until the next turn, and until each message may be tried again, null where that is over. */
async function readWaits() {
  const read = (rest: string) =>
    stage.ledgerSql(`SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), due_at) AS s FROM mod_ispmodules_${rest}`);
  const [[turn], messages] = [await read("turns WHERE name = 'messages'"), await read("messages ORDER BY created_at")];
  const seconds = (value: unknown) => (value === null ? null : Number(value));
  return { turn: seconds(turn?.s), messages: messages.map(({ s }) => seconds(s)) };
}

/** A paid module that waits for money in the account. */
async function sellWaiting() {
  stage.account.setBalance("0.00");
  const sold = await stage.sellPaid();
  await stage.reach(sold.lineId, "Pending", "awaiting_balance");
  return sold;
}

describe("a customer whose module is not active 15 minutes after the payment", () => {
  it("is told so once, and nobody before", async () => {
    await begin();
    const sold = await sellWaiting();
    expect(await tell(14)).toBe(0);
    expect(await tell(16)).toBe(1);
    expect(stage.whmcsApi.mails).toEqual([{ template: activationTemplate, serviceId: sold.serviceId }]);
    expect([await tell(17), await tell(60, stage.createSecondEngine())]).toEqual([0, 0]);
    stage.account.setBalance("1000.00");
    await stage.reach(sold.lineId, "Purchased");
    expect(await tell(61)).toBe(0);
    expect(stage.whmcsApi.mails).toHaveLength(1);
  });

  it("is told instead what to do where only a licence is missing, once, and then that it is being activated", async () => {
    await begin();
    stage.account.setBalance("0.00");
    const sold = await stage.sellPaid({ licence: "typo" });
    await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    await tell(16);
    const told = {
      serviceId: sold.serviceId,
      text: expect.stringMatching(/not a licence number.+billing\.example\.com.+номер/),
    };
    expect(stage.whmcsApi.mails).toEqual([told]);
    await stage.shop.setLicence(sold.serviceId, "999");
    await stage.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    await tell(17);
    expect(stage.whmcsApi.mails).toEqual([told]);
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    await stage.reach(sold.lineId, "Pending", "awaiting_balance");
    await tell(18);
    expect(stage.whmcsApi.mails.slice(1)).toEqual([{ template: activationTemplate, serviceId: sold.serviceId }]);
  });

  it("is told nothing of a renewal, which runs on, nor of what is bought or refunded", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    await stage.shop.setServiceStatus(sold.serviceId, "Active");
    stage.account.setBalance("0.00");
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Pending", "awaiting_balance");
    const back = await sellWaiting();
    await stage.shop.refundInvoice(back.invoiceId);
    await stage.reach(back.lineId, "Refunded", "before_send");
    expect(await tell(30)).toBe(0);
    expect(stage.whmcsApi.mails).toEqual([]);
  });

  it("is told nothing while buying is tried out, or days after the payment", async () => {
    await begin({ isBuying: false });
    const shadow = { position: "shadow", paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" } as const;
    await stage.engine.ledger.setBuying(shadow);
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "shadow");
    expect(await tell(30)).toBe(0);
    await stage.engine.ledger.setBuying({ ...shadow, position: "on" });
    expect(await tell(5 * 1440)).toBe(0);
    expect(await tell(60)).toBe(1);
  });

  it("is told again only where WHMCS certainly had not sent it", async () => {
    await begin();
    const sold = await sellWaiting();
    stage.whmcsApi.setFault({ kind: "error", action: "SendEmail", message: "Email Template not found" });
    expect(await tell(30)).toBe(0);
    await letWait();
    stage.whmcsApi.setFault({ kind: "invalid_ip" });
    expect(await tell(30)).toBe(0);
    expect(stage.whmcsApi.countFaults()).toBe(2);
    await letWait();
    stage.whmcsApi.setFault({ kind: "reply_lost" });
    expect(await tell(30)).toBe(0);
    await letWait();
    stage.whmcsApi.setFault(null);
    expect(await tell(30)).toBe(0);
    expect(stage.whmcsApi.mails).toEqual([{ template: activationTemplate, serviceId: sold.serviceId }]);
  });
});

it("a mail is not sent twice when the process ends right after it", async () => {
  await begin();
  const sold = await sellWaiting();
  const { api } = stage;
  const call: WhmcsApi["call"] = async (...words) => {
    await api?.call(...words);
    throw new Error("the process ends here");
  };
  expect(await tell(30, stage.engine, { call })).toBe(0);
  expect(await tell(30)).toBe(0);
  expect(stage.whmcsApi.mails).toEqual([{ template: activationTemplate, serviceId: sold.serviceId }]);
});

it("a refused message waits by itself, longer each time, and holds up no other", async () => {
  await begin();
  await sellWaiting();
  stage.whmcsApi.setFault({ kind: "error", action: "SendEmail", message: "Email Template not found" });
  expect(await tell(30)).toBe(0);
  const { turn, messages } = await readWaits();
  expect(turn).toBeLessThanOrEqual(60);
  expect(messages).toEqual([expect.closeTo(600, -2)]);
  const other = await stage.sellPaid({ licence: "typo" });
  await stage.reach(other.lineId, "NeedsOperator", "bad_licence");
  expect([await tell(), stage.whmcsApi.countFaults()]).toEqual([1, 1]);
  await letWait();
  await tell(30);
  expect((await readWaits()).messages.slice(0, 2)).toEqual([expect.closeTo(1_200, -2), null]);
});

/** The engine with a reader that answers each of its questions only after `body`. */
function askedThrough(body: (question: string) => void): Stage["engine"] {
  const { reader } = stage.engine;
  const ask = (question: string, answer: unknown) =>
    typeof answer !== "function"
      ? answer
      : (...words: unknown[]) => {
          body(question);
          return Reflect.apply(answer, reader, words);
        };
  const watched = new Proxy(reader, { get: (target, name) => ask(String(name), Reflect.get(target, name)) });
  return { ...stage.engine, reader: watched };
}

it("WHMCS is asked once about all who may be mailed, and a slow answer holds up neither mail nor notification", async () => {
  await begin();
  const waiting = [await sellWaiting(), await sellWaiting(), await sellWaiting()];
  const wrong = await stage.sellPaid({ licence: "typo" });
  await stage.reach(wrong.lineId, "NeedsOperator", "bad_licence");
  let lateMs = 0;
  const asked: string[] = [];
  const engine = askedThrough((question) => {
    asked.push(`${question} after ${stage.whmcsApi.notifications.length} notification`);
    lateMs += 30_000;
  });
  const clock = { ...engine.clock, monotonicMs: () => stage.engine.clock.monotonicMs() + lateMs };
  expect(await tell(16, { ...engine, clock })).toBe(5);
  expect(stage.whmcsApi.mails).toHaveLength(waiting.length + 1);
  expect(asked).toEqual(["readServiceStatuses after 1 notification"]);
});

it("staff are notified while WHMCS's database cannot be read, customers when it can be again", async () => {
  await begin();
  const wrong = await stage.sellPaid({ licence: "typo" });
  await stage.reach(wrong.lineId, "NeedsOperator", "bad_licence");
  await stage.shop.sql("RENAME TABLE tblhosting TO tblhosting_away");
  const sent = await tell(16).finally(() => stage.shop.sql("RENAME TABLE tblhosting_away TO tblhosting"));
  expect([sent, stage.whmcsApi.notifications.length]).toEqual([1, 1]);
  expect([await tell(16), stage.whmcsApi.mails.length]).toEqual([1, 1]);
});

it("a message that the ledger does not take holds up no other, and is logged", async () => {
  await begin();
  const failed: Record<string, unknown>[] = [];
  const error: Log["error"] = (event, fields) => void failed.push({ event, ...fields });
  const engine = { ...stage.engine, log: { ...stage.engine.log, error } };
  for (let causes = 0; causes < 2; causes++) {
    const { lineId } = await stage.sellPaid({ licence: "typo" });
    await stage.reach(lineId, "NeedsOperator", "bad_licence");
  }
  await stage.ledgerSql(
    "CREATE TRIGGER change_nothing BEFORE UPDATE ON mod_ispmodules_messages FOR EACH ROW SIGNAL SQLSTATE '45000'",
  );
  await tell(0, engine).finally(() => stage.ledgerSql("DROP TRIGGER change_nothing"));
  expect(stage.whmcsApi.notifications).toHaveLength(2);
  const told = { event: "message.failed", message: "needs_operator:bad_licence", code: "Error/ER_SIGNAL_EXCEPTION" };
  expect(failed).toMatchObject([told, told]);
});

describe("staff", () => {
  it("are notified of each cause once, with what to do and a link", async () => {
    await begin();
    const sold = await stage.sellPaid({ licence: "typo" });
    const { id } = await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    expect([await tell(), await tell()]).toEqual([1, 0]);
    expect(stage.whmcsApi.notifications).toEqual([
      {
        notification_identifier: notificationIdentifier,
        title: "ispmanager module needs a decision: bad_licence",
        message: expect.stringMatching(
          new RegExp(`^Service ${sold.serviceId}, .*purchase ${id}: .*Correct the field License ID`),
        ),
        url: `https://billing.example.com/admin/invoices.php?action=edit&id=${sold.invoiceId}`,
        status: "bad_licence",
      },
    ]);
    await stage.shop.setLicence(sold.serviceId, "999");
    await stage.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    expect(await tell()).toBe(1);
    await stage.shop.setLicence(sold.serviceId, "typo");
    await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    expect(await tell()).toBe(0);
  });

  it("are rather notified twice than never, and read which setting stands in the way", async () => {
    await begin();
    const warned: Record<string, unknown>[] = [];
    const warn: Log["warn"] = (event, fields) => void warned.push({ event, ...fields });
    const engine = { ...stage.engine, log: { ...stage.engine.log, warn } };
    const sold = await stage.sellPaid({ licence: "typo" });
    await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    stage.whmcsApi.setFault({ kind: "invalid_ip" });
    expect(await tell(0, engine)).toBe(0);
    expect(warned).toMatchObject([
      { event: "message.postponed", why: "address", remedy: expect.stringContaining("API IP Access") },
    ]);
    stage.whmcsApi.setFault({ kind: "reply_lost" });
    await letWait();
    expect(await tell()).toBe(0);
    await letWait();
    stage.whmcsApi.setFault(null);
    expect([await tell(), await tell()]).toEqual([1, 0]);
    expect(stage.whmcsApi.notifications).toHaveLength(2);
  });
});

it("a turn belongs to one process, comes once a minute, and after trouble in ten", async () => {
  await begin();
  await stage.sellPaid({ licence: "typo" });
  await stage.settle();
  stage.whmcsApi.setFault({ kind: "down" });
  expect(await tell()).toBe(0);
  expect((await readWaits()).turn).toBeGreaterThan(500);
  await letWait();
  stage.whmcsApi.setFault(null);
  expect(await runMessages(stage.engine, stage.api)).toBe(0);
  const both = [stage.engine, stage.createSecondEngine()];
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'messages'");
  const sent = await Promise.all(both.map((engine) => runMessages(engine, stage.api)));
  expect(sent.toSorted()).toEqual([0, 1]);
});

describe("a balance that does not cover the renewals of a week", () => {
  const low = { balance: "3.00", currency: "EUR", weekCost: "20", monthCost: "50", unknown: 0 };

  it("is told to staff once each time it becomes so, with the sums", async () => {
    await begin();
    const notices = () => stage.whmcsApi.notifications.filter(({ status }) => status === "balance_low");
    await stage.engine.ledger.keepForecast({ ...low, lowSince: "2026-11-23T10:00:00.000Z" });
    expect(await tell()).toBe(1);
    await stage.engine.ledger.keepForecast({ ...low, lowSince: "2026-11-23T11:00:00.000Z" });
    expect([await tell(), await tell(60, stage.createSecondEngine())]).toEqual([0, 0]);
    expect(notices()).toMatchObject([
      { message: expect.stringContaining("3.00 EUR. What is to be bought within 7 days costs 20 EUR") },
    ]);
    await stage.engine.ledger.keepForecast({ ...low, balance: "30.00", lowSince: null });
    expect(await tell()).toBe(0);
    await stage.engine.ledger.keepForecast({ ...low, lowSince: "2026-11-24T10:00:00.000Z" });
    expect(await tell()).toBe(1);
    expect(notices()).toHaveLength(2);
  });
});
