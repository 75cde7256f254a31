// Where do the scenes of one test file take place? One shop and one ledger, emptied between scenes.
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { type Databases, openDatabases } from "../../src/main.ts";
import { type SimulatedAccount, startAccount } from "../../src/sandbox/account/account.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { startWhmcsApi, type WhmcsApiServer } from "../../src/sandbox/whmcs-api.ts";
import { freshDatabase, freshShopDatabase } from "../sandbox-database.ts";
import { shapeOfRun } from "../shape.ts";
import type { StageOptions } from "./stage.ts";

export interface House {
  readonly sandbox: Sandbox;
  readonly databases: Databases;
  /** Any statement on the ledger's tables, for what no port offers: times moved, rows counted. */
  ledgerSql(text: string, params?: readonly unknown[]): Promise<RowDataPacket[]>;
  /** Empty shop and ledger, a fresh account and API; nothing of an earlier scene remains but ids. */
  prepare(options: StageOptions): Promise<Props>;
  close(): Promise<void>;
}

/** What is new in every scene. */
export interface Props {
  readonly account: SimulatedAccount;
  readonly whmcsApi: WhmcsApiServer;
  readonly environment: Readonly<Record<string, string>>;
}

const shopTables = [
  ...["tblinvoices", "tblinvoiceitems", "tblaccounts", "tblcredit", "tblhosting", "tblhostingaddons", "tblorders"],
  ...["tblupgrades", "tblcancelrequests", "tblcustomfieldsvalues", "tblactivitylog", "tblmodulequeue"],
];
const ledgerTables = [
  ...["inbox", "purchases", "bindings", "attempts", "outcomes", "observations", "transitions", "decisions", "messages"],
  ...["announcements", "module_steps", "adoptions"],
];

export async function openHouse(): Promise<House> {
  const shopDatabase = await freshShopDatabase("shop");
  const ledgerDatabase = await freshDatabase("ledger");
  const sandbox = await startSandbox({
    shopUrl: shopDatabase.url,
    ledgerUrl: ledgerDatabase.url,
    clock: systemClock,
    shape: shapeOfRun(),
  });
  const databases = openDatabases(loadConfig({ ...sandbox.environment }));
  const ledger = await createConnection({ uri: ledgerDatabase.url, dateStrings: true, decimalNumbers: false });
  const ledgerSql = async (text: string, params: readonly unknown[] = []) => {
    const [rows] = await ledger.query<RowDataPacket[]>(text, [...params]);
    return Array.isArray(rows) ? rows : [];
  };
  const { shop } = sandbox;
  const empty = async () => {
    for (const table of shopTables) await shop.sql("DELETE FROM ??", [table]);
    await shop.sql("UPDATE tblclients SET status = 'Active', credit = 0");
    await shop.sql("UPDATE tblconfiguration SET value = '' WHERE setting = 'AutoProvisionExistingOnly'");
    await ledger.beginTransaction();
    for (const table of ledgerTables) await ledger.query("DELETE FROM ??", [`mod_ispmodules_${table}`]);
    await ledger.query("UPDATE mod_ispmodules_switches SET value = IF(name = 'buying', 'off', '')");
    await ledger.query("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6)");
    await ledger.commit();
  };
  let isFirst = true;
  return {
    sandbox,
    databases,
    ledgerSql,
    prepare: async (options) => {
      if (!isFirst) await empty();
      isFirst = false;
      const account = await startAccount({ clock: systemClock, ...options.account });
      const { WHMCS_API_IDENTIFIER: identifier = "", WHMCS_API_SECRET: secret = "" } = sandbox.environment;
      const hasServerModule = options.hasServerModule ?? false;
      const whmcsApi = await startWhmcsApi({ shop, identifier, secret, hasServerModule });
      const addresses = {
        WHMCS_API_URL: whmcsApi.url,
        ISPMANAGER_API_URL: account.url,
        ISPMANAGER_LOGIN: account.login,
        ISPMANAGER_PASSWORD: account.password,
      };
      return { account, whmcsApi, environment: { ...sandbox.environment, ...addresses } };
    },
    close: async () => {
      await databases.close();
      await ledger.end();
      await sandbox.stop();
      await Promise.all([shopDatabase.drop(), ledgerDatabase.drop()]);
    },
  };
}
