// Does WHMCS's API let us tell it what was bought?
import type { Config } from "../config.ts";
import { type ApiAnswer, createWhmcsApi } from "../whmcs/api.ts";
import { explainFailure } from "../whmcs/api-failure.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const id = "whmcs_api";
const timeoutMs = 15_000;

/** One call of WhmcsDetails, which changes nothing. */
export async function checkWhmcsApi({ whmcs }: Config): Promise<Finding[]> {
  if (whmcs.api === null) {
    return [
      warning(
        `${id}.settings`,
        "The settings of WHMCS's API are missing, so nothing is written back: bought services stay Pending in WHMCS.",
        "Make API credentials in WHMCS (Setup → Staff Management → Manage API Credentials) and set WHMCS_API_IDENTIFIER and WHMCS_API_SECRET.",
      ),
    ];
  }
  const answer = await createWhmcsApi({ ...whmcs.api, url: whmcs.apiUrl, timeoutMs }).call("WhmcsDetails", {});
  return [explain(answer)];
}

function describeVersion({ whmcs }: Readonly<Record<string, unknown>>): string {
  const version = typeof whmcs === "object" && whmcs !== null && "version" in whmcs ? whmcs.version : null;
  return typeof version === "string" && /^\d[\d.]{0,15}$/.test(version) ? ` (WHMCS ${version})` : "";
}

function explain(answer: ApiAnswer): Finding {
  if (answer.kind === "success") return ok(`${id}.call`, `WHMCS's API answers${describeVersion(answer.fields)}.`);
  const { message, remedy } = explainFailure(answer);
  return fault(`${id}.call`, message, remedy);
}
