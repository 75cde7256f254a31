// Once all rests: did each licence's modules stay at one account, and is it true what a purchase without one rests for?
import { microsOf } from "./ledger/instants.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import type { Life } from "./life.ts";
import { hasLicence } from "./sides.ts";
import { lies } from "./whereabouts.ts";

/** An account shows what it was asked for after this long at the latest. */
const longestUnlistedMs = 7 * 60_000;

/** No licence has modules of ours at two accounts, and what was sent to one of several was looked for there. */
export function judgeAccounts(life: Life): void {
  if (life.sides().length === 1) return;
  for (const side of life.sides()) judgeAbsence(side);
  const homes = new Map<string, string>();
  for (const { account, model } of life.sides()) {
    const ours = model.state.modules.filter(({ status, remoteid }) => status !== 4 && remoteid !== null);
    for (const key of new Set(ours.map(({ licence, tariff }) => `${licence} ${tariff}`))) {
      const other = homes.get(key);
      if (other !== undefined)
        life.witness.find("double", `licence and tariff ${key} have modules of ours at ${other} and at ${account}`);
      homes.set(key, account);
    }
  }
}

/** What counts as absent was not charged long before, at an account that has not lied since. */
function judgeAbsence({ account, model, network, store, witness }: Life): void {
  const { purchases, transitions } = store();
  for (const { at, marker, moduleId } of model.debits) {
    const purchase = purchases.get(/^im-([a-z2-7]{16})-\d+$/.exec(marker ?? "")?.[1] ?? "");
    const isThere = model.state.modules.some(({ id, status }) => id === moduleId && status !== 4);
    if (purchase?.reason !== "absent" || !isThere) continue;
    const own = [...transitions.values()].filter(({ purchaseId }) => purchaseId === purchase.id);
    const saidMs = microsOf(own.findLast(({ reason }) => reason === "absent")?.createdAt ?? "") / 1000;
    const isLying = network.requests().some((one) => one.at >= at && one.fault !== null && lies.includes(one.fault));
    if (saidMs - at.getTime() > longestUnlistedMs && !isLying)
      witness.find("lost", `${purchase.id} counts as absent, and is module ${moduleId} of ${account}`);
  }
}

/** Exactly one account has the licence of a purchase, and no other has ever had a module for it. */
export function hasOneHome(life: Life, { licence }: Pick<PurchaseRow, "licence">): boolean {
  const having = life.sides().filter(({ model }) => hasLicence(model, licence ?? ""));
  const holding = life.sides().filter(({ model }) => model.state.modules.some((row) => row.licence === licence));
  return having.length === 1 && holding.every(({ account }) => account === having[0]?.account);
}
