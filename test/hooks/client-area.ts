// What does a customer see of a page of the server module? Observed in public copies of WHMCS's clientarea.php, not documented.
import { join } from "node:path";
import { renderTemplate } from "./smarty.ts";

/** What `ClientArea` returns. */
export interface ModulePage {
  readonly tabOverviewModuleOutputTemplate?: string;
  readonly tabOverviewReplacementTemplate?: string;
  readonly templateVariables: object;
}

/** Empty where WHMCS shows only its own page: it adds a module's output for active services only, and lets itself be replaced always. */
export async function renderClientArea(
  whmcsRoot: string,
  { tabOverviewReplacementTemplate, tabOverviewModuleOutputTemplate, templateVariables }: ModulePage,
  status: string,
): Promise<string> {
  const name = tabOverviewReplacementTemplate ?? (status === "Active" ? tabOverviewModuleOutputTemplate : undefined);
  if (name === undefined) return "";
  const file = join(whmcsRoot, "modules/servers/ispmanagermodules", name);
  return renderTemplate(`file:${file}`, { ...templateVariables, token: "token-of-whmcs" });
}
