// Are the simulated tables those that the migrations make?
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMariaDbLedger, type MariaDbLedger } from "../../purchases/ledger/under-test.ts";
import { checks, tableRules } from "./columns.ts";
import { createStore, type TableName } from "./store.ts";

let real: MariaDbLedger;
beforeAll(async () => {
  real = await createMariaDbLedger();
});
afterAll(() => real?.close());

const names = Object.keys(tableRules) as TableName[];

it("they have the same unique keys, and none besides", async () => {
  const rows =
    await real.sql(`SELECT table_name AS t, index_name AS i, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS c
    FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0
      AND table_name <> 'mod_ispmodules_migrations' GROUP BY table_name, index_name`);
  const simulated = names.flatMap((name) => {
    const { sqlName, columns, primaryKey, uniqueKeys } = tableRules[name];
    const inSql = (properties: readonly string[]) =>
      properties.map((property) => columns.find((column) => column.name === property)?.sqlName).join(",");
    return [
      `${sqlName} PRIMARY ${inSql(primaryKey)}`,
      ...uniqueKeys.map((key) => `${sqlName} ${key.name} ${inSql(key.columns)}`),
    ];
  });
  expect(new Set(simulated)).toEqual(new Set(rows.map(({ t, i, c }) => `${t} ${i} ${c}`)));
  expect(simulated).toHaveLength(22);
});

it("they have the same columns, of the same types, and may be empty where the real ones may", async () => {
  const rows = await real.sql(`SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS n
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'mod_ispmodules_migrations'`);
  const simulated = names.flatMap((name) =>
    tableRules[name].columns.map(
      ({ sqlName, type, isRequired }) => `${tableRules[name].sqlName} ${sqlName} ${type} ${isRequired ? "NO" : "YES"}`,
    ),
  );
  // A display width is how MariaDB writes a type, and says nothing of what fits into it.
  const typeOf = (text: string) => text.replace(/int\(\d+\)/, "int");
  expect(new Set(simulated)).toEqual(new Set(rows.map(({ t, c, type, n }) => `${t} ${c} ${typeOf(type)} ${n}`)));
});

it("they have the same checks", async () => {
  const rows = await real.sql(`SELECT constraint_name AS name FROM information_schema.check_constraints
    WHERE constraint_schema = DATABASE() AND table_name = 'mod_ispmodules_purchases' ORDER BY 1`);
  expect(rows.map(({ name }) => name)).toEqual(["at_most_two_sends", "listed_state"]);
  expect(Object.keys(checks)).toEqual(["purchases.sends", "purchases.state"]);
});

it("they begin with the same switches and turns", async () => {
  const { switches, turns } = createStore();
  const set = await real.sql("SELECT name, value, actor, why FROM mod_ispmodules_switches");
  const said = (rows: Iterable<object>) => new Set([...rows].map((row) => JSON.stringify({ ...row, at: undefined })));
  expect(said(switches.values())).toEqual(
    said(set.map(({ name, value, why, actor }) => ({ name, value, why, actor }))),
  );
  const due = await real.sql("SELECT name FROM mod_ispmodules_turns");
  expect(new Set(turns.keys())).toEqual(new Set(due.map(({ name }) => name)));
});
