// May the account suspend, resume and delete modules, as far as it was ever asked to?
import type { Ledger } from "../purchases/ledger/ledger.ts";
import { countOf, type Finding, warning } from "./finding.ts";

/** One warning for each change that the account has refused and not allowed since. */
export async function checkRefusedChanges(ledger: Ledger, account: string): Promise<Finding[]> {
  const refused = await ledger.listRefusedChanges(account);
  return refused.map(({ change, detail, modules }) => {
    const message = `The account refused to ${change} ${countOf(modules, "module")} (${detail}).`;
    const remedy = `Ask ispmanager for the right addition.${change}, or do it by hand; what is not done is on the service's page.`;
    return warning(`ispmanager.may_not_${change}:${detail}`, message, remedy);
  });
}
