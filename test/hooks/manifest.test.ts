// Does plugin.manifest.json tell the truth about this package?
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHooks } from "../../src/sandbox/php.ts";
import { knownEventTypes } from "../../src/webhook/event.ts";
import { secret } from "../webhook/signing.ts";
import { startBridge } from "./bridge.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly events: readonly { readonly hook: string; readonly type: string }[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest: Manifest = JSON.parse(readFileSync(join(root, "plugin.manifest.json"), "utf8"));

test("name, version and description are those of the package", () => {
  const { name, version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ name, version, description });
});

test("it lists every file to copy, with its digest", () => {
  const files = readdirSync(join(root, "hooks"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const described = files.map((file) => ({
    path: file.slice(root.length),
    sha256: createHash("sha256").update(readFileSync(file)).digest("hex"),
  }));
  expect(manifest.files).toEqual(described);
});

/** What every hook point finds its id in. */
function varsOfEvery(id: number) {
  const refund = { amountout: 1, status: "Paid" };
  return { invoiceid: id, invoiceId: id, orderid: id, relid: id, params: { serviceid: id }, ...refund };
}

test("each hook point sends the event it names, and the receiver knows them all", async () => {
  const bridge = await startBridge();
  const calls = manifest.events.map(({ hook }, index) => ({ point: hook, vars: varsOfEvery(index + 1) }));
  const site = { phpPath: await requirePhp(), settings: { url: bridge.url, secret } };
  const { points } = await runHooks(site, calls);
  await bridge.stop();
  expect(points.slice(0, calls.length)).toEqual(manifest.events.map(({ hook }) => hook));
  const types = bridge.calls.map(({ body }) => JSON.parse(String(body)).type);
  expect(types).toEqual(manifest.events.map(({ type }) => type));
  expect(knownEventTypes).toEqual(expect.arrayContaining(types));
});
