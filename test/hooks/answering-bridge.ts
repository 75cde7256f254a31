// What does the bridge say to the server module? An HTTP server that answers each action as told and keeps every call.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach } from "vitest";
import { listen, stop } from "./bridge.ts";

/** By action; `"never"` reads the call and stays silent, a number is a bare HTTP status. */
export type Answers = Record<string, object | "never" | number>;

export interface AnsweringBridge {
  readonly url: string;
  readonly calls: { readonly path: string; readonly body: Readonly<Record<string, unknown>> }[];
}

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Runs to the end of the test. An action without an answer gets 404. */
export async function startAnsweringBridge(answers: Answers): Promise<AnsweringBridge> {
  const calls: { path: string; body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Record<string, unknown>;
    calls.push({ path: request.url ?? "", body });
    const answer = answers[String(body.action)] ?? 404;
    if (answer === "never") return;
    if (typeof answer === "number") return void response.writeHead(answer).end("<html>");
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  const port = await listen(server);
  endings.push(() => stop(server));
  return { url: `http://127.0.0.1:${port}`, calls };
}

/** What the bridge says about a service that is bought. */
export const activeService = {
  licence: "1234567",
  tariff: "23221",
  module_id: "777",
  paid_until: "2027-01-31",
  state: "active",
  customer_text: { en: "The module is active.", ru: "Модуль активен." },
  staff_text: "The module is active.",
  last_error: null,
  can_choose_licence: false,
};

/** What it says while the licence is not the partner's. */
export const choosingService = {
  ...activeService,
  module_id: null,
  paid_until: null,
  state: "attention",
  customer_text: { en: "The licence is not known to us.", ru: "Лицензия нам не известна." },
  staff_text: "Correct the licence.",
  can_choose_licence: true,
};
