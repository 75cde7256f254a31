// What does WHMCS notice when the bridge does not answer as it should?
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook, runHooks, type WhmcsRun, type WhmcsSite } from "../../src/sandbox/php.ts";
import { secret } from "../webhook/signing.ts";
import { freePort, listen, startBridge, startSilence, stop } from "./bridge.ts";
import { makeRoot } from "./whmcs-site.ts";

let phpPath: string;
beforeAll(async () => {
  phpPath = await requirePhp();
});

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function started<Running extends { stop(): Promise<void> }>(starting: Promise<Running>): Promise<Running> {
  const running = await starting;
  endings.push(() => running.stop());
  return running;
}

function site(url: string): WhmcsSite {
  return { phpPath, settings: { url, secret } };
}

const paid = { point: "InvoicePaid", vars: { invoiceid: 123 } };

/** One harmless line, nothing on the page, no error status. */
function expectOneLine(run: WhmcsRun, problem: string): void {
  expect(run.activityLog).toEqual([
    `ispmodules: invoice.paid 123 was not delivered: ${problem}. The bridge will find out by itself.`,
  ]);
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
}

test("a port where nobody listens costs no time and one line", async () => {
  const run = await runHook({ ...site(`http://127.0.0.1:${await freePort()}`), ...paid });
  expectOneLine(run, "no answer from the bridge, curl error 7");
  expect(run.elapsedMs).toBeLessThan(900);
});

test("a server that is dead behind its open port costs about 1 s and one line", async () => {
  const { port } = await started(startSilence());
  const run = await runHook({ ...site(`https://127.0.0.1:${port}`), ...paid });
  expectOneLine(run, "no answer from the bridge, curl error 28");
  expect(run.elapsedMs).toBeGreaterThan(900);
  expect(run.elapsedMs).toBeLessThan(2000);
});

test("a server that reads and never answers costs about 1 s and one line", async () => {
  const bridge = await started(startBridge("never"));
  const run = await runHook({ ...site(bridge.url), ...paid });
  expectOneLine(run, "no answer from the bridge, curl error 28");
  expect(bridge.calls).toHaveLength(1);
  expect(run.elapsedMs).toBeGreaterThan(900);
  expect(run.elapsedMs).toBeLessThan(2000);
});

test("a cron run with many invoices waits once for a bridge that is away, and writes one line", async () => {
  const bridge = await started(startBridge("never"));
  const calls = Array.from({ length: 20 }, (_, index) => ({ point: "InvoicePaid", vars: { invoiceid: 123 + index } }));
  const run = await runHooks(site(bridge.url), [...calls, { point: "AfterCronJob", vars: {} }]);
  const undelivered = run.activityLog.filter((line) => line.includes("was not delivered"));
  expectOneLine({ ...run, activityLog: undelivered }, "no answer from the bridge, curl error 28");
  expect(bridge.calls).toHaveLength(1);
  expect(run.elapsedMs).toBeLessThan(2000);
});

test.each([200, 400, 401, 404, 500, 503])("HTTP %i is one line, and is not tried again", async (status) => {
  const bridge = await started(startBridge({ status, body: `canary ${secret}` }));
  expectOneLine(await runHook({ ...site(bridge.url), ...paid }), `the bridge answered HTTP ${status}`);
  expect(bridge.calls).toHaveLength(1);
});

test.each([301, 302, 307, 308])("a %i redirect is not followed", async (status) => {
  const elsewhere = await started(startBridge());
  const bridge = await started(startBridge({ status, headers: { location: `${elsewhere.url}/webhooks/whmcs` } }));
  expectOneLine(await runHook({ ...site(bridge.url), ...paid }), `the bridge answered HTTP ${status}`);
  expect(bridge.calls).toHaveLength(1);
  expect(elsewhere.calls).toEqual([]);
});

test("a certificate that nobody vouches for is refused before anything is sent", async () => {
  let requests = 0;
  const server = createServer(await createCertificate(), (_, response) => {
    requests += 1;
    response.writeHead(202).end();
  });
  const port = await listen(server);
  endings.push(() => stop(server));
  expectOneLine(
    await runHook({ ...site(`https://127.0.0.1:${port}`), ...paid }),
    "no answer from the bridge, curl error 60",
  );
  expect(requests).toBe(0);
});

test("a log that throws stops neither the hook nor WHMCS", async () => {
  const configuration = "function logActivity($line) { echo 'called'; throw new Exception($line); }";
  const run = await runHook({ ...site(`http://127.0.0.1:${await freePort()}`), ...paid, configuration });
  expect(run).toMatchObject({ stdout: "called", exitCode: 0 });
});

test("a WHMCS without an activity log is left in peace", async () => {
  const run = await runHook({ ...site(`http://127.0.0.1:${await freePort()}`), ...paid, without: ["logActivity"] });
  expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
});

/** A key and a certificate for 127.0.0.1 that signs itself. */
async function createCertificate(): Promise<{ key: string; cert: string }> {
  const script = `
    $key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
    $request = openssl_csr_new(['commonName' => '127.0.0.1'], $key);
    openssl_x509_export(openssl_csr_sign($request, null, $key, 1), $cert);
    openssl_pkey_export($key, $pem);
    echo json_encode(['key' => $pem, 'cert' => $cert]);`;
  return JSON.parse((await promisify(execFile)(phpPath, ["-r", script])).stdout);
}

test("a hook file without the folder it needs is one line, and nothing else", async () => {
  const bridge = await started(startBridge());
  const { root, remove } = await makeRoot(bridge.url);
  endings.push(remove);
  await rm(join(root, "modules"), { recursive: true });
  const site = { phpPath, root, settings: null };
  const run = await runHooks(site, [paid, { ...paid, vars: { invoiceid: 124 } }]);
  expect(run.activityLog).toEqual(["ispmodules: modules/servers/ispmanagermodules/lib/events.php is missing."]);
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
  expect(bridge.calls).toEqual([]);
});
