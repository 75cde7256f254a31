// Who answers at `includes/api.php` when there is no WHMCS? A stand-in on the sandbox's shop.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ApiParameters, apiActions, type Mail, type ModuleRunner, type Post } from "./shop/api-actions.ts";
import type { HookCall } from "./shop/hook-calls.ts";
import type { Shop } from "./shop/shop.ts";

export interface WhmcsApiOptions {
  readonly shop: Shop;
  readonly identifier: string;
  readonly secret: string;
  /** WHMCS's `$api_access_key`, which lets a caller past the IP list. */
  readonly accessKey?: string;
  /** Whether the server module is installed; default true. */
  readonly hasServerModule?: boolean;
  /** Runs the server module's functions; without it each says `success`. */
  readonly runModule?: ModuleRunner;
  /** HTTP status of an action's error, which is not known for certain; default 200. */
  readonly errorStatus?: number;
}

/**
 * `down`: the connection is reset before anything happens. `reply_lost`: the same, after the action was carried out.
 * `bad_gateway`: a proxy's page with 502. `invalid_ip`: the caller is not on the IP list. `error`: one action fails with
 * that message. `silent`: no answer, ever.
 */
export type ApiFault =
  | { readonly kind: "down" | "reply_lost" | "bad_gateway" | "invalid_ip" | "silent" }
  | { readonly kind: "error"; readonly action: string; readonly message: string };

/** One authenticated call as it arrived, without its credentials. */
export interface ApiCall {
  readonly action: string;
  readonly parameters: ApiParameters;
  /** What was answered, or the fault that stood in for it. */
  readonly answer: "success" | "error" | ApiFault["kind"];
  /** Hooks that WHMCS would have run. */
  readonly hooks: readonly HookCall[];
}

export interface WhmcsApiServer {
  /** `http://127.0.0.1:port/includes/api.php`. */
  readonly url: string;
  /** Every authenticated call, faults included, oldest first. */
  readonly calls: readonly ApiCall[];
  /** E-mails to customers and notifications to staff, oldest first. */
  readonly mails: readonly Mail[];
  readonly notifications: readonly ApiParameters[];
  /** Switches a fault on for all further requests, or off with null. */
  setFault(fault: ApiFault | null): void;
  /** How many requests met a fault. */
  countFaults(): number;
  setServerModule(isInstalled: boolean): void;
  /** What the installed module says from now on, in place of being run: `success`, or a text for staff. */
  setModuleAnswer(answer: string): void;
  stop(): Promise<void>;
}

interface State {
  readonly options: WhmcsApiOptions;
  readonly calls: ApiCall[];
  readonly post: Post;
  fault: ApiFault | null;
  faultCount: number;
  hasServerModule: boolean;
  runModule: ModuleRunner;
}

const path = "/includes/api.php";
const bodyLimitBytes = 1_048_576;

/** Listens on a free loopback port. Form POST with identifier and secret, JSON answers, one path and nothing else. */
export async function startWhmcsApi(options: WhmcsApiOptions): Promise<WhmcsApiServer> {
  const { hasServerModule = true, runModule = async () => "success" } = options;
  const post: Post = { mails: [], notifications: [] };
  const state: State = { options, calls: [], post, fault: null, faultCount: 0, hasServerModule, runModule };
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error: unknown) => {
      if (!request.readableAborted) console.error("WHMCS API stand-in:", error);
      response.socket?.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    calls: state.calls,
    ...post,
    setFault: (fault) => {
      state.fault = fault;
    },
    countFaults: () => state.faultCount,
    setServerModule: (isInstalled) => {
      state.hasServerModule = isInstalled;
    },
    setModuleAnswer: (answer) => {
      state.runModule = async () => answer;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = await readForm(request);
  if (new URL(request.url ?? "/", "http://localhost").pathname !== path) return page(response, 404, "Not Found");
  if (meetFault(state, response, form)) return;
  if (!isAuthenticated(state.options, form)) return reply(response, 403, refusal("Authentication Failed"));
  await carryOut(state, response, form);
}

/** The faults that stand before WHMCS itself. True when the request got its answer, or none. */
function meetFault(state: State, response: ServerResponse, form: ApiParameters): boolean {
  const kind = state.fault?.kind;
  const hasAccessKey = state.options.accessKey !== undefined && form.accesskey === state.options.accessKey;
  if (kind === undefined || kind === "error" || kind === "reply_lost") return false;
  if (kind === "invalid_ip" && hasAccessKey) return false;
  state.faultCount += 1;
  if (isAuthenticated(state.options, form)) record(state, form, { answer: kind });
  if (kind === "down") response.socket?.resetAndDestroy();
  if (kind === "bad_gateway") page(response, 502, "502 Bad Gateway");
  if (kind === "invalid_ip") reply(response, 403, refusal("Invalid IP 127.0.0.1"));
  return true;
}

/** Identifier and secret are also accepted under the names of the older login. */
function isAuthenticated({ identifier, secret }: WhmcsApiOptions, form: ApiParameters): boolean {
  return (form.identifier ?? form.username) === identifier && (form.secret ?? form.password) === secret;
}

async function carryOut(state: State, response: ServerResponse, form: ApiParameters): Promise<void> {
  const { shop, errorStatus = 200 } = state.options;
  const name = form.action ?? "";
  const { fault } = state;
  if (fault?.kind === "error" && fault.action.toLowerCase() === name.toLowerCase()) {
    state.faultCount += 1;
    record(state, form, { answer: "error" });
    return reply(response, errorStatus, refusal(fault.message));
  }
  const action = apiActions.get(name.toLowerCase());
  const result =
    action === undefined
      ? { kind: "error" as const, message: "Command Not Found" }
      : await action({ shop, runModule: state.hasServerModule ? state.runModule : null, post: state.post }, form);
  const isLost = fault?.kind === "reply_lost";
  const hooks = result.kind === "success" ? (result.hooks ?? []) : [];
  record(state, form, { answer: isLost ? "reply_lost" : result.kind, hooks });
  if (isLost) {
    state.faultCount += 1;
    response.socket?.resetAndDestroy();
  } else if (result.kind === "error") reply(response, errorStatus, refusal(result.message));
  else reply(response, 200, { result: "success", ...result.fields });
}

const credentials = new Set(["identifier", "secret", "username", "password", "accesskey", "action", "responsetype"]);

function record(
  state: State,
  form: ApiParameters,
  { answer, hooks = [] }: Pick<ApiCall, "answer"> & Partial<ApiCall>,
): void {
  const parameters = Object.fromEntries(Object.entries(form).filter(([name]) => !credentials.has(name)));
  state.calls.push({ action: form.action ?? "", parameters, answer, hooks });
}

/** Parameters of a form POST; anything else has none, as in PHP's `$_POST`. */
async function readForm(request: IncomingMessage): Promise<ApiParameters> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyLimitBytes) chunks.push(chunk);
  }
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  if (request.method !== "POST" || !isForm) return {};
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString("utf8")));
}

function refusal(message: string): { result: "error"; message: string } {
  return { result: "error", message };
}

function reply(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { "content-type": "text/html" }).end(`<html><body><h1>${title}</h1></body></html>`);
}
