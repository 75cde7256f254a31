// Do the settings, sound each for itself, describe an installation that is safe to run?
import { isIPv4 } from "node:net";
import type { AccountConfig } from "../config/accounts.ts";
import type { Config } from "../config.ts";
import { compareMoney } from "../money.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** Everything that the settings alone show; that they are complete and readable is proven by their being there. */
export function checkSettings(config: Config): Finding[] {
  const problems = [
    ...checkTransport("WHMCS_DATABASE_URL", "whmcs", config.whmcs.databaseUrl),
    ...checkTransport("LEDGER_DATABASE_URL", "ledger", config.ledger.databaseUrl),
    ...checkConsole(config.console.host),
    ...checkCaps(config.buying),
    ...config.accounts.flatMap(checkLogin),
  ];
  return [ok("settings", "All settings are there and readable."), ...problems];
}

function checkTransport(setting: string, name: string, address: string): Finding[] {
  const url = new URL(address);
  if (isLoopback(url.hostname) || url.searchParams.has("ssl-ca")) return [];
  return [
    warning(
      `${name}.tls`,
      `${setting} leads to another machine without verified TLS.`,
      `Add ?ssl-ca=FILE with the certificate authority of that server to ${setting}.`,
    ),
  ];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

function checkConsole(host: string): Finding[] {
  if (host !== "0.0.0.0" && host !== "::") return [];
  return [
    warning(
      "settings.console_host",
      "The console listens on every address of this machine.",
      "Set CONSOLE_HOST to 127.0.0.1 or to an address that only staff can reach.",
    ),
  ];
}

/** A day is part of the thirty days. */
function checkCaps({ capDay, capMonth }: Config["buying"]): Finding[] {
  if (capDay === null || capMonth === null || compareMoney(capMonth, capDay) >= 0) return [];
  return [
    warning(
      "settings.spend_caps",
      "SPEND_CAP_MONTH is below SPEND_CAP_DAY, so the daily cap can never be reached.",
      "Raise SPEND_CAP_MONTH, or lower SPEND_CAP_DAY.",
    ),
  ];
}

function checkLogin({ settingPrefix, login }: AccountConfig): Finding[] {
  if (!login.includes(":")) return [];
  const setting = `${settingPrefix}LOGIN`;
  return [fault("settings.login", `${setting} contains a colon, which ends the login.`, `Correct ${setting}.`)];
}
