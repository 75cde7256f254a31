// Does `ispmodules migrate` make the ledger's tables, and only once?
import { expect, test } from "vitest";
import { asRoot, freshDatabase } from "../sandbox-database.ts";
import { ispmodules, nowhere } from "./program.ts";

test("it makes the tables, and a second run finds nothing to do", async () => {
  const { url, drop } = await freshDatabase("ledger");
  const settings = { ...nowhere, LEDGER_DATABASE_URL: url };

  const before = await ispmodules(["purchases", "list", "--json"], settings);
  expect(before).toMatchObject({ status: 1, stdout: "" });
  expect(before.stderr).toContain("run `ispmodules migrate`");

  for (const _ of [1, 2]) {
    expect(await ispmodules(["migrate"], settings)).toMatchObject({ status: 0, stderr: "" });
  }
  expect(await ispmodules(["purchases", "list", "--json"], settings)).toEqual({
    status: 0,
    stdout: "[]\n",
    stderr: "",
  });
  await drop();
});

test("it uses the migrating user when there is one", async () => {
  const { url, name, drop } = await freshDatabase("ledger");
  const user = `'plain_${name}'@'%'`;
  await asRoot(`CREATE USER ${user} IDENTIFIED BY 'hidden-word'`, `GRANT SELECT ON ${name}.* TO ${user}`);
  const plain = new URL(url);
  plain.username = `plain_${name}`;
  plain.password = "hidden-word";
  const settings = { ...nowhere, LEDGER_DATABASE_URL: plain.href };

  const refused = await ispmodules(["migrate"], settings);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toMatch(/Grant the user of LEDGER_DATABASE_URL the rights/);
  expect(refused.stderr).not.toContain("hidden-word");

  const settled = await ispmodules(["migrate"], { ...settings, LEDGER_MIGRATE_DATABASE_URL: url });
  expect(settled).toMatchObject({ status: 0, stderr: "" });
  expect(await ispmodules(["purchases", "list"], settings)).toMatchObject({ status: 0, stdout: "No purchases.\n" });
  await asRoot(`DROP USER ${user}`);
  await drop();
});
