// Which command do the words name, and with which exit status does it end?
import { systemClock } from "../clock.ts";
import { loadConfig } from "../config.ts";
import { type Command, exitStatus, UsageError } from "./command.ts";
import { describeFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";
import { describeCommand, describeProgram } from "./usage.ts";

/** Runs the command that the words name; resolves to the exit status and never throws. */
export async function runCommand(
  commands: readonly Command[],
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const command = findCommand(commands, words);
  if (command === undefined) return explain(commands, words, terminal);
  try {
    const run = command.read(words.slice(command.name.split(" ").length));
    if (run === "help") {
      terminal.print(describeCommand(command));
      return exitStatus.done;
    }
    return await run({ terminal, clock: systemClock, config: () => loadConfig() });
  } catch (error) {
    const { text, status } = describeFailure(error);
    terminal.warn(text);
    if (error instanceof UsageError) terminal.warn(`\n${describeCommand(command)}`);
    return status;
  }
}

function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name.split(" ").every((part, index) => part === words[index]));
}

/** Help for all commands, or for those of one group such as `purchases`. */
function explain(commands: readonly Command[], words: readonly string[], terminal: Terminal): number {
  const [first] = words;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const usage = describeProgram(group.length > 0 ? group : commands);
  const [asked] = group.length > 0 ? words.slice(1) : words;
  if (asked === "--help" || asked === "-h") {
    terminal.print(usage);
    return exitStatus.done;
  }
  if (asked !== undefined) terminal.warn(`unknown ${asked.startsWith("-") ? "option" : "command"} '${asked}'\n`);
  terminal.warn(usage);
  return exitStatus.wrongUsage;
}
