import { defineConfig } from "vitest/config";

const limits = { testTimeout: 30_000, hookTimeout: 60_000 };

/** What is played over every WHMCS that differs: reading products and lines, the shop window, sales from order to write-back, set-up. */
const shapeTests = [
  "test/whmcs/{line-facts,reader}.test.ts",
  "test/storefront/shop-window.test.ts",
  "test/purchases/{addons,money-in,write-back}.test.ts",
  "test/hooks/{setup,autosetup,mails}.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: ["test/global-setup.ts"],
    maxWorkers: 2,
    // Only the chaos uses it: there nearly all time is waiting.
    maxConcurrency: 8,
    projects: [
      { test: { name: "whmcs-8.13", include: ["test/**/*.test.ts"], ...limits } },
      { test: { name: "whmcs-8.4", include: shapeTests, provide: { shopShape: { release: "8.4" } }, ...limits } },
      { test: { name: "whmcs-9.0", include: shapeTests, provide: { shopShape: { release: "9.0" } }, ...limits } },
      {
        test: {
          name: "aged-whmcs-elsewhere",
          include: shapeTests,
          globalSetup: ["test/shop-server.ts"],
          provide: { shopShape: { release: "8.4", isAged: true } },
          ...limits,
        },
      },
    ],
  },
});
