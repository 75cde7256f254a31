#!/usr/bin/env node
// Which commands does `ispmodules` have? One table; run as a program, it runs the one that was asked for.
import { buying } from "./cli/buying.ts";
import { describeFailure } from "./cli/failure.ts";
import { migrate } from "./cli/migrate.ts";
import { listModules } from "./cli/modules.ts";
import { showPurchase } from "./cli/purchase.ts";
import { listPurchases } from "./cli/purchases.ts";
import { runCommand } from "./cli/run.ts";
import { serve } from "./cli/serve.ts";
import { openTerminal } from "./cli/terminal.ts";

const commands = [serve, migrate, buying, listPurchases, showPurchase, listModules];

const terminal = openTerminal(process);

// Whoever reads our output may stop reading, like `head`; that is no failure.
process.stdout.on("error", () => process.exit(0));
process.on("uncaughtException", (error) => {
  terminal.warn(describeFailure(error).text);
  process.exit(1);
});

process.exit(await runCommand(commands, process.argv.slice(2), terminal));
