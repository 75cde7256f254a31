// What does one customer live through, from the price list to the renewed module?
import { systemClock } from "../../clock.ts";
import { openDatabase } from "../../database/connection.ts";
import { createLedger, type Ledger } from "../../purchases/ledger/ledger.ts";
import type { Purchase } from "../../purchases/purchase.ts";
import { isCommit } from "../../sandbox/account/call.ts";
import { runHook } from "../../sandbox/php.ts";
import type { HookCall } from "../../sandbox/shop/hook-calls.ts";
import type { DemoGround } from "./ground.ts";

export type Say = (line?: string) => void;

const licence = "1234567";
const address = "192.0.2.10";
const longestWaitMs = 60_000;

export interface WalkResult {
  readonly orders: number;
  readonly renewals: number;
  readonly purchases: readonly Purchase[];
}

/** Walks it step by step, saying what is sent and answered. Throws when a step does not come to its end in a minute. */
export async function walk(ground: DemoGround, say: Say): Promise<WalkResult> {
  const database = openDatabase({
    name: "ledger",
    url: ground.sandbox.environment.LEDGER_DATABASE_URL ?? "",
    connections: 2,
  });
  try {
    const at: Step = { ground, say, ledger: createLedger(database) };
    await showPriceList(at);
    const cart = await pressBuy(at);
    await turnBuyingOn(at);
    const { serviceId } = await checkOutAndPay(at, cart);
    await payNextMonth(at, serviceId);
    const debits = ground.sandbox.account.debits();
    return {
      orders: debits.filter((debit) => debit.kind === "order").length,
      renewals: debits.filter((debit) => debit.kind === "renewal").length,
      purchases: await at.ledger.listPurchases(),
    };
  } finally {
    await database.close();
  }
}

interface Step {
  readonly ground: DemoGround;
  readonly say: Say;
  readonly ledger: Ledger;
}

export function publicAddress(ground: DemoGround): string {
  return `http://127.0.0.1:${ground.bridge.port}`;
}

export function priceListAddress(ground: DemoGround): string {
  return `${publicAddress(ground)}/?func=pricelist.export&itemtype=addition&out=xml`;
}

export function buyAddress(ground: DemoGround): string {
  return `${publicAddress(ground)}/?module=DDoSGUARD&license=${licence}&ip=${address}&module_id=23221`;
}

async function showPriceList({ ground, say }: Step): Promise<void> {
  say("1. The customer's panel asks for the price list.");
  say(`   GET ${priceListAddress(ground)}`);
  const answer = await fetch(priceListAddress(ground));
  say(`   ${answer.status} ${answer.headers.get("content-type")}`);
  say(`   ${await answer.text()}`);
}

async function pressBuy({ ground, say }: Step): Promise<URL> {
  say("2. The customer presses Buy; the panel opens the partner's billing.");
  say(`   GET ${buyAddress(ground)}`);
  const answer = await fetch(buyAddress(ground), { redirect: "manual" });
  const location = answer.headers.get("location") ?? "";
  say(`   ${answer.status} Location: ${decodeURIComponent(location)}`);
  return new URL(location);
}

async function turnBuyingOn({ say, ledger }: Step): Promise<void> {
  say("3. Staff turn buying on: `ispmodules buying on --paid-since …`.");
  const paidSince = "2020-01-01 00:00:00";
  await ledger.setBuying({ position: "on", paidSince, actor: "demo", why: "the demo buys in a sandbox" });
}

/** The cart holds what the link filled in; the shop does what WHMCS does at checkout and at payment. */
async function checkOutAndPay(at: Step, cart: URL): Promise<{ serviceId: number }> {
  const { say } = at;
  const { shop, catalogue } = at.ground.sandbox;
  const filled = [...cart.searchParams].filter(([name]) => name.startsWith("customfield["));
  const [licenceField, addressField] = filled.map(([, value]) => value);
  const order = await shop.placeOrder({
    clientId: catalogue.clientIds[0],
    items: [{ productId: Number(cart.searchParams.get("pid")), licence: licenceField ?? "", ip: addressField ?? "" }],
  });
  say(`4. The customer checks out: order ${order.orderId}, invoice ${order.invoiceId}; and pays.`);
  await pay(at, order.invoiceId, 1);
  return { serviceId: order.serviceIds[0] ?? 0 };
}

async function payNextMonth(at: Step, serviceId: number): Promise<void> {
  const { invoiceId } = await at.ground.sandbox.shop.issueRenewalInvoice(serviceId);
  at.say(`5. WHMCS issues next month's invoice ${invoiceId}; the customer pays it.`);
  await pay(at, invoiceId, 2);
}

/** Pays, runs the real hook file as WHMCS would, and waits until so many purchases are done and told. */
async function pay(at: Step, invoiceId: number, purchased: number): Promise<void> {
  const { account, whmcsApi, shop } = at.ground.sandbox;
  const requestsBefore = account.requests().length;
  const callsBefore = whmcsApi.calls.length;
  const { hooks } = await shop.payInvoice(invoiceId);
  for (const call of hooks) await fireHook(at, call);
  await waitUntilDone(at, purchased, callsBefore);
  for (const request of account
    .requests()
    .slice(requestsBefore)
    .filter(({ params }) => isCommit(params))) {
    at.say(`   Sent to ispmanager: POST ${parameters(request.params)}`);
  }
  const debit = account.debits().at(-1);
  at.say(`   The account debits ${debit?.amount} ${account.currency} for module ${debit?.moduleId} (${debit?.kind}).`);
  for (const { action, parameters: sent, answer } of whmcsApi.calls.slice(callsBefore)) {
    at.say(`   Told to WHMCS: ${action} ${parameters(sent)} → ${answer}`);
  }
}

async function fireHook({ ground, say }: Step, call: HookCall): Promise<void> {
  if (call.point !== "InvoicePaid") return;
  const settings = { url: publicAddress(ground), secret: ground.sandbox.webhookSecret };
  const run = await runHook({ phpPath: ground.phpPath, settings, ...call });
  const result = run.activityLog.length === 0 ? "signed and accepted" : "not delivered";
  say(`   WHMCS runs its hook ${call.point} ${JSON.stringify(call.vars)}: ${result} in ${run.elapsedMs} ms.`);
  for (const line of run.activityLog) say(`   The hook logs: ${line}`);
}

async function waitUntilDone({ ledger, ground }: Step, purchased: number, callsBefore: number): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + longestWaitMs;
  const isTold = () => ground.sandbox.whmcsApi.calls.slice(callsBefore).some(({ action }) => action === "LogActivity");
  for (;;) {
    const done = await ledger.listPurchases({ state: "Purchased" });
    if (done.length >= purchased && isTold()) return;
    if (systemClock.monotonicMs() > deadlineMs) throw new Error("the purchase was not done within a minute");
    await systemClock.sleep(50);
  }
}

function parameters(values: Readonly<Record<string, unknown>>): string {
  const hidden = ["authinfo", "identifier", "secret"];
  return Object.entries(values)
    .filter(([name, value]) => !hidden.includes(name) && value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}
