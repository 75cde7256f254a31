// What is a command of `ispmodules`, and how are the words behind its name read?
import { parseArgs } from "node:util";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { BridgeError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

export const exitStatus = { done: 0, failed: 1, wrongUsage: 64, badSettings: 78 } as const;

/** The words cannot be understood: exit status 64. */
export class UsageError extends BridgeError {
  constructor(message: string) {
    super("usage", message);
  }
}

/** The command understood and did not do it: exit status 1. The message says why, one line per cause. */
export class Refused extends BridgeError {
  constructor(message: string) {
    super("refused", message);
  }
}

/** `value` names what an option that is no switch takes; one of type `strings` may be given several times. */
export type Option =
  | { readonly type: "boolean"; readonly help: string }
  | { readonly type: "string" | "strings"; readonly value: string; readonly help: string };

interface ValueOf {
  readonly boolean: boolean;
  readonly string: string;
  readonly strings: readonly string[];
}
type Options = Readonly<Record<string, Option>>;
type Values<O extends Options> = { readonly [K in keyof O]?: ValueOf[O[K]["type"]] };

/** What every command gets; `config` throws `ConfigError`, and is only called once the words are understood. */
export interface CommandSurroundings {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly config: () => Config;
}

interface Call<O extends Options> extends CommandSurroundings {
  readonly values: Values<O>;
  readonly operands: readonly string[];
}

interface Definition<O extends Options> {
  /** One or two words, e.g. `purchases list`. */
  readonly name: string;
  readonly summary: string;
  /** Names of the words it takes; those in brackets may be left out. */
  readonly operands?: readonly string[];
  readonly options: O;
  /** Resolves to the exit status. */
  readonly run: (call: Call<O>) => Promise<number>;
}

export interface Command extends Omit<Definition<Options>, "run" | "operands"> {
  readonly operands: readonly string[];
  /** Reads the words behind the name; `help` when they ask for it. Throws `UsageError`. */
  read(words: readonly string[]): "help" | ((surroundings: CommandSurroundings) => Promise<number>);
}

/** The option of everything that lists. */
export const json = { type: "boolean", help: "print JSON" } as const;

export function defineCommand<const O extends Options>(definition: Definition<O>): Command {
  const { operands = [], options, run, ...rest } = definition;
  return {
    ...rest,
    operands,
    options,
    read: (words) => {
      const { values, positionals } = readWords(words, options);
      if ("help" in values) return "help";
      checkOperands(positionals, operands);
      return (surroundings) => run({ ...surroundings, values: values as Values<O>, operands: positionals });
    },
  };
}

function readWords(words: readonly string[], options: Options) {
  const known = Object.entries(options).map(([name, { type }]) => {
    return [name, type === "strings" ? { type: "string" as const, multiple: true } : { type }] as const;
  });
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, ...Object.fromEntries(known) },
    });
  } catch (error) {
    // The first sentence says what is wrong; those behind it explain the parser.
    throw new UsageError(error instanceof Error ? (error.message.split(/\.\s/)[0] ?? "") : "unreadable options");
  }
}

function checkOperands(given: readonly string[], operands: readonly string[]): void {
  const missing = operands.slice(given.length).find((operand) => !operand.startsWith("["));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const unexpected = given[operands.length];
  if (unexpected !== undefined) throw new UsageError(`unexpected word '${unexpected}'`);
}
