// What does each setting look like, and what is assumed when it is absent?
import { accessSync, constants, statSync } from "node:fs";
import { isIP, isIPv4 } from "node:net";
import * as v from "valibot";
import type { LogLevel } from "../log.ts";
import { type Decimal, isDecimal } from "../money.ts";

const hourMs = 3_600_000;
/** Keeps every wait below what a timer can hold (2^31 ms). */
const longestTime = 1_000_000;

/** A text setting: `read` gives its value, or undefined, and then `expected` is the problem shown. */
function text<T>(expected: string, read: (text: string) => T | undefined) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value.trim());
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

function matching(pattern: RegExp, expected: string) {
  return text(expected, (value) => (pattern.test(value) ? value : undefined));
}

function parseUrl(value: string): URL | undefined {
  return /\s/.test(value) || !URL.canParse(value) ? undefined : new URL(value);
}

/** An http(s) address without user, query or fragment, its final slashes cut. */
function readAddress(value: string): string | undefined {
  const url = parseUrl(value);
  if (!url || !/^https?:\/\//i.test(value) || /[?#]/.test(value)) return undefined;
  if (url.username !== "" || url.password !== "" || /^https?:\/\/[^/]*@/i.test(value)) return undefined;
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

const address = text("must be an http or https address without user, query or fragment", readAddress);

/** TLS always, except on loopback. */
function readSafeAddress(value: string): string | undefined {
  const plain = readAddress(value);
  if (plain === undefined || plain.startsWith("https:")) return plain;
  const host = new URL(plain).hostname;
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127.")) ? plain : undefined;
}

const safeAddress = "must be an https address without user or query; http only on loopback";

/** The account's password travels in the body. */
const accountAddress = text(safeAddress, readSafeAddress);

/** As typed: to the host's own automation a final slash may matter. */
const eventsAddress = text(safeAddress, (value) => (readSafeAddress(value) === undefined ? undefined : value));

function isPercentEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** `mysql://user:password@host:3306/database`, as typed; the only option is `ssl-ca`. */
const databaseUrl = v.pipe(
  text("must be mysql://user:password@host:port/database, percent-encoded, with no option but ssl-ca", (value) => {
    const url = parseUrl(value);
    if (!url || !/^mysql:\/\//.test(value) || value.includes("#")) return undefined;
    if (url.username === "" || url.hostname === "" || !/^\/[^/]+$/.test(url.pathname)) return undefined;
    if (![url.username, url.password, url.pathname].every(isPercentEncoded)) return undefined;
    const options = [...url.searchParams.keys()];
    return options.length === 0 || (options.length === 1 && options[0] === "ssl-ca") ? value : undefined;
  }),
  v.check((value) => {
    const authority = new URL(value).searchParams.get("ssl-ca");
    return authority === null || isReadableFile(authority);
  }, "the file of ssl-ca cannot be read"),
);

const timezone = text("must be a time zone name such as Europe/Berlin", (value) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return /^[A-Za-z]/.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
});

function readList(value: string, isItem: (item: string) => boolean): string[] | undefined {
  const items = value.split(",").map((item) => item.trim());
  return items.every(isItem) ? items : undefined;
}

/** Standard Webhooks: `whsec_` and base64, here of at least 24 bytes. */
function isWebhookSecret(item: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(item)?.[1];
  if (encoded === undefined) return false;
  const bytes = Buffer.from(encoded, "base64");
  return bytes.length >= 24 && bytes.toString("base64") === encoded;
}

const webhookSecrets = text(
  "must be whsec_ and base64 of at least 24 bytes; several are separated by commas",
  (value) => readList(value, isWebhookSecret),
);

function isAddressRange(item: string): boolean {
  const [ip = "", bits, ...rest] = item.split("/");
  const version = isIP(ip);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const host = matching(/^[A-Za-z0-9.:_-]+$/, "must be a host name or an IP address");

const port = text("must be a port number from 0 to 65535", (value) =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined,
);

const cap = text<Decimal | null>("must be an amount such as 100.00, or none", (value) => {
  if (value.toLowerCase() === "none") return null;
  return isDecimal(value) && !value.startsWith("-") ? value : undefined;
});

function readTime(value: string, unitMs: number): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) > longestTime) return undefined;
  return Math.round(Number(value) * unitMs);
}

const seconds = text(`must be a number of seconds above 0 and at most ${longestTime}`, (value) => {
  const ms = readTime(value, 1000);
  return ms === 0 ? undefined : ms;
});

/** A line counts as paid for a minute after it was read, and the checks in between take their time. */
const longestSendWithin = 50;
const sendWithin = text(`must be a number of seconds above 0 and at most ${longestSendWithin}`, (value) => {
  const ms = readTime(value, 1000);
  return ms === undefined || ms === 0 || ms > longestSendWithin * 1000 ? undefined : ms;
});

const hours = text(`must be a number of hours from 0 to ${longestTime}`, (value) => readTime(value, hourMs));

const ordersInFlight = text("must be a whole number from 1 to 64", (value) =>
  /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 64 ? Number(value) : undefined,
);

const logLevels: readonly string[] = ["debug", "info", "warn", "error", "silent"] satisfies LogLevel[];

function isLogLevel(value: string): value is LogLevel {
  return logLevels.includes(value);
}

/** Every setting under its own name; input are non-empty texts, times leave as milliseconds. */
export const settings = v.object({
  WHMCS_URL: address,
  WHMCS_API_URL: v.optional(address),
  WHMCS_ADMIN_URL: v.optional(address),
  WHMCS_DATABASE_URL: databaseUrl,
  WHMCS_TIMEZONE: v.optional(timezone, () => Intl.DateTimeFormat().resolvedOptions().timeZone),
  WHMCS_API_IDENTIFIER: v.optional(v.string()),
  WHMCS_API_SECRET: v.optional(v.string()),
  WHMCS_API_ACCESS_KEY: v.optional(v.string()),
  LEDGER_DATABASE_URL: databaseUrl,
  LEDGER_MIGRATE_DATABASE_URL: v.optional(databaseUrl),
  /** Their settings are read by `readAccounts`; those that follow are of the account `main`. */
  ISPMANAGER_ACCOUNTS: v.optional(v.string()),
  ISPMANAGER_API_URL: v.optional(accountAddress, "https://api-eu.ispmanager.com/manager/billmgr"),
  ISPMANAGER_LOGIN: v.string(),
  ISPMANAGER_PASSWORD: v.string(),
  WEBHOOK_SECRET: webhookSecrets,
  EVENTS_URL: v.optional(eventsAddress),
  EVENTS_SECRET: v.optional(webhookSecrets),
  HOST: v.optional(host, "127.0.0.1"),
  PORT: v.optional(port, "8788"),
  TRUSTED_PROXIES: v.optional(
    text("must be IP addresses or ranges such as 10.0.0.0/8, separated by commas", (value) =>
      readList(value, isAddressRange),
    ),
    "127.0.0.1, ::1",
  ),
  CONSOLE_HOST: v.optional(host, "127.0.0.1"),
  CONSOLE_PORT: v.optional(port, "8789"),
  PRICE_CURRENCY: v.optional(
    text("must be a currency code of three letters", (value) =>
      /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : undefined,
    ),
  ),
  CART_TEMPLATE: v.optional(matching(/^[A-Za-z0-9_-]+$/, "must be a template name of letters, digits, _ and -")),
  SPEND_CAP_DAY: v.optional(cap, "100"),
  SPEND_CAP_MONTH: v.optional(cap, "none"),
  HOLD_NEW_CLIENT_HOURS: v.optional(hours, "0"),
  ORDERS_IN_FLIGHT: v.optional(ordersInFlight, "4"),
  ORDER_TIMEOUT_SECONDS: v.optional(seconds, "60"),
  SETTLE_SECONDS: v.optional(seconds, "600"),
  LOOK_INTERVAL_SECONDS: v.optional(seconds, "300"),
  SEND_WITHIN_SECONDS: v.optional(sendWithin, "10"),
  RETRY_SECONDS: v.optional(seconds, "60"),
  BUYER_INTERVAL_SECONDS: v.optional(seconds, "5"),
  SWEEP_INTERVAL_SECONDS: v.optional(seconds, "120"),
  REMOTE_SWEEP_INTERVAL_SECONDS: v.optional(seconds, "3600"),
  LOG_LEVEL: v.optional(
    text("must be debug, info, warn, error or silent", (value) => (isLogLevel(value) ? value : undefined)),
    "info",
  ),
});
