// Does plugin.manifest.json tell the truth about this package, in the shape that its schema promises?
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHooks } from "../../src/sandbox/php.ts";
import { readCall } from "../../src/service-calls/call.ts";
import { knownEventTypes } from "../../src/webhook/event.ts";
import { secret } from "../webhook/signing.ts";
import { startBridge } from "./bridge.ts";
import { listFacts, manifestFile, writeManifest } from "./manifest-facts.ts";

interface Manifest extends Record<string, unknown> {
  readonly events: readonly { readonly hook: string; readonly type: string }[];
  readonly hook_points: readonly string[];
  readonly endpoints: readonly { readonly path: string }[];
}

const readManifest = (): Manifest => JSON.parse(readFileSync(manifestFile, "utf8"));
const schemaFile = fileURLToPath(new URL("../../plugin.manifest.schema.json", import.meta.url));
const isValid = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, "utf8")));

let manifest: Manifest;
let facts: Awaited<ReturnType<typeof listFacts>>;

beforeAll(async () => {
  facts = await listFacts();
  // `npm run manifest` brings the file up to date; what it then says is what the tests below look at.
  if (process.env.MANIFEST === "write") writeFileSync(manifestFile, writeManifest(facts, readManifest()));
  manifest = readManifest();
});

test("it says what the code says; `npm run manifest` writes it anew", () => {
  const { events: _events, ...said } = manifest;
  expect(said).toEqual(facts);
});

describe("the schema", () => {
  test("is published with the manifest", () => {
    const { files } = JSON.parse(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"));
    expect(files).toEqual(expect.arrayContaining(["plugin.manifest.json", "plugin.manifest.schema.json"]));
  });

  test("takes the manifest", () => {
    isValid(manifest);
    expect(isValid.errors ?? []).toEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ["an unknown part", { secret: "x" }],
    ["a digest that is none", { files: [{ path: "hooks/a.php", sha256: "abc" }] }],
    ["a file outside the folder", { files: [{ path: "../a.php", sha256: "0".repeat(64) }] }],
    ["no events", { events: [] }],
    ["an unknown right", { grants: { reader: { rights: ["SUPER"] }, bridge: [], migrator: [] } }],
    ["a missing version", { version: undefined }],
  ])("refuses %s", (_, change) => {
    expect(isValid(JSON.parse(JSON.stringify({ ...manifest, ...change })))).toBe(false);
  });
});

/** What every hook point finds its id in. */
function varsOfEvery(id: number) {
  const refund = { amountout: 1, status: "Paid" };
  return { id, invoiceid: id, invoiceId: id, orderid: id, relid: id, params: { serviceid: id }, ...refund };
}

test("each hook point sends the event it names, and the receiver knows them all", async () => {
  const bridge = await startBridge();
  const calls = manifest.events.map(({ hook }, index) => ({ point: hook, vars: varsOfEvery(index + 1) }));
  await runHooks({ phpPath: await requirePhp(), settings: { url: bridge.url, secret } }, calls);
  await bridge.stop();
  const events = bridge.calls.map(({ body }) => JSON.parse(String(body)));
  expect(events.map(({ type }) => type)).toEqual(manifest.events.map(({ type }) => type));
  expect(knownEventTypes).toEqual(expect.arrayContaining(events.map(({ type }) => type)));
  expect(manifest.hook_points).toEqual(expect.arrayContaining(manifest.events.map(({ hook }) => hook)));
  expect(events.at(-1)?.data, "the heartbeat says the package's version").toMatchObject({ version: facts.version });
});

test("each call of the server module that it names is one", () => {
  const called = manifest.endpoints.filter(({ path }) => path.startsWith("/whmcs/"));
  expect(called.length).toBeGreaterThan(5);
  for (const { path } of called) {
    const real = path.replace("<id>", "7");
    const action = real.split("/").at(-1);
    const body = { action, service_id: 7, timestamp: "2026-11-23T10:00:00Z", licence: "1", ips: [] };
    expect(readCall(real, Buffer.from(JSON.stringify(body))), path).not.toBeNull();
  }
});
