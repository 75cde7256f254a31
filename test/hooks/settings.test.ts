// Where does the hook file look for its settings, and what does it say when they are no good?
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { phpString, runHook, type WhmcsSite } from "../../src/sandbox/php.ts";
import { secret } from "../webhook/signing.ts";
import { startBridge, type TestBridge } from "./bridge.ts";

let phpPath: string;
let folder: string;
let bridge: TestBridge;
beforeAll(async () => {
  phpPath = await requirePhp();
  folder = await mkdtemp(join(tmpdir(), "ispmodules-settings-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bridge = await startBridge();
});
afterEach(() => bridge.stop());

function run(settings: WhmcsSite["settings"], rest: Partial<WhmcsSite> = {}) {
  return runHook({
    phpPath,
    settings,
    ...rest,
    point: "InvoicePaid",
    vars: { invoiceid: 123 },
  });
}

/** A settings file whose url ends in `/<name>`, so that the bridge sees which file was read. */
async function writeSettings(name: string): Promise<string> {
  const file = join(folder, `${name}.php`);
  await writeFile(
    file,
    `<?php return ['url' => ${phpString(`${bridge.url}/${name}`)}, 'secret' => ${phpString(secret)}];`,
  );
  return file;
}

function constantFor(file: string): string {
  return `define('ISPMODULES_SETTINGS', ${phpString(file)});`;
}

describe("search order", () => {
  const above = () => ({ url: `${bridge.url}/above`, secret });

  test("the environment comes first", async () => {
    const environment = { ISPMODULES_SETTINGS: await writeSettings("environment") };
    await run(above(), { environment, configuration: constantFor(await writeSettings("constant")) });
    expect(bridge.calls.map(({ path }) => path)).toEqual(["/environment/webhooks/whmcs"]);
  });

  test("then the constant of configuration.php, also when the environment holds an empty text", async () => {
    const configuration = constantFor(await writeSettings("constant"));
    await run(above(), { configuration });
    await run(above(), { configuration, environment: { ISPMODULES_SETTINGS: "" } });
    expect(bridge.calls.map(({ path }) => path)).toEqual(["/constant/webhooks/whmcs", "/constant/webhooks/whmcs"]);
  });

  test("then the folder above the WHMCS root, with or without ROOTDIR", async () => {
    await run(above());
    await run(above(), { without: ["ROOTDIR"] });
    await run(above(), { configuration: constantFor("") });
    expect(bridge.calls.map(({ path }) => path)).toEqual(Array(3).fill("/above/webhooks/whmcs"));
  });

  test("a file that is named but missing is a problem, not a reason to look further", async () => {
    const { activityLog } = await run(above(), { environment: { ISPMODULES_SETTINGS: join(folder, "none.php") } });
    expect(activityLog).toEqual([expect.stringContaining("the settings file is missing or not readable")]);
    expect(bridge.calls).toEqual([]);
  });
});

describe("settings that are no good: one line without secrets, nothing sent, nothing on the page", () => {
  const noUrl = "the settings file has no usable url";
  const noSecret = "the settings file has no usable secret";
  const encoded = secret.slice("whsec_".length);
  const good = "http://127.0.0.1:1";
  const returning = (url: string, key: string) => ({ php: `<?php return ['url' => ${url}, 'secret' => ${key}];` });

  test.each<[string, WhmcsSite["settings"], string]>([
    ["no file", null, "the settings file is missing or not readable"],
    ["an empty file", { php: "" }, noUrl],
    ["a file that returns nothing", { php: `<?php $secret = '${secret}';` }, noUrl],
    ["a file that returns text", { php: `<?php return '${secret}';` }, noUrl],
    ["no url", { php: `<?php return ['secret' => '${secret}'];` }, noUrl],
    ["a url that is a list", returning("['x']", `'${secret}'`), noUrl],
    ["a file url", { url: "file:///etc/passwd", secret }, noUrl],
    ["a gopher url", { url: "gopher://127.0.0.1:1/x", secret }, noUrl],
    ["a url without scheme", { url: "127.0.0.1:1", secret }, noUrl],
    ["a url with a password", { url: `http://user:${encoded}@127.0.0.1:1`, secret }, noUrl],
    ["a url with a query", { url: `${good}/?a=${encoded}`, secret }, noUrl],
    ["a url with a line break", { url: `${good}/\nX: y`, secret }, noUrl],
    ["no secret", { php: `<?php return ['url' => '${good}'];` }, noSecret],
    ["a secret that is a list", returning(`'${good}'`, `['${secret}']`), noSecret],
    ["a secret without prefix", { url: good, secret: encoded }, noSecret],
    ["a secret that is too short", { url: good, secret: `whsec_${encoded.slice(0, 28)}` }, noSecret],
    ["a secret that is not base64", { url: good, secret: `${secret.slice(0, 20)}*${secret.slice(21)}` }, noSecret],
    ["two secrets", { url: good, secret: `${secret},${secret}` }, noSecret],
    [
      "a syntax error",
      { php: `<?php return ['secret' => '${secret}' '${encoded}'` },
      "the settings file fails with ParseError",
    ],
    [
      "an exception",
      { php: `<?php throw new RuntimeException('${secret}');` },
      "the settings file fails with RuntimeException",
    ],
    ["an error", { php: `<?php return missing_function('${secret}');` }, "the settings file fails with Error"],
  ])("%s", async (_, settings, problem) => {
    const { activityLog, ...rest } = await run(settings);
    expect(activityLog).toEqual([
      `ispmodules: invoice.paid 123 was not delivered: ${problem}. The bridge will find out by itself.`,
    ]);
    expect(rest).toMatchObject({ stdout: "", exitCode: 0 });
    expect(bridge.calls).toEqual([]);
  });

  test("a settings file that prints something still works, and the page does not show it", async () => {
    const { url } = bridge;
    const php = `\n<?php echo 'x'; return ['url' => ${phpString(url)}, 'secret' => ${phpString(secret)}];`;
    expect(await run({ php })).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
    expect(bridge.calls).toHaveLength(1);
  });

  test("a WHMCS that turns warnings into exceptions is not harmed", async () => {
    const configuration = "set_error_handler(function ($n, $text) { throw new ErrorException($text); });";
    const { activityLog, ...rest } = await run({ php: `<?php return [$undefined => '${secret}'];` }, { configuration });
    expect(activityLog).toEqual([expect.stringContaining("the settings file fails with ErrorException.")]);
    expect(rest).toMatchObject({ stdout: "", exitCode: 0 });
  });
});
