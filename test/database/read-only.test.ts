// What happens to a connection whose server has become a replica?
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, databaseErrorCode, openDatabase } from "../../src/database/connection.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";

let stored: TestDatabase;
let database: Database;

beforeAll(async () => {
  stored = await freshDatabase("replica");
  database = openDatabase({ name: "ledger", url: stored.url, connections: 1 });
  await database.query.execute("CREATE TABLE notes (id INT PRIMARY KEY)");
});
afterAll(async () => {
  await database.close();
  await stored.drop();
});

async function connectionId(): Promise<number> {
  const [rows] = (await database.query.execute("SELECT CONNECTION_ID() AS id")) as unknown as [{ id: number }[]];
  return Number(rows[0]?.id);
}

const write = (id: number) => database.query.execute(`INSERT INTO notes VALUES (${id})`);

it("a connection that may only read is left for a new one", async () => {
  const before = await connectionId();
  await database.query.execute("SET SESSION TRANSACTION READ ONLY");
  const refusal: unknown = await write(1).catch((error: unknown) => error);
  expect(databaseErrorCode(refusal)).toBe("ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION");
  await write(1);
  expect(await connectionId()).not.toBe(before);
});

it("a connection is kept after any other refusal", async () => {
  const before = await connectionId();
  await write(2);
  await expect(write(2)).rejects.toThrow();
  expect(await connectionId()).toBe(before);
});
