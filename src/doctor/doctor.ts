// What is wrong with this installation, and what is to be done about each fault?
import type { Config } from "../config.ts";
import { checkAccount } from "./account.ts";
import { checkCosts } from "./costs.ts";
import type { Finding } from "./finding.ts";
import { checkLedger } from "./ledger.ts";
import { checkSettings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";
import { checkWhmcs } from "./whmcs.ts";
import { checkWhmcsApi } from "./whmcs-api.ts";

/**
 * Looks at everything the bridge needs and changes nothing, anywhere. What cannot be looked at is a finding too; nothing that
 * the other sides do makes it throw. Findings come in the order settings, ledger, WHMCS, its API, account, costs.
 */
export async function runDoctor(config: Config, surroundings: Surroundings): Promise<Finding[]> {
  const [ledger, whmcs, api, account] = await Promise.all([
    checkLedger(config, surroundings),
    checkWhmcs(config, surroundings),
    checkWhmcsApi(config),
    checkAccount(config, surroundings),
  ]);
  const costs =
    whmcs.sold === null || account.tariffs === null ? [] : checkCosts(whmcs.sold, account.tariffs, config.buying);
  return [...checkSettings(config), ...ledger, ...whmcs.findings, ...api, ...account.findings, ...costs];
}
