// Does `ispmodules serve` come up, answer, and end as its signals ask?
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ispmodules, nowhere, program, type Running, start } from "./program.ts";

let running: Running | null = null;

afterEach(async () => {
  running?.child.kill("SIGKILL");
  await running?.ended;
  running = null;
});

async function serve(): Promise<{ bridge: Running; port: number }> {
  running = start([process.execPath, program, "serve"], nowhere);
  const line = (await running.shows("bridge.started")).split("\n").find((text) => text.includes("bridge.started"));
  return { bridge: running, port: (JSON.parse(line ?? "{}") as { port: number }).port };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "it answers, also while both databases are away, and %s ends it cleanly",
  async (signal) => {
    const { bridge, port } = await serve();
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
    bridge.child.kill(signal);
    const { status, stdout, stderr } = await bridge.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("bridge.stopped");
    expect(stdout).not.toContain("hidden");
  },
);

test("a second signal ends it at once", async () => {
  const { bridge, port } = await serve();
  // A request that never ends keeps a clean stop waiting.
  const hanging = fetch(`http://127.0.0.1:${port}/webhooks/whmcs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) }),
    duplex: "half",
  } as RequestInit).catch(() => null);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  bridge.child.kill("SIGTERM");
  await bridge.shows("bridge.stopping");
  bridge.child.kill("SIGTERM");
  expect(await bridge.ended).toMatchObject({ status: 1 });
  await hanging;
});

test.each(["PORT", "CONSOLE_PORT"])("a %s in use ends it in one line", async (setting) => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const { status, stderr } = await ispmodules(["serve"], { ...nowhere, [setting]: String(port) });
  expect(status).toBe(1);
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(new RegExp(`127\\.0\\.0\\.1 port ${port} is already in use`)),
  ]);
  await new Promise((resolve) => other.close(resolve));
});
