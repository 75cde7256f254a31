// Are staff told, once, of an account for which purchases wait, and of one that the settings name no more?
import { expect, it } from "vitest";
import { runMessages } from "../../../src/purchases/messages.ts";
import { without } from "./sweeping.ts";
import { type Two, useTwoAccounts } from "./two.ts";

const raise = useTwoAccounts();
let two: Two;

async function tell(engine = two.engine): Promise<string[]> {
  const before = two.whmcsApi.notifications.length;
  await two.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'messages'");
  await runMessages(engine, two.api);
  return two.whmcsApi.notifications.slice(before).map(({ title, message }) => `${title}: ${message}`);
}

async function letPass(hours: number): Promise<void> {
  const ago = (column: string) => `SET ${column} = ${column} - INTERVAL ${hours} HOUR`;
  await two.ledgerSql(`UPDATE mod_ispmodules_transitions ${ago("created_at")}`);
  await two.ledgerSql(`UPDATE mod_ispmodules_purchases ${ago("state_since")} WHERE state = 'Pending'`);
}

async function loseRu() {
  two = await raise({ hasServerModule: true });
  const there = await two.sellPaidAtRu();
  await two.reach(there.lineId, "Purchased");
  await two.ru.refuseConnections();
  return { there, next: await two.renewPaid(there.serviceId) };
}

it("an account that is away for a day is told of once, with the services that wait for it", async () => {
  const { there, next } = await loseRu();
  const waiting = [next, await two.sellPaid()];
  for (const { lineId } of waiting) await two.reach(lineId, "Pending", "account_unreachable");
  await letPass(23);
  expect(await tell()).toEqual([]);
  await letPass(2);
  const [notice, ...more] = await tell();
  expect(more).toEqual([]);
  expect(notice).toMatch(
    /^ispmanager modules wait for more than a day: account_unreachable: .*the ispmanager account ru: /,
  );
  expect(notice).toContain(`service ${there.serviceId}, service ${there.serviceId + 1}.`);
  expect(await tell(two.createSecondEngine())).toEqual([]);
  const later = await two.sellPaid();
  await two.reach(later.lineId, "Pending", "account_unreachable");
  await letPass(25);
  expect(await tell()).toEqual([]);
  // Also where the one that the notice was about is done, and where one that is new has stood still for longest.
  await two.shop.refundInvoice(next.invoiceId);
  await two.reach(next.lineId, "Refunded", "before_send");
  expect(await tell()).toEqual([]);
  const older = "UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL 99 HOUR";
  await two.ledgerSql(`${older} WHERE invoice_line_id = ?`, [later.lineId]);
  expect(await tell()).toEqual([]);
  await two.ru.acceptConnections();
  for (const { lineId } of [...waiting.slice(1), later]) await two.reach(lineId, "Purchased");
  expect(await tell()).toEqual([]);
});

it("what was told of a purchase that is done does not keep the next wait from being told", async () => {
  const { next } = await loseRu();
  await two.reach(next.lineId, "Pending", "account_unreachable");
  await letPass(25);
  expect(await tell()).toHaveLength(1);
  await two.ru.acceptConnections();
  await two.reach(next.lineId, "Purchased");
  const fault = two.ru.arm({ func: "soft", fault: { kind: "refused", type: "auth" }, times: 1_000 });
  const order = await two.sellPaid();
  await two.reach(order.lineId, "Pending", "account_paused");
  await letPass(25);
  expect(await tell()).toEqual([expect.stringMatching(/account_paused: .*account ru: .*refused the login/)]);
  fault.disarm();
});

it("an account that the settings name no more is told of once, while a service that goes on has its module there", async () => {
  const { there, next } = await loseRu();
  const engine = without(two.engine, "ru");
  expect(await tell()).toEqual([]);
  expect(await tell(engine)).toEqual([
    expect.stringMatching(
      `account ru is not among the settings: .*service ${there.serviceId}\\. Name it in ISPMANAGER`,
    ),
  ]);
  expect(await tell(engine)).toEqual([]);
  await two.reach(next.lineId, "Pending", "account_unreachable");
  await two.round(engine);
  await two.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
  await two.round(engine);
  await letPass(25);
  expect(await tell(engine)).toEqual([expect.stringContaining("account ru: service")]);
  expect(two.whmcsApi.notifications.at(-1)?.message).toContain("The settings do not name this account.");
});
