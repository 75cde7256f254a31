// How is WHMCS told something? One call of its API by form POST, and what is known afterwards.
import { request } from "undici";

export interface WhmcsApiSettings {
  /** The address of `includes/api.php`. */
  readonly url: string;
  readonly identifier: string;
  readonly secret: string;
  /** `$api_access_key` of WHMCS's configuration, which lets us past its IP allow-list. */
  readonly accessKey: string | null;
  readonly timeoutMs: number;
}

/**
 * `refused`: WHMCS said no; `message` is its own text, untrusted, at most 200 characters, our credentials masked.
 * `unreachable`: no answer, a late one, or one that is not the API's; whether the call took effect is not known.
 */
export type ApiAnswer =
  | { readonly kind: "success"; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** Every action that the bridge calls: the API role of its credentials must allow these. */
export const apiActions = [
  "AcceptOrder",
  "LogActivity",
  "ModuleCreate",
  "SendEmail",
  "TriggerNotificationEvent",
  "UpdateClientAddon",
  "UpdateClientProduct",
  "WhmcsDetails",
] as const;
/** What a person's command calls beside them. */
export const catalogueActions = ["AddProduct"] as const;
export type ApiAction = (typeof apiActions | typeof catalogueActions)[number];

/** Codes of a call that ended before a byte of it was sent. */
const neverConnected = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"],
]);

/** Whether WHMCS may have carried a call out whose answer is not known. */
export function mayHaveActed(answer: ApiAnswer): boolean {
  return answer.kind === "unreachable" && !neverConnected.has(answer.detail);
}

export interface WhmcsApi {
  /** Calls one documented action; never throws, never repeats, never follows a redirect. */
  call(action: ApiAction, parameters: Readonly<Record<string, string | number>>): Promise<ApiAnswer>;
}

const answerLimitBytes = 1024 * 1024;
const messageLimit = 200;

/** A client of https://developers.whmcs.com/api/ ; nothing is sent before the first call. */
export function createWhmcsApi(settings: WhmcsApiSettings): WhmcsApi {
  return {
    async call(action, parameters) {
      try {
        const answer = await post(settings, buildForm(settings, action, parameters));
        return answer.text === null
          ? { kind: "unreachable", detail: "the answer was larger than 1 MiB" }
          : interpret(answer.status, answer.text, settings);
      } catch (error) {
        return { kind: "unreachable", detail: describeFailure(error) };
      }
    },
  };
}

function buildForm(settings: WhmcsApiSettings, action: string, parameters: Readonly<Record<string, string | number>>) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) form.set(name, String(value));
  form.set("action", action);
  form.set("responsetype", "json");
  form.set("identifier", settings.identifier);
  form.set("secret", settings.secret);
  if (settings.accessKey !== null) form.set("accesskey", settings.accessKey);
  return form;
}

/** `text` is null when the answer was too large. The connection is not kept: a stale one would look like a lost answer. */
async function post(
  settings: WhmcsApiSettings,
  form: URLSearchParams,
): Promise<{ status: number; text: string | null }> {
  const answer = await request(settings.url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
    signal: AbortSignal.timeout(settings.timeoutMs),
    reset: true,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerLimitBytes) {
      answer.body.destroy();
      return { status: answer.statusCode, text: null };
    }
    chunks.push(chunk);
  }
  return { status: answer.statusCode, text: Buffer.concat(chunks).toString("utf8") };
}

/** Refusals are believed with any status, because WHMCS sends some (a refused IP) with 403. */
function interpret(status: number, text: string, settings: WhmcsApiSettings): ApiAnswer {
  const fields = parseObject(text);
  if (fields === null) return { kind: "unreachable", detail: `status ${status}, not an API answer` };
  if (fields.result === "success" && status === 200) return { kind: "success", fields };
  if (fields.result === "error") return { kind: "refused", message: cleanMessage(fields.message, settings) };
  return { kind: "unreachable", detail: `status ${status}, neither success nor error` };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function cleanMessage(message: unknown, settings: WhmcsApiSettings): string {
  if (typeof message !== "string") return "";
  const credentials = [settings.secret, settings.identifier, settings.accessKey].filter(
    (text) => text !== null && text !== "",
  ) as string[];
  const masked = credentials.reduce((text, credential) => text.replaceAll(credential, "***"), message);
  return masked
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, messageLimit);
}

/** The error's code or class only: foreign messages may carry addresses. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError") return "no answer in time";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
