// What does it mean that WHMCS's API did not do what it was asked, and which setting changes that?
import { type ApiAnswer, apiActions, type WhmcsApi } from "./api.ts";

export interface ApiFailure {
  /** `address`, `credentials` and `silence` stop every call; `refusal` is about the one that was made. */
  readonly kind: "address" | "credentials" | "silence" | "refusal";
  /** One sentence each, for staff. */
  readonly message: string;
  readonly remedy: string;
}

/** WHMCS knows its refusals only by their texts. */
export function explainFailure(answer: Exclude<ApiAnswer, { kind: "success" }>): ApiFailure {
  if (answer.kind === "unreachable") {
    return {
      kind: "silence",
      message: `WHMCS's API gave no usable answer (${answer.detail}).`,
      remedy: "Check WHMCS_API_URL (includes/api.php of this WHMCS), and that nothing between refuses this machine.",
    };
  }
  const ip = /^Invalid IP\b\s*([0-9A-Fa-f.:]{2,45})?/i.exec(answer.message);
  if (ip !== null) {
    return {
      kind: "address",
      message: `WHMCS's API does not accept calls from this machine's address${ip[1] === undefined ? "" : ` ${ip[1]}`}.`,
      remedy:
        "Add that address in WHMCS under Setup → General Settings → Security → API IP Access Restriction, or set $api_access_key in WHMCS's configuration.php and the same text as WHMCS_API_ACCESS_KEY.",
    };
  }
  if (/^Authentication Failed/i.test(answer.message)) {
    return {
      kind: "credentials",
      message: "WHMCS's API refused the credentials.",
      remedy: "Correct WHMCS_API_IDENTIFIER and WHMCS_API_SECRET, and give the admin's role the right API Access.",
    };
  }
  const shown = /^[\w .,'":()-]{1,120}$/.test(answer.message) ? ` (${answer.message})` : "";
  return { kind: "refusal", message: `WHMCS's API refused the call${shown}.`, remedy: allowActions };
}

const allowActions = `Allow ${apiActions.join(", ")} in the API role of these credentials.`;

/** The API, and what stood in the way of the newest call if it would stand in the way of each. */
export interface WatchedApi extends WhmcsApi {
  readTrouble(): ApiFailure | null;
}

/** Remembers how the newest call went, so that the console can say it without a call of its own. */
export function watchApi(api: WhmcsApi): WatchedApi {
  let trouble: ApiFailure | null = null;
  return {
    call: async (action, parameters) => {
      const answer = await api.call(action, parameters);
      const failure = answer.kind === "success" ? null : explainFailure(answer);
      trouble = failure?.kind === "refusal" ? null : failure;
      return answer;
    },
    readTrouble: () => trouble,
  };
}
