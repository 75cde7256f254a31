// Does `ispmodules doctor` tell people and programs what it found, and end accordingly?
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStage, type Stage } from "../purchases/stage.ts";
import { ispmodules } from "./program.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await createStage({ isBuying: false });
});

afterAll(() => stage.end());

interface Finding {
  readonly id: string;
  readonly level: string;
  readonly message: string;
  readonly remedy: string | null;
}

test("a sound installation has no fault, and exit status 0", async () => {
  const { status, stdout, stderr } = await ispmodules(["doctor", "--json"], stage.environment);
  const findings = JSON.parse(stdout) as Finding[];
  expect(findings.filter(({ level }) => level === "fault")).toEqual([]);
  expect(findings.length).toBeGreaterThan(5);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("a database that is away is a fault with its remedy, exit status 1, and no secret is told", async () => {
  const { status, stdout, stderr } = await ispmodules(["doctor", "--json"]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const faults = (JSON.parse(stdout) as Finding[]).filter(({ level }) => level === "fault");
  expect(faults.map(({ remedy }) => remedy).join(" ")).toMatch(/LEDGER_DATABASE_URL.*WHMCS_DATABASE_URL/);
  for (const finding of faults) expect(Object.keys(finding)).toEqual(["id", "level", "message", "remedy"]);
  expect(stdout).not.toContain("hidden");
});

test("people read one line per finding, its remedy below it, and how many there are", async () => {
  const { status, stdout } = await ispmodules(["doctor"]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^FAULT {4}.+\n {9}.*LEDGER_DATABASE_URL/m);
  expect(stdout).toMatch(/\n\d+ faults?, \d+ warnings?, \d+ ok\n$/);
});
