// Can a person decide at the command line, and only after seeing what the decision rests on?
import { userInfo } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { createStage, quickAbsence, type Stage } from "../purchases/stage.ts";
import { type Environment, ispmodules, program, start } from "./program.ts";

let stage: Stage;
let settings: Environment;

beforeAll(async () => {
  stage = await createStage({ settings: quickAbsence });
  settings = { ...stage.environment, WHMCS_TIMEZONE: "Europe/Berlin" };
});
afterAll(() => stage.end());
// What one test leaves at rest must not keep the next one's loops from settling.
afterEach(() => stage.ledgerSql("UPDATE mod_ispmodules_purchases SET queue = NULL WHERE state = 'NeedsOperator'"));

const decide = (...words: string[]) => ispmodules(["decide", ...words], settings);
const sure = ["--reason", "as agreed", "--yes"];

/** An order that never arrived, and a person is asked. */
async function askAbsent(): Promise<Purchase> {
  const lost = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
  const asked = await stage.reach((await stage.sellPaid()).lineId, "NeedsOperator", "absent");
  expect(lost.fired()).toBe(1);
  return asked;
}

/** The same on a terminal, where each answer is typed once its question is shown. */
async function decideOnTerminal(words: readonly string[], answers: readonly (readonly [string, string])[]) {
  const line = [process.execPath, program, "decide", ...words].join(" ");
  const running = start(["script", "-qec", line, "/dev/null"], settings, { input: null });
  for (const [question, answer] of answers) {
    await running.shows(question);
    running.child.stdin?.write(`${answer}\n`);
  }
  return await running.ended;
}

describe("buying again", () => {
  test("shows the look, asks for the amount, the reason and a yes, and buys once", async () => {
    const asked = await askAbsent();
    const { status, stdout } = await decideOnTerminal(
      [asked.id, "buy-again"],
      [
        ["It costs 10.00 EUR. Type the amount to pay:", "10"],
        ["Why?", "support confirmed it"],
        ["Do it? [y/N]", "y"],
      ],
    );
    expect(stdout).toContain(`Purchase ${asked.id}, version ${asked.version}: NeedsOperator (absent).`);
    expect(stdout).toContain("of what was sent it shows: absent");
    expect(stdout).toContain("the cart: does not hold it");
    expect({ status, last: stdout.trim().split("\n").at(-1) }).toEqual({
      status: 0,
      last: `Purchase ${asked.id} is Pending.`,
    });
    expect(await stage.reach(asked.lineId, "Purchased")).toMatchObject({ sends: 2 });
    const { decisions } = await stage.engine.ledger.readHistory(asked.id);
    expect(decisions).toMatchObject([
      { decision: "buy-again", parameter: "10", why: "support confirmed it", actor: `cli:${userInfo().username}` },
    ]);
  });

  test.each([
    ["another amount", [["Type the amount", "9.99"]], "not what the account's price list says"],
    ["no amount", [["Type the amount", "ten"]], "that is no amount"],
    [
      "no reason",
      [
        ["Type the amount", "10.00 EUR"],
        ["Why?", ""],
      ],
      "say why",
    ],
    [
      "no",
      [
        ["Type the amount", "10.00"],
        ["Why?", "because"],
        ["Do it?", "n"],
      ],
      "nothing was decided",
    ],
  ] as [string, [string, string][], string][])("answered with %s decides nothing", async (_what, answers, said) => {
    const asked = await askAbsent();
    const { status, stdout } = await decideOnTerminal([asked.id, "buy-again"], answers);
    expect(status).toBe(1);
    expect(stdout).toContain(said);
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ state: "NeedsOperator", version: asked.version });
  });

  test("where nobody can be asked needs amount, reason and --yes", async () => {
    const asked = await askAbsent();
    const without = async (...words: string[]) => {
      const { status, stderr } = await decide(asked.id, "buy-again", ...words);
      expect(status).toBe(1);
      return stderr;
    };
    expect(await without(...sure)).toContain("it costs 10.00 EUR; add --amount");
    expect(await without("--amount", "10.00", "--yes")).toContain("add --reason TEXT and --yes");
    expect(await without("--amount", "10.00", "--reason", "because")).toContain("add --reason TEXT and --yes");
    expect(await without("--amount", "10.01", ...sure)).toContain("price list says it costs now");
    expect(await without("--amount", "10", ...sure, "--version", String(asked.version - 1))).toContain(
      "has changed since",
    );
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ version: asked.version });
    const version = ["--version", String(asked.version)];
    expect((await decide(asked.id, "buy-again", "--amount", "10.00 EUR", ...sure, ...version)).status).toBe(0);
    await stage.reach(asked.lineId, "Purchased");
  });
});

test("--json prints the decision and the purchase, and what was seen on stderr", async () => {
  const asked = await askAbsent();
  const { status, stdout, stderr } = await decide(asked.id.toUpperCase(), "refunded", "R-77", ...sure, "--json");
  expect(status).toBe(0);
  expect(stderr).toContain("NeedsOperator (absent)");
  expect(JSON.parse(stdout)).toMatchObject({
    decision: {
      ...{ decision: "refunded", parameter: "R-77", version: asked.version, why: "as agreed" },
      by: `cli:${userInfo().username}`,
      evidence: { account: { verdict: "absent" }, whmcs: { invoice: "Paid" } },
    },
    purchase: { id: asked.id, state: "Refunded", reason: null, attempts: 1 },
  });
  const again = await decide(asked.id, "recheck", ...sure);
  expect(again).toMatchObject({ status: 1, stdout: "" });
  expect(again.stderr).toContain("the purchase is Refunded");
});

test("a module is bound, and one that is not there is named with those that are", async () => {
  const licence = stage.newLicence();
  const module = { licence, tariff: "23221", createdate: "2026-01-01", expiredate: "2099-01-01" };
  const moduleId = stage.account.addForeignModule(module);
  const asked = await stage.reach((await stage.sellPaid({ licence })).lineId, "NeedsOperator", "already_owned");
  const wrong = await decide(asked.id, "bind", "1", ...sure);
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toBe(
    `the account shows no such module for the licence and tariff of this purchase (modules ["${moduleId}"])\n`,
  );
  const { status, stdout } = await decide(asked.id, "bind", moduleId, ...sure);
  expect(status).toBe(0);
  expect(stdout).toContain(`module ${moduleId}: active, created 2026-01-01, until 2099-01-01`);
  await stage.reach(asked.lineId, "Purchased", "manual");
});

test("a wait is on the clock of WHMCS, and is shown with the decisions that are open", async () => {
  const asked = await stage.reach((await stage.sellPaid({ licence: "typo" })).lineId, "NeedsOperator", "bad_licence");
  const year = new Date(Date.now()).getUTCFullYear() + 1;
  expect((await decide(asked.id, "wait", `${year}-02-01`, ...sure)).status).toBe(0);
  const shown = await ispmodules(["purchases", "show", asked.id, "--json"], settings);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    waits_until: `${year}-01-31T23:00:00.000Z`,
    open_decisions: ["recheck", "refunded", "wait"],
    history: { decisions: [{ decision: "wait", parameter: `${year}-01-31T23:00:00.000Z` }] },
  });
  const { stdout } = await ispmodules(["purchases", "show", asked.id], settings);
  expect(stdout).toMatch(new RegExp(`Put off until +${year}-01-31T23:00:00.000Z\n`));
  expect(stdout).toMatch(/Decisions +recheck, refunded, wait\n/);
  expect(stdout).toContain(
    `decided by cli:${userInfo().username}: wait ${year}-01-31T23:00:00.000Z, because: as agreed`,
  );
  const past = await decide(asked.id, "wait", "2020-01-01", ...sure);
  expect(past).toMatchObject({ status: 1 });
  expect(past.stderr).toContain("must end in the future");
});

test("nobody's id fails in one line", async () => {
  const { status, stdout, stderr } = await decide("aaaaaaaaaaaaaaaa", "recheck", ...sure);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe("no purchase has this id; `ispmodules purchases list` prints them\n");
});

test.each([
  [["a"], "bind|buy-again|recheck|refunded|wait is missing"],
  [["a", "force"], "the decision is one of bind, buy-again, recheck, refunded, wait"],
  [["a", "bind"], "MODULE is missing"],
  [["a", "bind", "x1"], "MODULE must be"],
  [["a", "refunded"], "REFERENCE is missing"],
  [["a", "refunded", "x".repeat(65)], "REFERENCE must be"],
  [["a", "wait", "tomorrow"], "UNTIL must be"],
  [["a", "recheck", "now"], "unexpected word 'now'"],
  [["a", "buy-again", "--amount", "ten"], "--amount must be"],
  [["a", "recheck", "--amount", "10"], "--amount goes with buy-again"],
  [["a", "recheck", "--reason", " "], "--reason must be"],
  [["a", "recheck", "--version", "0"], "--version must be"],
])("%j is wrong usage", async (words, said) => {
  const { status, stdout, stderr } = await ispmodules(["decide", ...words], {});
  expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
  expect(stderr).toContain(said);
});
