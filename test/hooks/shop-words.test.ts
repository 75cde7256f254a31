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
  ...["License\u00a0ID", "Paid until", "paid_until|Paid", "PaidUntil2", "Оплачен до", "ОПЛАЧЕН-ДО", "Оплачено до"],
  ...["Module ID", "module.id|Номер", "Модуль|Module ID", "ispmanager id", "ispmanager", "\ud83d\ude00"],
];

test("a field's name means to PHP what it means to the bridge", async () => {
  const script = `
    define('WHMCS', true);
    require $argv[1];
    echo json_encode(array_map('ispmanagermodules_field_role', json_decode($argv[2], true)));`;
  const file = join(shippedHooks, "modules/servers/ispmanagermodules/lib/fields.php");
  const { stdout } = await promisify(execFile)(await requirePhp(), ["-r", script, file, JSON.stringify(names)]);
  const inPhp = { licence: "licence", ip: "ip", paidUntil: "paid_until", moduleId: "module_id" };
  const roles = names.map(roleOfField).map((role) => role && inPhp[role]);
  expect(JSON.parse(stdout)).toEqual(roles);
  expect(new Set(roles)).toEqual(new Set([...Object.values(inPhp), null]));
});
