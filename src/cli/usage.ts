// How is `ispmodules` used? The texts of `--help` and of wrong usage.
import type { Command } from "./command.ts";

/** All commands with their summaries. */
export function describeProgram(commands: readonly Command[]): string {
  const rows = commands.map((command) => [describeCall(command), command.summary] as const);
  return [
    "Usage: ispmodules <command> [options]",
    "",
    ...alignPairs(rows),
    "",
    "`ispmodules <command> --help` explains a command. Settings are read from the environment and from `.env`.",
    "Exit status: 0 done, 1 failed or refused, 64 wrong usage, 78 bad settings.",
  ].join("\n");
}

/** One command with its options. */
export function describeCommand(command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, option]) => [option.type !== "boolean" ? `--${name} ${option.value}` : `--${name}`, option.help] as const,
  );
  return [
    `Usage: ispmodules ${describeCall(command)}${options.length > 0 ? " [options]" : ""}`,
    "",
    command.summary,
    "",
    ...alignPairs([...options, ["--help", "print this"]]),
  ].join("\n");
}

function describeCall({ name, operands }: Command): string {
  return [name, ...operands].join(" ");
}

function alignPairs(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
