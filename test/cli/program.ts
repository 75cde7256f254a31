// How does a test run the compiled `ispmodules` as people do: as a process of its own, with settings made by hand?
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
/** Holds no `.env`. */
const emptyFolder = mkdtempSync(join(tmpdir(), "ispmodules-cli-"));

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when stdout has shown the text, with all of stdout so far; rejects when the program ends before. */
  shows(text: string): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Every required setting, pointing at addresses where nobody listens. */
export const nowhere: Environment = {
  WHMCS_URL: "https://billing.example.com",
  WHMCS_TIMEZONE: "Europe/Berlin",
  WHMCS_DATABASE_URL: "mysql://reader:hidden-reader@127.0.0.1:1/whmcs",
  LEDGER_DATABASE_URL: "mysql://bridge:hidden-bridge@127.0.0.1:1/ispmodules",
  ISPMANAGER_API_URL: "http://127.0.0.1:1/manager/billmgr",
  ISPMANAGER_LOGIN: "partner@example.com",
  ISPMANAGER_PASSWORD: "hidden-password",
  WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  PORT: "0",
  CONSOLE_PORT: "0",
};

/** Starts a program, in an empty folder if not told otherwise; its input is closed unless `input` says what is typed. */
export function start(
  command: readonly string[],
  settings: Environment,
  { input = "", folder = emptyFolder }: { input?: string | null; folder?: string } = {},
): Running {
  const [file = "", ...words] = command;
  const child = spawn(file, words, { cwd: folder, env: { PATH: process.env.PATH ?? "", ...settings } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  if (input !== null) child.stdin.end(input);
  const ended = once(child, "close").then(([status]) => ({ status: status as number | null, stdout, stderr }));
  return { child, ended, shows: (text) => waitFor(text, { child, ended, read: () => stdout }) };
}

async function waitFor(
  text: string,
  { child, ended, read }: { child: ChildProcess; ended: Promise<Ended>; read: () => string },
): Promise<string> {
  let isOver = false;
  const over = ended.then(() => {
    isOver = true;
  });
  while (!read().includes(text)) {
    if (isOver) throw new Error(`the program ended without showing ${text}: ${(await ended).stderr}`);
    await Promise.race([over, once(child.stdout ?? child, "data")]);
  }
  return read();
}

/** Runs `ispmodules` to its end. */
export async function ispmodules(words: readonly string[], settings: Environment = nowhere): Promise<Ended> {
  return await start([process.execPath, program, ...words], settings).ended;
}
