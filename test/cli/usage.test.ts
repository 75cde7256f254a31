// What does `ispmodules` say to words and settings it cannot use?
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { runCommand } from "../../src/cli/run.ts";
import { reasonTexts } from "../../src/purchases/reasons.ts";
import { type Ended, ispmodules, nowhere } from "./program.ts";

const names = ["serve", "migrate", "doctor", "buying", "purchases list", "purchases show", "decide", "modules list"];

/** The same words without a process of their own. */
async function say(...words: string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    print: (text: string) => out.push(text),
    warn: (text: string) => err.push(text),
    isInteractive: false,
    ask: () => Promise.resolve(false),
    read: () => Promise.resolve(""),
  };
  const status = await runCommand(commands, words, terminal);
  return { status, stdout: out.join("\n"), stderr: err.join("\n") };
}

describe("usage", () => {
  test("without a command it is printed on stderr, with exit status 64", async () => {
    const { status, stdout, stderr } = await ispmodules([], {});
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    for (const name of names) expect(stderr).toContain(`  ${name}`);
  });

  test("--help prints every command on stdout and needs no settings", async () => {
    const { status, stdout, stderr } = await ispmodules(["--help"], {});
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of names) expect(stdout).toContain(`  ${name}`);
  });

  test("a word too many ends the program with exit status 64", async () => {
    const { status, stdout, stderr } = await ispmodules(["serve", "now"], {});
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toMatch(/^unexpected word 'now'\n\nUsage: ispmodules serve\n/);
  });

  test.each([
    { words: ["-h"], named: "modules list" },
    { words: ["serve", "--help"], named: "serve" },
    { words: ["purchases", "--help"], named: "purchases show ID" },
    { words: ["purchases", "show", "--help"], named: "purchases show ID" },
    { words: ["buying", "-h"], named: "--paid-since DATE|now" },
  ])("$words explains itself", async ({ words, named }) => {
    const { status, stdout, stderr } = await say(...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(named);
  });

  test.each([
    { words: ["frobnicate"], said: "unknown command 'frobnicate'" },
    { words: ["--frobnicate"], said: "unknown option '--frobnicate'" },
    { words: ["purchases"], said: "purchases list" },
    { words: ["purchases", "frobnicate"], said: "unknown command 'frobnicate'" },
    { words: ["purchases", "show"], said: "ID is missing" },
    { words: ["purchases", "list", "--frobnicate"], said: "Unknown option '--frobnicate'" },
    { words: ["purchases", "list", "--json=yes"], said: "--json" },
    { words: ["purchases", "list", "--state", "Bought"], said: "--state must be one of Pending" },
    { words: ["purchases", "list", "--state"], said: "--state" },
    { words: ["buying", "maybe"], said: "on, shadow or off" },
    { words: ["buying", "off", "--paid-since", "now"], said: "--paid-since goes with on or shadow" },
    { words: ["buying", "--paid-since", "now"], said: "--paid-since goes with on or shadow" },
    { words: ["buying", "shadow", "--yes"], said: "--yes goes with on" },
    { words: ["buying", "on", "--paid-since", "yesterday"], said: "--paid-since must be now or a date" },
    { words: ["buying", "on", "--paid-since", "2026-02-30"], said: "--paid-since must be now or a date" },
  ])("$words is wrong usage whatever the settings are", async ({ words, said }) => {
    const { status, stdout, stderr } = await say(...words);
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain(said);
    expect(stderr).toContain("Usage: ispmodules");
  });
});

test("a remedy names only commands that exist", () => {
  const texts = Object.values(reasonTexts).map(({ what, remedy }) => `${what} ${remedy}`);
  const named = texts.flatMap((text) => [...text.matchAll(/`ispmodules (\w+)/g)].map(([, name]) => name));
  expect(named).toContain("buying");
  expect(named.filter((name) => !commands.some((command) => command.name.split(" ")[0] === name))).toEqual([]);
});

describe("bad settings", () => {
  test.each([{ words: ["serve"] }, { words: ["buying"] }])(
    "end $words with exit status 78 and one line per problem",
    async ({ words }) => {
      const { WEBHOOK_SECRET: _, ...others } = nowhere;
      const settings = { ...others, PORT: "hidden-port", ISPMANAGER_API_URL: "http://hidden-host/" };
      const { status, stdout, stderr } = await ispmodules(words, settings);
      expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
      const lines = stderr.trimEnd().split("\n");
      expect(lines.map((line) => line.split(":")[0]).sort()).toEqual(["ISPMANAGER_API_URL", "PORT", "WEBHOOK_SECRET"]);
      expect(stderr).not.toContain("hidden");
    },
  );
});

describe("a database that is away", () => {
  test.each([
    { words: ["purchases", "list", "--json"], setting: "LEDGER_DATABASE_URL" },
    { words: ["migrate"], setting: "LEDGER_DATABASE_URL" },
    { words: ["modules", "list"], setting: "WHMCS_DATABASE_URL" },
  ])("fails $words in one line that names it and holds no secret", async ({ words, setting }) => {
    const { status, stdout, stderr } = await ispmodules(words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(setting);
    expect(stderr).toContain("ECONNREFUSED");
    expect(stderr).not.toMatch(/hidden|select|mysql:|\bat .*\.js/i);
  });
});
