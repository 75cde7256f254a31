// Does the account do what WHMCS says of suspended, resumed and ended services? Its modules against WHMCS's rows of them.
import type { Module } from "../../src/sandbox/account/model.ts";
import type { Shop } from "../../src/sandbox/shop/shop.ts";
import type { Witnesses } from "../purchases/oracle.ts";

type Sides = Witnesses & { readonly shop: Shop };

/** One sentence for each rule that does not hold; to be asked when all rests. */
export async function judgeLifecycle(sides: Sides): Promise<string[]> {
  return [...(await listMisfits(sides)), ...(await listStrayRequests(sides)), ...listSecondDeletions(sides)];
}

/** Modules that do not stand as WHMCS wants it. */
export async function listMisfits({ account, shop, ledgerSql }: Sides): Promise<string[]> {
  const services = await shop.sql(`SELECT h.id, h.domainstatus AS status, p.configoption8 AS at_end
    FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid`);
  const terms = await ledgerSql(`SELECT remote_service_id AS module, service_ref, licence
    FROM mod_ispmodules_bindings ORDER BY expiry_after`);
  const open = await ledgerSql(`SELECT licence, state, sends FROM mod_ispmodules_purchases
    WHERE state NOT IN ('Purchased', 'Refunded', 'Ignored')`);
  return account.modules().flatMap((module) => {
    const term = terms.findLast((row) => row.module === module.id);
    const service = services.find(({ id }) => `h${id}` === term?.service_ref);
    if (term === undefined || service === undefined) return [];
    const waiting = open.filter(({ licence }) => licence === term.licence);
    const isUnresolved = waiting.some(({ state, sends }) => state !== "NeedsOperator" || sends > 0);
    const isDeletable = service.at_end === "delete" && waiting.length === 0;
    const misfit = misfitOf(module.status, String(service.status), { isUnresolved, isDeletable });
    return misfit === null ? [] : [`module ${module.id} ${misfit}, and its service is ${service.status}`];
  });
}

/** What no request of ours could have brought about is not ours to judge: here nobody else stops or deletes modules. */
function misfitOf(
  module: Module["status"],
  service: string,
  { isUnresolved, isDeletable }: { readonly isUnresolved: boolean; readonly isDeletable: boolean },
): string | null {
  if (service === "Suspended" && module === 2 && !isUnresolved) return "runs";
  if (service === "Active" && module === 3) return "stands still";
  return isEnded(service) && module !== 4 && isDeletable ? "is there" : null;
}

const isEnded = (service: string) => ["Terminated", "Cancelled", "Fraud"].includes(service);

const changes = ["suspend", "resume", "delete"] as const;

/** Each request has its intent, written down before. */
async function listStrayRequests({ account, ledgerSql }: Sides): Promise<string[]> {
  const intents = await ledgerSql(`SELECT remote_service_id AS module, change_wanted AS wanted
    FROM mod_ispmodules_module_steps WHERE step = 'asked'`);
  return changes.flatMap((change) => {
    const asked = account.requests(`addition.${change}`).map(({ params }) => params.elid);
    return [...new Set(asked)].flatMap((id) => {
      const sent = asked.filter((each) => each === id).length;
      const meant = intents.filter(({ module, wanted }) => module === id && wanted === change).length;
      return sent > meant ? [`I3: ${change} of module ${id} was asked ${sent} times and intended ${meant} times`] : [];
    });
  });
}

/** What was deleted once is never deleted again. */
function listSecondDeletions({ account }: Sides): string[] {
  const deleted = account.changes().flatMap(({ func, moduleId }) => (func === "addition.delete" ? [moduleId] : []));
  const twice = [...new Set(deleted.filter((id, at) => deleted.indexOf(id) !== at))];
  return twice.map((id) => `I2: module ${id} was deleted ${deleted.filter((each) => each === id).length} times`);
}
