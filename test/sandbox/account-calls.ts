// How do the tests talk to the simulated account? As a client would: form POST, XML answer.
import { XMLParser } from "fast-xml-parser";
import { Agent, fetch } from "undici";
import { expect, onTestFinished } from "vitest";
import { type AccountOptions, type SimulatedAccount, startAccount } from "../../src/sandbox/account/account.ts";

// biome-ignore lint/suspicious/noExplicitAny: a parsed document of unknown shape, for reading only
type Parsed = any;

export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
  /** Content of the root element: texts as strings, attributes with `$`. */
  readonly doc: Parsed;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "$",
  parseTagValue: false,
  ignoreDeclaration: true,
});

/** An account that is closed when the test ends. */
export async function openAccount(options: AccountOptions = {}): Promise<SimulatedAccount> {
  const account = await startAccount(options);
  onTestFinished(() => account.close());
  return account;
}

/** One request as the product sends it. Throws what `fetch` throws; XML that cannot be parsed leaves `doc` undefined. */
export async function call(account: SimulatedAccount, params: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams({
    authinfo: `${account.login}:${account.password}`,
    out: "xml",
    lang: "en",
    ...params,
  });
  return send(account.url, { method: "POST", body });
}

/** Any request; each on a connection of its own. */
export async function send(
  url: string,
  init: { method?: string; body?: URLSearchParams; signal?: AbortSignal } = {},
): Promise<Answer> {
  const agent = new Agent();
  try {
    const response = await fetch(url, { ...init, redirect: "manual", dispatcher: agent });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, doc: parse(text) };
  } finally {
    await agent.close();
  }
}

function parse(text: string): Parsed {
  try {
    const parsed: Parsed = parser.parse(text, true);
    return parsed.doc ?? parsed;
  } catch {
    return undefined;
  }
}

/** Rows of a list answer, one or many or none. */
export function rowsOf(answer: Answer): Parsed[] {
  const rows: Parsed = answer.doc.elem ?? [];
  return Array.isArray(rows) ? rows : [rows];
}

export const order = {
  func: "addition.order.param",
  item: "1234567",
  pricelist: "23221",
  period: "1",
  autoprolong: "null",
  skipbasket: "on",
  clicked_button: "finish",
  remoteid: "im-abcdefghijklmnop-1",
  sok: "ok",
};

/** The id of a module that has just been ordered and paid. */
export async function orderedModule(account: SimulatedAccount, change: Partial<typeof order> = {}): Promise<string> {
  await call(account, { ...order, ...change });
  const module = account.modules().at(-1);
  expect(module).toBeDefined();
  return module?.id ?? "";
}

export const renewal = (elid: string, period = "1") => ({
  func: "service.prolong",
  elid,
  period,
  sok: "ok",
  skipbasket: "on",
});

/** A clock that stands still until it is moved; sleepers wake when it passes their time. */
export function handClock(start: string) {
  let nowMs = Date.parse(start);
  let sleepers: { dueMs: number; wake: () => void }[] = [];
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        sleepers.push({ dueMs: nowMs + ms, wake: resolve });
        signal?.addEventListener("abort", () => resolve());
      }),
    advance(ms: number): void {
      nowMs += ms;
      const due = sleepers.filter(({ dueMs }) => dueMs <= nowMs);
      sleepers = sleepers.filter((sleeper) => !due.includes(sleeper));
      for (const { wake } of due) wake();
    },
  };
}

export const dayMs = 86_400_000;
