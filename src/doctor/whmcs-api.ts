// Does WHMCS's API let us tell it what was bought?
import type { Config } from "../config.ts";
import { type ApiAnswer, apiActions, createWhmcsApi } from "../whmcs/api.ts";
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

function explain(answer: ApiAnswer): Finding {
  switch (answer.kind) {
    case "success":
      return ok(`${id}.call`, `WHMCS's API answers${describeVersion(answer.fields)}.`);
    case "unreachable":
      return fault(
        `${id}.call`,
        `WHMCS's API gave no usable answer (${answer.detail}).`,
        "Check WHMCS_API_URL (includes/api.php of this WHMCS), and that nothing between refuses this machine.",
      );
    case "refused":
      return explainRefusal(answer.message);
  }
}

function describeVersion({ whmcs }: Readonly<Record<string, unknown>>): string {
  const version = typeof whmcs === "object" && whmcs !== null && "version" in whmcs ? whmcs.version : null;
  return typeof version === "string" && /^\d[\d.]{0,15}$/.test(version) ? ` (WHMCS ${version})` : "";
}

/** WHMCS knows these only by their texts. */
function explainRefusal(message: string): Finding {
  const ip = /^Invalid IP\b\s*([0-9A-Fa-f.:]{2,45})?/i.exec(message);
  if (ip !== null) {
    return fault(
      `${id}.call`,
      `WHMCS's API does not accept calls from this machine's address${ip[1] === undefined ? "" : ` ${ip[1]}`}.`,
      "Add that address in WHMCS under Setup → General Settings → Security → API IP Access Restriction, or set $api_access_key in WHMCS's configuration.php and the same text as WHMCS_API_ACCESS_KEY.",
    );
  }
  if (/^Authentication Failed/i.test(message)) {
    return fault(
      `${id}.call`,
      "WHMCS's API refused the credentials.",
      "Correct WHMCS_API_IDENTIFIER and WHMCS_API_SECRET, and give the admin's role the right API Access.",
    );
  }
  const shown = /^[\w .,'":()-]{1,120}$/.test(message) ? ` (${message})` : "";
  return fault(
    `${id}.call`,
    `WHMCS's API refused the call${shown}.`,
    `Allow ${apiActions.join(", ")} in the API role of these credentials.`,
  );
}
