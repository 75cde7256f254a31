// With which secret will WHMCS's side sign, and where does the bridge read the same one?
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type HookSide, readHookSide } from "../config/hook-settings.ts";
import { readEnvironment } from "../config.ts";

const usualFile = "webhook-secret";

export interface HookSecret extends HookSide {
  /** Makes a secret of 32 bytes and keeps it in a file that only its owner may read. */
  readonly makeSecret: () => string;
  /** The line that the bridge's settings still need; null when they name the secret already. */
  readonly missingSetting: () => string | null;
}

/**
 * The environment's own secret comes first, then the file that WEBHOOK_SECRET_FILE names, then `webhook-secret` in the
 * present folder, which an earlier call may have made. Throws `ConfigError` when what is set is malformed.
 */
export function openHookSecret(): HookSecret {
  const environment = readEnvironment();
  const side = readHookSide(environment);
  const isNamed = side.secrets !== null || side.missingSecretFile !== null;
  const file = resolve(side.missingSecretFile ?? usualFile);
  const isOurs = !isNamed && existsSync(file);
  const kept = isOurs ? readHookSide({ ...environment, WEBHOOK_SECRET_FILE: file }) : side;
  let isMade = isOurs;
  return {
    ...kept,
    makeSecret: () => {
      const secret = `whsec_${randomBytes(32).toString("base64")}`;
      writeFileSync(file, `${secret}\n`, { flag: "wx", mode: 0o600 });
      isMade = true;
      return secret;
    },
    missingSetting: () => (isMade && !isNamed ? `WEBHOOK_SECRET_FILE=${file}` : null),
  };
}

/** The one to write where none is: the newest of the bridge's, else a new one. */
export function takeSecret({ secrets, makeSecret }: HookSecret): string {
  return secrets?.at(-1) ?? makeSecret();
}
