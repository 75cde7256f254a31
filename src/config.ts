// Which settings does the program run with? The only reader of the environment and of secret files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as v from "valibot";
import { type Accounts, readAccounts } from "./config/accounts.ts";
import { type Environment, listSecretNames, readSecretFiles } from "./config/secret-files.ts";
import { settings } from "./config/settings.ts";
import { ConfigError } from "./errors.ts";
import type { LogLevel } from "./log.ts";
import type { Decimal } from "./money.ts";

/** Everything of section 2 of the README's settings table, validated and frozen. All times are milliseconds. */
export interface Config {
  readonly whmcs: {
    readonly url: string;
    readonly apiUrl: string;
    readonly adminUrl: string;
    readonly databaseUrl: string;
    readonly timezone: string;
    readonly api: { readonly identifier: string; readonly secret: string; readonly accessKey: string | null } | null;
  };
  readonly ledger: { readonly databaseUrl: string; readonly migrateDatabaseUrl: string };
  /** One named `main` unless `ISPMANAGER_ACCOUNTS` names them. */
  readonly accounts: Accounts;
  readonly webhookSecrets: readonly string[];
  /** Where the host's own automation hears of modules; each of the secrets signs. */
  readonly events: { readonly url: string; readonly secrets: readonly string[] } | null;
  readonly listen: { readonly host: string; readonly port: number };
  readonly console: { readonly host: string; readonly port: number };
  readonly trustedProxies: readonly string[];
  readonly storefront: { readonly currency: string | null; readonly cartTemplate: string | null };
  readonly buying: BuyingSettings;
  readonly logLevel: LogLevel;
}

/** The rules of spending and the pace of the loops. */
export interface BuyingSettings {
  readonly capDay: Decimal | null;
  readonly capMonth: Decimal | null;
  readonly holdNewClientMs: number;
  readonly ordersInFlight: number;
  readonly orderTimeoutMs: number;
  readonly settleMs: number;
  readonly lookIntervalMs: number;
  readonly sendWithinMs: number;
  readonly retryMs: number;
  readonly buyerIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly remoteSweepIntervalMs: number;
}

/**
 * The process's environment and, below it, the file `.env` of `folder` when there is one. An empty setting counts as
 * absent. Throws `ConfigError` when the file is there but cannot be read.
 */
export function readEnvironment(folder = "."): Environment {
  const own = withoutBlanks(process.env);
  const fromFile = { ...withoutBlanks(readDotEnv(folder)) };
  for (const name of listSecretNames({ ...fromFile, ...own })) {
    // The process's environment wins whichever of its two forms a secret has there.
    if (own[name] !== undefined) delete fromFile[`${name}_FILE`];
    if (own[`${name}_FILE`] !== undefined) delete fromFile[name];
  }
  return { ...fromFile, ...own };
}

/**
 * The settings, checked and frozen. Throws `ConfigError` with one line per problem, which names the setting and never
 * its value; the start then ends with exit status 78.
 */
export function loadConfig(environment: Environment = readEnvironment()): Config {
  const { values, problems: fileProblems } = readSecretFiles(withoutBlanks(environment));
  const checked = v.safeParse(shared, values);
  const problems = [...fileProblems.values()];
  const secrets = listSecretNames(values);
  const describe = (name: string, issue: v.BaseIssue<unknown>) => describeIssue(name, issue, secrets.includes(name));
  for (const issue of checked.issues ?? []) {
    const name = String(issue.path?.[0]?.key);
    if (!fileProblems.has(name)) problems.push(describe(name, issue));
  }
  const { accounts, problems: ofAccounts } = readAccounts(values, describe);
  problems.push(...ofAccounts.filter(({ setting }) => !fileProblems.has(setting)).map(({ line }) => line));
  for (const [name, partner] of pairs) {
    const isHalf = values[name] === undefined && values[partner] !== undefined;
    if (isHalf && !fileProblems.has(name)) problems.push(`${name}: is required when ${partner} is set`);
  }
  if (checked.success && hasOneListener(checked.output)) {
    problems.push("CONSOLE_PORT: must differ from PORT, the console is never on the public listener");
  }
  if (!checked.success || accounts === null || problems.length > 0) throw new ConfigError(problems);
  return freeze({ ...shapeConfig(checked.output), accounts });
}

/** What does not stand once for each account. */
const shared = v.omit(settings, ["ISPMANAGER_API_URL", "ISPMANAGER_LOGIN", "ISPMANAGER_PASSWORD"]);
type Shared = v.InferOutput<typeof shared>;

const pairs = [
  ["WHMCS_API_IDENTIFIER", "WHMCS_API_SECRET"],
  ["WHMCS_API_SECRET", "WHMCS_API_IDENTIFIER"],
  ["EVENTS_URL", "EVENTS_SECRET"],
  ["EVENTS_SECRET", "EVENTS_URL"],
] as const;

/** Port 0 takes any free one, so two of them never meet. */
function hasOneListener(set: Shared): boolean {
  return set.PORT !== 0 && set.PORT === set.CONSOLE_PORT && set.HOST === set.CONSOLE_HOST;
}

function readDotEnv(folder: string): Environment {
  try {
    return parseEnv(readFileSync(join(folder, ".env"), "utf8"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "unknown";
    if (code === "ENOENT") return {};
    throw new ConfigError([`.env: the file cannot be read (${code})`]);
  }
}

function withoutBlanks(environment: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
}

/** Never the library's own message for a missing or foreign value: it may quote what it received. */
function describeIssue(name: string, issue: v.BaseIssue<unknown>, isSecret: boolean): string {
  if (issue.input === undefined) return `${name}: is required${isSecret ? ` (or ${name}_FILE)` : ""}`;
  return issue.kind === "schema" ? `${name}: is not a text` : `${name}: ${issue.message}`;
}

function shapeConfig(set: Shared): Omit<Config, "accounts"> {
  return {
    whmcs: {
      url: set.WHMCS_URL,
      apiUrl: set.WHMCS_API_URL ?? `${set.WHMCS_URL}/includes/api.php`,
      adminUrl: set.WHMCS_ADMIN_URL ?? `${set.WHMCS_URL}/admin`,
      databaseUrl: set.WHMCS_DATABASE_URL,
      timezone: set.WHMCS_TIMEZONE,
      api:
        set.WHMCS_API_IDENTIFIER === undefined || set.WHMCS_API_SECRET === undefined
          ? null
          : {
              identifier: set.WHMCS_API_IDENTIFIER,
              secret: set.WHMCS_API_SECRET,
              accessKey: set.WHMCS_API_ACCESS_KEY ?? null,
            },
    },
    ledger: {
      databaseUrl: set.LEDGER_DATABASE_URL,
      migrateDatabaseUrl: set.LEDGER_MIGRATE_DATABASE_URL ?? set.LEDGER_DATABASE_URL,
    },
    webhookSecrets: set.WEBHOOK_SECRET,
    events:
      set.EVENTS_URL === undefined || set.EVENTS_SECRET === undefined
        ? null
        : { url: set.EVENTS_URL, secrets: set.EVENTS_SECRET },
    listen: { host: set.HOST, port: set.PORT },
    console: { host: set.CONSOLE_HOST, port: set.CONSOLE_PORT },
    trustedProxies: set.TRUSTED_PROXIES,
    storefront: { currency: set.PRICE_CURRENCY ?? null, cartTemplate: set.CART_TEMPLATE ?? null },
    buying: shapeBuying(set),
    logLevel: set.LOG_LEVEL,
  };
}

function shapeBuying(set: Shared): BuyingSettings {
  return {
    capDay: set.SPEND_CAP_DAY,
    capMonth: set.SPEND_CAP_MONTH,
    holdNewClientMs: set.HOLD_NEW_CLIENT_HOURS,
    ordersInFlight: set.ORDERS_IN_FLIGHT,
    orderTimeoutMs: set.ORDER_TIMEOUT_SECONDS,
    settleMs: set.SETTLE_SECONDS,
    lookIntervalMs: set.LOOK_INTERVAL_SECONDS,
    sendWithinMs: set.SEND_WITHIN_SECONDS,
    retryMs: set.RETRY_SECONDS,
    buyerIntervalMs: set.BUYER_INTERVAL_SECONDS,
    sweepIntervalMs: set.SWEEP_INTERVAL_SECONDS,
    remoteSweepIntervalMs: set.REMOTE_SWEEP_INTERVAL_SECONDS,
  };
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
}
