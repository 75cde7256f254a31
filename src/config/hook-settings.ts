// What does the environment already say about the hook's side: secrets, and where the bridge listens?
import { existsSync } from "node:fs";
import * as v from "valibot";
import { ConfigError } from "../errors.ts";
import { type Environment, readSecretFiles } from "./secret-files.ts";
import { settings } from "./settings.ts";

export interface HookSide {
  /** The bridge takes each of them; the last one is the newest. Null when none is set. */
  readonly secrets: readonly string[] | null;
  /** Where WEBHOOK_SECRET_FILE says that one shall be, when it is not there yet. */
  readonly missingSecretFile: string | null;
  /** The bridge's own address as this machine sees it. */
  readonly url: string;
}

const { WEBHOOK_SECRET, HOST, PORT } = settings.entries;
const listener = v.object({ HOST, PORT });
const everywhere: readonly string[] = ["0.0.0.0", "::"];

/** Only these three settings are looked at. Throws `ConfigError` when one is malformed. */
export function readHookSide(environment: Environment): HookSide {
  const url = readUrl(environment);
  const file = environment.WEBHOOK_SECRET_FILE;
  if (file !== undefined && environment.WEBHOOK_SECRET === undefined && !existsSync(file)) {
    return { secrets: null, missingSecretFile: file, url };
  }
  const { values, problems } = readSecretFiles({
    WEBHOOK_SECRET: environment.WEBHOOK_SECRET,
    WEBHOOK_SECRET_FILE: file,
  });
  if (problems.size > 0) throw new ConfigError([...problems.values()]);
  if (values.WEBHOOK_SECRET === undefined) return { secrets: null, missingSecretFile: null, url };
  return { secrets: read("WEBHOOK_SECRET", WEBHOOK_SECRET, values.WEBHOOK_SECRET), missingSecretFile: null, url };
}

function readUrl({ HOST: host, PORT: port }: Environment): string {
  const listen = read("HOST or PORT", listener, { HOST: host, PORT: port });
  const reached = everywhere.includes(listen.HOST) ? "127.0.0.1" : listen.HOST;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${listen.PORT}`;
}

function read<T extends v.GenericSchema>(name: string, schema: T, value: unknown): v.InferOutput<T> {
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  throw new ConfigError([`${name}: ${checked.issues[0].message}`]);
}
