// Where is the account, and may its password travel there?
import { isIPv4 } from "node:net";
import { ConfigError } from "../errors.ts";

export interface Address {
  /** Scheme, host and port; fixed for the life of the client. */
  readonly origin: string;
  readonly path: string;
}

/**
 * The account's address. Throws `ConfigError` unless it is https, or http on loopback, without user, query or fragment: the
 * password travels in every body, so plain http is for machines talking to themselves.
 */
export function readAddress(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isAllowed = parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLoopback(parsed.hostname));
  if (!parsed || !isAllowed) throw new ConfigError(["ISPMANAGER_API_URL: must be https (http only on loopback)"]);
  if (/[?#@\\]/.test(url)) throw new ConfigError(["ISPMANAGER_API_URL: must have no user, query or fragment"]);
  return { origin: parsed.origin, path: parsed.pathname };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}
