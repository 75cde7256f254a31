import { eq, sql } from "drizzle-orm";
import { int, mysqlTable } from "drizzle-orm/mysql-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { CommitUnacknowledged, type Database, databaseErrorCode, openDatabase } from "../../src/database/connection.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { type Fate, isStatement, startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const marks = mysqlTable("marks", { n: int("n").primaryKey() });

let own: TestDatabase;
let direct: Database;
beforeAll(async () => {
  own = await freshDatabase("connection");
  direct = openDatabase({ name: "ledger", url: own.url, connections: 2 });
  await direct.query.execute(sql`CREATE TABLE marks (n INT PRIMARY KEY) ENGINE=InnoDB`);
});
beforeEach(() => direct.query.delete(marks).then(() => {}));
afterAll(async () => {
  await direct.close();
  await own.drop();
});

async function throughProxy(silenceMs?: number): Promise<{ proxy: TcpProxy; database: Database }> {
  const proxy = await startTcpProxy(own.url);
  const rest = silenceMs === undefined ? {} : { silenceMs };
  const database = openDatabase({ name: "ledger", url: proxy.urlOf(own.url), connections: 1, ...rest });
  onTestFinished(async () => {
    await proxy.close();
    await database.close();
  });
  return { proxy, database };
}

const listMarks = async () => (await direct.query.select().from(marks)).map(({ n }) => n);
const atStatement = (text: string, fate: Fate) => (bytes: Buffer) => (isStatement(bytes, text) ? fate : "pass");

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}

describe("a transaction", () => {
  it("keeps what its work did, and gives what its work gave", async () => {
    const given = await direct.transaction(async (query) => {
      await query.insert(marks).values({ n: 1 });
      return "done";
    });
    expect([given, await listMarks()]).toEqual(["done", [1]]);
  });

  it("undoes everything when its work fails, and says why itself", async () => {
    const { database } = await throughProxy();
    const failure = new Error("no");
    const work = database.transaction(async (query) => {
      await query.insert(marks).values({ n: 1 });
      throw failure;
    });
    expect(await failureOf(work)).toBe(failure);
    await direct.transaction((query) => query.insert(marks).values({ n: 1 }));
    expect(await listMarks()).toEqual([1]);
  });

  it("never goes on with a connection on which something failed", async () => {
    const { database } = await throughProxy();
    const connectionOf = async (query: Database["query"]) => {
      const [rows] = (await query.execute(sql`SELECT CONNECTION_ID() AS id`)) as unknown as [{ id: number }[]];
      return rows[0]?.id;
    };
    const before = await connectionOf(database.query);
    await failureOf(database.transaction(() => Promise.reject(new Error("no"))));
    expect(await connectionOf(database.query)).not.toBe(before);
  });

  it("whose COMMIT never arrived is unacknowledged, and did not happen", async () => {
    const { proxy, database } = await throughProxy();
    proxy.decide(atStatement("COMMIT", "cut"));
    const failure = await failureOf(database.transaction((query) => query.insert(marks).values({ n: 1 })));
    expect(failure).toBeInstanceOf(CommitUnacknowledged);
    expect(failure).toMatchObject({ fields: { database: "ledger" } });
    await direct.query.insert(marks).values({ n: 1 });
  });

  it("whose COMMIT was carried out without an answer is unacknowledged, and did happen", async () => {
    const { proxy, database } = await throughProxy();
    proxy.decide(atStatement("COMMIT", "deliver-and-cut"));
    const failure = await failureOf(database.transaction((query) => query.insert(marks).values({ n: 1 })));
    expect(failure).toBeInstanceOf(CommitUnacknowledged);
    expect(await listMarks()).toEqual([1]);
  });

  it("that broke before its COMMIT is no unacknowledged one", async () => {
    const { proxy, database } = await throughProxy();
    proxy.decide(atStatement("insert", "cut"));
    const failure = await failureOf(database.transaction((query) => query.insert(marks).values({ n: 1 })));
    expect(failure).not.toBeInstanceOf(CommitUnacknowledged);
    expect(await listMarks()).toEqual([]);
  });

  it("two that need the same row both ways end: one of them is told of the deadlock", async () => {
    await direct.query.insert(marks).values([{ n: 1 }, { n: 2 }]);
    let arrived = 0;
    let go = () => {};
    const both = new Promise<void>((resolve) => {
      go = resolve;
    });
    const lock = (first: number, second: number) =>
      direct.transaction(async (query) => {
        const hold = (n: number) => query.select().from(marks).where(eq(marks.n, n)).for("update");
        await hold(first);
        arrived += 1;
        if (arrived === 2) go();
        await both;
        await hold(second);
      });
    const ends = await Promise.allSettled([lock(1, 2), lock(2, 1)]);
    const lost = ends.filter((end) => end.status === "rejected");
    expect(lost.map(({ reason }) => databaseErrorCode(reason))).toEqual(["ER_LOCK_DEADLOCK"]);
  });
});

describe("a silent connection", () => {
  it("is dropped, its query fails in time, and the next one works", async () => {
    const { proxy, database } = await throughProxy(100);
    await database.query.execute(sql`SELECT 1`);
    proxy.silence(true);
    const began = performance.now();
    const failure = await failureOf(Promise.resolve(database.query.execute(sql`SELECT 2`)));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(databaseErrorCode(failure)).toBe("ETIMEDOUT");
    await expect.poll(() => proxy.count()).toBe(0);
    proxy.silence(false);
    await database.query.execute(sql`SELECT 3`);
  });

  it("fails a COMMIT in time, as unacknowledged", async () => {
    const { proxy, database } = await throughProxy(100);
    const work = database.transaction(async (query) => {
      await query.insert(marks).values({ n: 1 });
      proxy.silence(true);
    });
    expect(await failureOf(work)).toBeInstanceOf(CommitUnacknowledged);
  });

  it("that is only idle is replaced without anybody noticing", async () => {
    const { proxy, database } = await throughProxy(50);
    await database.query.execute(sql`SELECT 1`);
    await expect.poll(() => proxy.count()).toBe(0);
    await database.query.execute(sql`SELECT 1`);
  });
});

describe("an error's code", () => {
  it("is the server's name for it, however deep it stands", async () => {
    await direct.query.insert(marks).values({ n: 1 });
    const twice = await failureOf(direct.query.insert(marks).values({ n: 1 }).then());
    expect(databaseErrorCode(twice)).toBe("ER_DUP_ENTRY");
    expect(databaseErrorCode(new Error("outer", { cause: new Error("inner", { cause: twice }) }))).toBe("ER_DUP_ENTRY");
  });

  it("is the network's where nobody listens", async () => {
    const nobody = openDatabase({ name: "whmcs", url: "mysql://u:p@127.0.0.1:1/x", connections: 1 });
    onTestFinished(() => nobody.close());
    expect(databaseErrorCode(await failureOf(Promise.resolve(nobody.query.execute(sql`SELECT 1`))))).toBe(
      "ECONNREFUSED",
    );
  });

  it("is nothing for anything else", () => {
    expect(databaseErrorCode(new Error("plain"))).toBeNull();
    expect(databaseErrorCode("text")).toBeNull();
    expect(databaseErrorCode(Object.assign(new Error("x"), { code: "nope" }))).toBeNull();
  });
});
