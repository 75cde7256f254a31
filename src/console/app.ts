// What does the console port serve? Metrics, readiness with its reasons, and a plain status page.
import { Hono } from "hono";
import { html } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import { Gauge, Registry } from "prom-client";
import { describeError, type Log } from "../log.ts";
import type { StateCount } from "../purchases/ledger/find.ts";
import type { KeptForecast } from "../purchases/ledger/forecast.ts";
import type { Buying } from "../purchases/ledger/switches.ts";
import type { Readiness } from "./readiness.ts";

export interface ConsoleParts {
  readonly ledger: {
    countByState(): Promise<StateCount[]>;
    readBuying(): Promise<Buying>;
    readForecast(account?: string): Promise<KeptForecast | null>;
    newestEventAgeSeconds(type: string): Promise<number | null>;
  };
  /** Names of the accounts; one, `main`, unless given. */
  readonly accounts?: readonly string[];
  readonly readiness: () => Promise<Readiness>;
  readonly log: Log;
}

/** Served on its own port, meant for loopback or a VPN; it shows counts and words, never customers. */
export function createConsoleApp(parts: ConsoleParts): Hono {
  const app = new Hono();
  const contentSecurityPolicy = {
    defaultSrc: ["'none'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  };
  app.use(secureHeaders({ contentSecurityPolicy, referrerPolicy: "no-referrer" }));
  app.get("/readyz", async (c) => {
    const { isReady, checks } = await parts.readiness();
    return c.json({ ready: isReady, ...checks }, isReady ? 200 : 503);
  });
  app.get("/metrics", async (c) => {
    const metrics = createMetrics(parts);
    return c.body(await metrics.metrics(), 200, { "content-type": metrics.contentType });
  });
  app.get("/", async (c) => c.html(await renderStatus(parts)));
  app.onError((error, c) => {
    parts.log.error("console.failed", describeError(error));
    return c.text("The ledger cannot be read. See /readyz.\n", 503);
  });
  return app;
}

/** Read from the ledger at each scrape, so that several processes on one ledger tell the same. */
function createMetrics(parts: ConsoleParts): Registry {
  const { ledger } = parts;
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "ispmodules_purchases",
    help: "Purchases by state and reason, but for those that a person has put off",
    labelNames: ["state", "reason"],
    registers,
    async collect() {
      for (const { state, reason, count, held } of await ledger.countByState()) {
        this.set({ state, reason: reason ?? "" }, count - held);
      }
    },
  });
  new Gauge({
    name: "ispmodules_purchases_put_off",
    help: "Purchases that a person has put off to a later time, which no other gauge counts until then",
    registers,
    async collect() {
      this.set((await ledger.countByState()).reduce((sum, { held }) => sum + held, 0));
    },
  });
  new Gauge({
    name: "ispmodules_oldest_purchase_seconds",
    help: "Age of the oldest purchase in each state and reason",
    labelNames: ["state", "reason"],
    registers,
    async collect() {
      for (const { state, reason, oldestSeconds } of await ledger.countByState()) {
        this.set({ state, reason: reason ?? "" }, oldestSeconds);
      }
    },
  });
  new Gauge({
    name: "ispmodules_buying",
    help: "Position of the buying switch: 0 off, 1 shadow, 2 on",
    registers,
    async collect() {
      this.set(["off", "shadow", "on"].indexOf((await ledger.readBuying()).position));
    },
  });
  new Gauge({
    name: "ispmodules_balance",
    help: "The account's balance at the last sweep of the account; absent until there was one",
    labelNames: ["currency", "account"],
    registers,
    async collect() {
      for (const { own, forecast } of await readForecasts(parts)) {
        this.set({ ...own, currency: forecast.currency ?? "" }, Number(forecast.balance));
      }
    },
  });
  new Gauge({
    name: "ispmodules_renewals_cost",
    help: "What is to be bought within so many days costs, as far as it is known, at the last sweep of the account",
    labelNames: ["currency", "days", "account"],
    registers,
    async collect() {
      for (const { own, forecast } of await readForecasts(parts)) {
        const currency = forecast.currency ?? "";
        this.set({ ...own, currency, days: "7" }, Number(forecast.weekCost));
        this.set({ ...own, currency, days: "30" }, Number(forecast.monthCost));
      }
    },
  });
  new Gauge({
    name: "ispmodules_heartbeat_age_seconds",
    help: "Seconds since WHMCS's hook was heard last; absent when it never was",
    registers,
    async collect() {
      const age = await ledger.newestEventAgeSeconds("hook.heartbeat");
      // A gauge without labels says 0 until it is set: a hook that is heard.
      if (age === null) this.remove();
      else this.set(age);
    },
  });
  return registry;
}

async function renderStatus({ ledger, readiness }: ConsoleParts) {
  const [{ checks }, buying, counts] = await Promise.all([readiness(), ledger.readBuying(), ledger.countByState()]);
  const rows = Object.entries(checks).map(([name, text]) => html`<tr><th>${name}</th><td>${text}</td></tr>`);
  const states = counts.map(
    ({ state, reason, count, held }) =>
      html`<tr><th>${state}</th><td>${reason ?? ""}</td><td>${count}${held === 0 ? "" : `, ${held} put off`}</td></tr>`,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ispmanager Modules for WHMCS</title></head>
<body><h1>ispmanager Modules for WHMCS</h1>
<p>Buying is ${buying.position}${buying.paidSince === null ? "" : html`, for lines paid since ${buying.paidSince}`}.</p>
<h2>Checks</h2><table>${rows}</table>
<h2>Purchases</h2><table>${states}</table></body></html>`;
}

/** Of each account that has one; the only account needs no label. */
async function readForecasts({ ledger, accounts = ["main"] }: ConsoleParts) {
  const found = await Promise.all(
    accounts.map(async (account) => {
      const forecast = await ledger.readForecast(account);
      const own: { account?: string } = accounts.length === 1 ? {} : { account };
      return forecast === null ? [] : [{ own, forecast }];
    }),
  );
  return found.flat();
}
