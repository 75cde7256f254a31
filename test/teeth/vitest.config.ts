// Which tests judge the mutants of the pure files? Their unit tests, which need no server.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noDefaultExport: Vitest takes its settings from there.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: [
      "test/purchases/{state,period,evidence,absence}.test.ts",
      "test/ispmanager/outcome.test.ts",
      "test/webhook/signature.test.ts",
      "test/money.test.ts",
    ],
  },
});
