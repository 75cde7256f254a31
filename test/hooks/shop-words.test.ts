// Do PHP and the bridge mean the same custom fields?
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { shippedHooks } from "../../src/sandbox/php.ts";
import { roleOfField } from "../../src/whmcs/fields.ts";

const names = [
  ...[
    "License ID",
    "licence_id",
    "LICENSE",
    "Licence",
    "ispmanager license",
    "ispmanager licence",
    "ispmanager License ID",
  ],
  ...["ID лицензии", "id ЛИЦЕНЗИИ", "Лицензия", "лицензия ispmanager", "Server IP", "server-ip", "I.P.", "IP address"],
  ...[
    "IP сервера",
    "IP Сервера|Address",
    "License ID|Your licence",
    "x|License ID",
    "ip addresses",
    "",
    "|",
    "License\nID",
  ],
  ...["License\u00a0ID", "Paid until", "Module ID", "\ud83d\ude00"],
];

test("a field's name means to PHP what it means to the bridge", async () => {
  const script = `
    define('WHMCS', true);
    require $argv[1];
    echo json_encode(array_map('ispmanagermodules_field_role', json_decode($argv[2], true)));`;
  const file = join(shippedHooks, "modules/servers/ispmanagermodules/lib/shop.php");
  const { stdout } = await promisify(execFile)(await requirePhp(), ["-r", script, file, JSON.stringify(names)]);
  // PHP asks only where licence and address stand; the fields that the bridge fills in are known to it by the names it made.
  const roles = names.map(roleOfField).map((role) => (role === "licence" || role === "ip" ? role : null));
  expect(JSON.parse(stdout)).toEqual(roles);
  expect(new Set(roles)).toEqual(new Set(["licence", "ip", null]));
});
