#!/usr/bin/env node
// What happens when `ispmodules` is run as a program? The words choose a command of the table; its exit status is ours.
import { commands } from "./cli/commands.ts";
import { describeFailure } from "./cli/failure.ts";
import { runCommand } from "./cli/run.ts";
import { openTerminal } from "./cli/terminal.ts";

const terminal = openTerminal(process);

// Whoever reads our output may stop reading, like `head`; that is no failure.
process.stdout.on("error", () => process.exit(0));
process.on("uncaughtException", (error) => {
  terminal.warn(describeFailure(error).text);
  process.exit(1);
});

const status = await runCommand(commands, process.argv.slice(2), terminal);
// A pipe takes a long list in pieces; ending before the last one is taken would cut it off.
for (const stream of [process.stdout, process.stderr]) await new Promise((taken) => stream.write("", taken));
process.exit(status);
