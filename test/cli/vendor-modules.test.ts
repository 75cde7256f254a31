// Does buying stay off beside the vendor's own modules until a person has said why not?
import { userInfo } from "node:os";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createStage, type Stage } from "../purchases/stage.ts";
import { ispmodules } from "./program.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await createStage({ isBuying: false });
  await stage.shop.addProduct({ name: "Licence", serverType: "ispmanager_noc", prices: {} });
});

beforeEach(async () => {
  await stage.ledgerSql("UPDATE mod_ispmodules_switches SET value = IF(name = 'buying', 'off', '')");
});

afterAll(() => stage.end());

const buying = (...words: string[]) => ispmodules(["buying", ...words], stage.environment);
const switchOn = (...words: string[]) => buying("on", "--yes", "--paid-since", "now", ...words);
const position = async () => (await stage.engine.ledger.readBuying()).position;

test("on is refused in words that name the module and the way out; shadow and off are not", async () => {
  const { status, stdout, stderr } = await switchOn();
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/ispmanager_noc has product \d+ .*renews by itself/);
  expect(stderr).toContain("--despite-noc REASON");
  expect(await position()).toBe("off");
  expect((await buying("shadow", "--paid-since", "now")).status).toBe(0);
  expect((await buying("off")).status).toBe(0);
});

test("a reason lets it on, stays in the ledger with its author, and need not be given again", async () => {
  expect((await switchOn("--despite-noc", "  it sells licences only ")).status).toBe(0);
  expect(await position()).toBe("on");
  const kept = "SELECT value, actor, why FROM mod_ispmodules_switches WHERE name = 'vendor_modules'";
  expect(await stage.ledgerSql(kept)).toEqual([
    { value: '["ispmanager_noc"]', actor: `cli:${userInfo().username}`, why: "it sells licences only" },
  ]);
  await buying("off");
  expect((await buying("on", "--yes")).status).toBe(0);
});

test("a module that came later is refused again", async () => {
  await switchOn("--despite-noc", "it sells licences only");
  await buying("off");
  await stage.shop.setSetting("ModuleHooks", "billmanager_noc");
  const { status, stderr } = await buying("on", "--yes");
  await stage.shop.setSetting("ModuleHooks", "");
  expect(status).toBe(1);
  expect(stderr).toContain("billmanager_noc");
  expect(stderr).not.toContain("ispmanager_noc has");
});

test.each([
  [["on", "--despite-noc", "  "], "takes a reason"],
  [["on", "--despite-noc", "x".repeat(256)], "takes a reason"],
  [["shadow", "--despite-noc", "why"], "goes with on"],
])("%j is wrong usage", async (words, said) => {
  const { status, stderr } = await buying(...words);
  expect(status).toBe(64);
  expect(stderr).toContain(said);
});
