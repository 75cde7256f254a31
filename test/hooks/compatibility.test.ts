// Does every PHP file run on PHP 7.2 to 8.3, and does the hook sign as the receiver expects?
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Engine } from "php-parser";
import { beforeAll, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { shippedHooks } from "../../src/sandbox/php.ts";
import { capsuleStandIn } from "../../src/sandbox/php-database.ts";
import { paramsStandIn } from "../../src/sandbox/php-services.ts";
import { whmcsStandIn } from "../../src/sandbox/php-stand-in.ts";
import { vectors } from "../webhook/signing.ts";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["hooks", "src", "test"];
const phpFiles = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".php"))
    .map((path) => join(folder, path)),
);

/** Functions and constants that look old and are not: each came after 7.2. */
const younger =
  /\b(?:array_key_(?:first|last)|is_countable|hrtime|str_(?:contains|starts_with|ends_with)|array_is_list|get_debug_type|mb_str_split|array_(?:any|all|find)|JSON_THROW_ON_ERROR|JsonException|password_get_info|net_get_interfaces)\b/;

/** What the parser lets through at 7.2 although it came later, as it stands in the syntax tree. */
const youngerSyntax =
  /"kind":"(?:uniontype|intersectiontype|attrgroup)"|"number","value":"[0-9a-fxob]+_|"flags":[1-9]|"name":"(?:mixed|never|static)","raw"/i;

/** What a PHP up to 8.3 has dropped, or complains of on the page where complaints are shown. */
const gone =
  /\b(?:each|create_function|money_format|utf8_(?:en|de)code|(?:gm)?strftime|strptime|get_magic_quotes_\w+|convert_cyr_string|hebrevc|date_sun(?:rise|set)|assert_options)\s*\(|\bFILTER_SANITIZE_STRING\b|\((?:real|unset)\)|"[^"\n]*\$\{|\$\w+\{\d/;

/** The oldest PHP of WHMCS 8.0, those of its later releases, and the one that 9.0 recommends. */
const versions = ["7.2", "7.4", "8.1", "8.2", "8.3"];

function parseAt(version: string, code: string): unknown {
  return new Engine({ parser: { version, suppressErrors: false } }).parseCode(code, "hook.php");
}

function parseAt72(code: string): void {
  const found = youngerSyntax.exec(JSON.stringify(parseAt("7.2", code)));
  if (found) throw new Error(`younger than PHP 7.2: ${found[0]}`);
}

let phpPath: string;
beforeAll(async () => {
  phpPath = await requirePhp();
});

test("hook file and library are among the files that are checked", () => {
  expect(phpFiles).toContain("hooks/includes/hooks/ispmanagermodules.php");
  expect(phpFiles).toContain("hooks/modules/servers/ispmanagermodules/lib/bridge.php");
});

describe.each(phpFiles)("%s", (file) => {
  const code = readFileSync(join(root, file), "utf8");

  test("passes php -l", async () => {
    expect((await execute(phpPath, ["-l", join(root, file)])).stdout).toContain("No syntax errors");
  });

  test("parses as PHP 7.2 and calls nothing younger", () => {
    expect(() => parseAt72(code)).not.toThrow();
    expect(code).not.toMatch(younger);
  });

  test.each(versions)("parses as PHP %s", (version) => {
    expect(() => parseAt(version, code)).not.toThrow();
  });

  test("uses nothing that a later PHP has dropped", () => {
    expect(code).not.toMatch(gone);
  });

  test("says nothing when it is opened directly", async () => {
    const { stdout } = await execute(phpPath, ["-d", "display_errors=1", "-d", "error_reporting=-1", join(root, file)]);
    expect(stdout).toBe("This file cannot be accessed directly");
  });
});

test.each([whmcsStandIn, capsuleStandIn, paramsStandIn])("the stand-in for WHMCS parses as PHP 7.2", (code) => {
  expect(() => parseAt72(code)).not.toThrow();
});

test.each([
  ["an arrow function (7.4)", "$double = fn($x) => $x * 2;"],
  ["a typed property (7.4)", "class Invoice { public int $id; }"],
  ["??= (7.4)", "$id ??= 1;"],
  ["a comma after the last argument (7.3)", "strlen($text,);"],
  ["a digit separator (7.4)", "$limit = 1_000;"],
  ["a union type (8.0)", "function find(int|string $id) {}"],
  ["a promoted property (8.0)", "class Invoice { function __construct(private $id) {} }"],
  ["a static return type (8.0)", "class Invoice { function copy(): static {} }"],
  ["match (8.0)", "$text = match ($id) { 1 => 'a', default => 'b' };"],
  ["?-> (8.0)", "$id = $invoice?->id;"],
  ["an enum (8.1)", "enum State { case Paid; }"],
])("the check notices %s", (_, code) => {
  expect(() => parseAt72(`<?php ${code}`)).toThrow();
});

test.each([
  ["a name that 8.0 keeps for itself", "8.1", "function match($a) {}"],
  ["a name that 7.4 keeps for itself", "7.4", "function fn($a) {}"],
])("the check notices %s", (_, version, code) => {
  expect(() => parseAt(version, `<?php ${code}`)).toThrow();
});

test.each([
  "each($a)",
  "utf8_encode ($a)",
  "strftime('%Y')",
  "(unset) $a",
  `"a \${b}"`,
  "$a{0}",
  "FILTER_SANITIZE_STRING",
])("the check notices %s, which later PHPs have dropped", (code) => {
  expect(code).toMatch(gone);
});

const bridgeFile = join(shippedHooks, "modules/servers/ispmanagermodules/lib/bridge.php");

test.each(vectors)("PHP arrives at the shared vector: $about", async (vector) => {
  const script = `
    define('WHMCS', true);
    require $argv[1];
    $vector = json_decode($argv[2], true);
    $key = ispmanagermodules_key($vector['secret']);
    echo ispmanagermodules_sign($key, $vector['webhook_id'], $vector['timestamp'], $vector['body']);`;
  const { stdout } = await execute(phpPath, ["-r", script, bridgeFile, JSON.stringify(vector)]);
  expect(stdout).toBe(vector.signature);
});
