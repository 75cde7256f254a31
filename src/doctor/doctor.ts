// What is wrong with this installation, and what is to be done about each fault?
import type { Config } from "../config.ts";
import { describeError } from "../log.ts";
import type { AcceptedVendorModules } from "../purchases/ledger/vendor-modules.ts";
import type { VendorModule } from "../whmcs/vendor-modules.ts";
import { checkAccounts } from "./account.ts";
import { checkCosts } from "./costs.ts";
import { type Check, type Finding, fault, runChecks } from "./finding.ts";
import { checkLedger } from "./ledger.ts";
import { checkSettings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";
import { checkVendorModules } from "./vendor-modules.ts";
import { checkWhmcs, type Sold } from "./whmcs.ts";
import { checkWhmcsApi } from "./whmcs-api.ts";

/**
 * Looks at everything the bridge needs and changes nothing, anywhere. What cannot be looked at is a finding too: it never
 * throws. Findings come in the order settings, ledger, WHMCS, its API, account, the vendor's modules, costs.
 */
export async function runDoctor(config: Config, surroundings: Surroundings): Promise<Finding[]> {
  const run = (id: string, check: Check["run"]) =>
    runChecks([{ id, run: check }], { log: surroundings.log, explain: explainDefect });
  let sold: Sold | null = null;
  let accounts: Awaited<ReturnType<typeof checkAccounts>> = [];
  let vendorModules: readonly VendorModule[] | null = null;
  let accepted: AcceptedVendorModules | null = null;
  const findings = await Promise.all([
    run("settings", async () => checkSettings(config)),
    run("ledger", async () => {
      const ledger = await checkLedger(config, surroundings);
      accepted = ledger.accepted;
      return ledger.findings;
    }),
    run("whmcs", async () => {
      const whmcs = await checkWhmcs(config, surroundings);
      sold = whmcs.sold;
      vendorModules = whmcs.vendorModules;
      return whmcs.findings;
    }),
    run("whmcs_api", () => checkWhmcsApi(config)),
    run("ispmanager", async () => {
      accounts = await checkAccounts(config, surroundings);
      return accounts.flatMap(({ findings }) => findings);
    }),
  ]);
  const vendor = await run("whmcs.vendor_modules", async () =>
    vendorModules === null ? [] : checkVendorModules(vendorModules, accepted),
  );
  const costs = await run("whmcs.costs", async () => (sold === null ? [] : checkCosts(sold, accounts, config.buying)));
  return [...findings.flat(), ...vendor, ...costs];
}

function explainDefect(id: string, error: unknown): Finding {
  return fault(
    id,
    `This check ended for an unexpected cause (${describeError(error).code}).`,
    "Report it as a defect of this program, with the log line that names this check.",
  );
}
