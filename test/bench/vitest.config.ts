// How is the bridge measured? One file after the other, apart from the tests, and the table comes last.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { TableReporter } from "./table.ts";

// biome-ignore lint/style/noDefaultExport: Vitest takes its settings from there.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/bench/*.bench.ts"],
    globalSetup: ["test/global-setup.ts"],
    reporters: ["default", new TableReporter()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
