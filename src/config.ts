// Which settings does the program run with? The only reader of the environment and of secret files.
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
  readonly account: { readonly apiUrl: string; readonly login: string; readonly password: string };
  readonly webhookSecrets: readonly string[];
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
