// Does the sandbox's database server keep to itself, write through to disk and go away with its owner?
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { freshDatabase } from "../sandbox-database.ts";

let server: MariaDb;

beforeAll(async () => {
  server = await startMariaDb();
});

afterAll(async () => {
  await server.stop();
});

async function ask(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("commits are durable, the binary log is off and only this machine can connect", async () => {
  const [settings] = await ask(
    server.rootUrl(),
    "SELECT @@innodb_flush_log_at_trx_commit AS flush, @@log_bin AS log, @@bind_address AS bind, @@port AS port",
  );
  expect(settings).toEqual({ flush: 1, log: 0, bind: "127.0.0.1", port: server.port });
});

test("root without its password is refused", async () => {
  await expect(createConnection({ host: "127.0.0.1", port: server.port, user: "root" })).rejects.toThrow(/denied/i);
  await expect(createConnection({ socketPath: server.socketPath, user: "root" })).rejects.toThrow(/denied/i);
});

test("a user gets exactly the grants it was created with", async () => {
  await server.createDatabase("books");
  await ask(server.rootUrl("books"), "CREATE TABLE page (id INT PRIMARY KEY)");
  const reader = await server.createUser({ name: "reader", grants: ["SELECT ON books.*"], database: "books" });
  await expect(ask(reader, "SELECT id FROM page")).resolves.toEqual([]);
  await expect(ask(reader, "INSERT INTO page VALUES (1)")).rejects.toThrow(/denied/i);
});

test("a killed server comes back on the same port with all that was committed and nothing else", async () => {
  const url = await server.createDatabase("kept");
  await ask(url, "CREATE TABLE page (id INT PRIMARY KEY)");
  const open = await createConnection(url);
  // The break is what this test is about.
  open.on("error", () => {});
  await open.query("INSERT INTO page VALUES (1)");
  await open.query("START TRANSACTION");
  await open.query("INSERT INTO page VALUES (2)");
  const killed = server.pid;
  await server.kill();
  expect(isAlive(killed)).toBe(false);
  await expect(createConnection(url)).rejects.toThrow(/ECONNREFUSED/);
  await server.restart();
  expect(server.pid).not.toBe(killed);
  expect(await ask(url, "SELECT id FROM page")).toEqual([{ id: 1 }]);
});

test("stopping ends the process and removes its folder", async () => {
  const second = await startMariaDb();
  const folder = dirname(second.socketPath);
  expect(existsSync(folder)).toBe(true);
  await second.stop();
  expect(isAlive(second.pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test("the server dies with a parent that was killed", async () => {
  const built = fileURLToPath(new URL("../../dist/sandbox/mariadb.js", import.meta.url));
  const script = `const { startMariaDb } = await import(${JSON.stringify(built)}); const { pid, socketPath } = await startMariaDb(); console.log(JSON.stringify({ pid, socketPath }))`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
  const { pid, socketPath } = JSON.parse(chunk.toString()) as { pid: number; socketPath: string };
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 50 });
  await rm(dirname(socketPath), { recursive: true, force: true });
});

test("each test database is empty and its own", async () => {
  const [one, two] = [await freshDatabase("own"), await freshDatabase("own")];
  await ask(one.url, "CREATE TABLE mine (id INT)");
  expect(await ask(two.url, "SHOW TABLES")).toEqual([]);
  await one.drop();
  await expect(ask(one.url, "SELECT 1")).rejects.toThrow(/Unknown database/);
  await two.drop();
});
