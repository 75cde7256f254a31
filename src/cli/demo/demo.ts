// What does `ispmodules demo` show? One customer's way through everything, then a sandbox to play with.
import { once } from "node:events";
import { type DemoGround, startDemoGround } from "./ground.ts";
import { buyAddress, priceListAddress, publicAddress, type Say, type WalkResult, walk } from "./walk.ts";

/**
 * Walks, prints ledger, debits and addresses, and stays up until it is interrupted, unless `isOnce`. Returns the exit
 * status: 0 only when the module was bought exactly once and renewed exactly once.
 */
export async function runDemo({ isOnce, say }: { isOnce: boolean; say: Say }): Promise<number> {
  const ground = await startDemoGround(say);
  try {
    const result = await walk(ground, say);
    printLedger(ground, result, say);
    const isRight = result.orders === 1 && result.renewals === 1;
    say(
      `${isRight ? "Bought once, renewed once" : "WRONG"}: ${result.orders} order, ${result.renewals} renewal debited.`,
    );
    if (isOnce) return isRight ? 0 : 1;
    printAddresses(ground, say);
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    return isRight ? 0 : 1;
  } finally {
    await ground.stop();
  }
}

function printLedger({ sandbox }: DemoGround, { purchases }: WalkResult, say: Say): void {
  say();
  say("Ledger");
  for (const { id, invoiceId, action, period, state, remoteServiceId, expectedExpiry } of purchases) {
    say(
      `   ${id}  invoice ${invoiceId}  ${action}  ${period?.start} +${period?.months} month  ${state}  module ${remoteServiceId}  paid to ${expectedExpiry}`,
    );
  }
  say("Debit journal of the account");
  for (const { at, kind, moduleId, licence, tariff, periodMonths, amount, marker } of sandbox.account.debits()) {
    say(
      `   ${at.toISOString()}  ${kind}  module ${moduleId}  licence ${licence}  tariff ${tariff}  ${periodMonths} month  ${amount} ${sandbox.account.currency}  ${marker ?? ""}`,
    );
  }
  say();
}

function printAddresses(ground: DemoGround, say: Say): void {
  say();
  say("It stays up until you press Ctrl+C:");
  say(`   Price list   ${priceListAddress(ground)}`);
  say(`   Buy          ${buyAddress(ground)}`);
  say(`   Webhook      ${publicAddress(ground)}/webhooks/whmcs`);
  say(`   Console      http://127.0.0.1:${ground.bridge.consolePort}/`);
  say(`   Metrics      http://127.0.0.1:${ground.bridge.consolePort}/metrics`);
  say(`   Billing API  ${ground.sandbox.account.url}`);
  say(`   Shop (MySQL) ${ground.shopDatabaseUrl}`);
  say("   Change a price there and ask for the price list again:");
  say("   UPDATE tblpricing SET monthly = 17.50 WHERE type = 'product' AND relid = 1 AND currency = 1");
}
