// How is the demonstration asked for?
import { defineCommand } from "../command.ts";

export const demo = defineCommand({
  name: "demo",
  summary: "walk one customer through everything in a sandbox of its own, then stay up",
  options: { once: { type: "boolean", help: "end after the walk" } },
  run: async ({ values, terminal }) => {
    // The sandbox is loaded only here: `serve` starts without it.
    const { runDemo } = await import("./demo.ts");
    return await runDemo({ isOnce: values.once === true, say: (line = "") => terminal.print(line) });
  },
});
