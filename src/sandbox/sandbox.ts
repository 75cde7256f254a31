// What does the bridge see when it runs in the sandbox? A shop, a billing account, WHMCS's API, and settings that lead there.
import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { migrateLedger } from "../database/migrate.ts";
import { type AccountOptions, type SimulatedAccount, startAccount } from "./account/account.ts";
import type { ModuleRunner } from "./shop/api-actions.ts";
import { type DemoShop, fillDemoShop } from "./shop/demo-shop.ts";
import { createShop, type Shop } from "./shop/shop.ts";
import type { Shape } from "./shop/table.ts";
import { startWhmcsApi, type WhmcsApiServer } from "./whmcs-api.ts";

export interface SandboxOptions {
  /** An empty database of a user who may create tables. */
  readonly shopUrl: string;
  /** The same database for a user who may only read; default `shopUrl`. */
  readonly readerUrl?: string;
  /** An empty database; it is migrated. */
  readonly ledgerUrl: string;
  /** The same database for a user who may create tables; default `ledgerUrl`. */
  readonly migrateUrl?: string;
  readonly clock: Clock;
  /** Which WHMCS the shop's tables come from; default 8.13. */
  readonly shape?: Shape;
  readonly account?: AccountOptions;
  /** Whether WHMCS has our server module; default false. */
  readonly hasServerModule?: boolean;
  /** Runs its functions; without it each says `success`. */
  readonly runModule?: ModuleRunner;
}

export interface Sandbox {
  readonly shop: Shop;
  readonly catalogue: DemoShop;
  readonly account: SimulatedAccount;
  readonly whmcsApi: WhmcsApiServer;
  readonly webhookSecret: string;
  /** Settings of a bridge on free ports; secrets are random. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Fills the shop, starts account and API on free loopback ports, migrates the ledger. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, shopUrl, ledgerUrl } = options;
  const shop = await createShop({
    url: shopUrl,
    clock,
    ...(options.shape === undefined ? {} : { shape: options.shape }),
  });
  const catalogue = await fillDemoShop(shop);
  const account = await startAccount({ clock, ...options.account });
  const secret = randomBytes(16).toString("hex");
  const whmcsApi = await startWhmcsApi({
    shop,
    identifier: "sandbox",
    secret,
    hasServerModule: options.hasServerModule ?? false,
    ...(options.runModule === undefined ? {} : { runModule: options.runModule }),
  });
  await migrateLedger(options.migrateUrl ?? ledgerUrl);
  const webhookSecret = `whsec_${randomBytes(32).toString("base64")}`;
  return {
    shop,
    catalogue,
    account,
    whmcsApi,
    webhookSecret,
    environment: {
      WHMCS_URL: "https://billing.example.com",
      WHMCS_API_URL: whmcsApi.url,
      WHMCS_API_IDENTIFIER: "sandbox",
      WHMCS_API_SECRET: secret,
      WHMCS_DATABASE_URL: options.readerUrl ?? shopUrl,
      WHMCS_TIMEZONE: "UTC",
      LEDGER_DATABASE_URL: ledgerUrl,
      ISPMANAGER_API_URL: account.url,
      ISPMANAGER_LOGIN: account.login,
      ISPMANAGER_PASSWORD: account.password,
      WEBHOOK_SECRET: webhookSecret,
      HOST: "127.0.0.1",
      PORT: "0",
      CONSOLE_HOST: "127.0.0.1",
      CONSOLE_PORT: "0",
    },
    stop: async () => {
      await Promise.all([account.close(), whmcsApi.stop()]);
      await shop.close();
    },
  };
}
