// How does a second server get the ledger as it is at this moment?
import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { MariaDb } from "../../src/sandbox/mariadb.ts";
import type { Scene } from "./scene.ts";

/** Copies every table to the same database on `target`, open to the same user; the root URL of the copy. */
export async function copyLedger(
  { ledgerUrl, environment }: Pick<Scene, "ledgerUrl" | "environment">,
  target: MariaDb,
): Promise<string> {
  const name = new URL(ledgerUrl).pathname.slice(1);
  const copyUrl = await target.createDatabase(name);
  const { username, password } = new URL(environment.LEDGER_DATABASE_URL ?? "");
  const [from, to] = await Promise.all(
    [ledgerUrl, copyUrl].map((uri) => createConnection({ uri, dateStrings: true, decimalNumbers: false })),
  );
  if (from === undefined || to === undefined) throw new Error("two addresses are two connections");
  try {
    await to.query("GRANT ALL PRIVILEGES ON ??.* TO ? IDENTIFIED BY ?", [name, username, password]);
    await from.query("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    const [tables] = await from.query<RowDataPacket[]>({ sql: "SHOW TABLES", rowsAsArray: true });
    for (const [table] of tables as unknown as string[][]) {
      const [[made]] = await from.query<RowDataPacket[]>("SHOW CREATE TABLE ??", [table]);
      await to.query(String(made?.["Create Table"]));
      const [rows] = await from.query<RowDataPacket[]>({ sql: "SELECT * FROM ??", rowsAsArray: true }, [table]);
      if (rows.length > 0) await to.query("INSERT INTO ?? VALUES ?", [table, rows]);
    }
    return copyUrl;
  } finally {
    await Promise.all([from.end(), to.end()]);
  }
}
