// Does the ledger's server keep what it has committed, also over a power cut?
import { sql } from "drizzle-orm";
import type { Database } from "./connection.ts";

/** A server variable with which a committed intent to buy could be lost, and what to do about it. */
export interface DurabilityGap {
  readonly variable: string;
  readonly value: string;
  readonly remedy: string;
}

interface Variables {
  readonly flush: number | string;
  readonly binary_log: number | string;
  readonly sync: number | string;
}

/**
 * Empty when every commit reaches the disk before it is confirmed: `innodb_flush_log_at_trx_commit=1`, and `sync_binlog=1`
 * when the binary log is on (https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html). Throws what the query throws.
 */
export async function checkDurability(database: Database): Promise<DurabilityGap[]> {
  const [rows] = (await database.query.execute(
    sql`SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS flush, @@GLOBAL.log_bin AS binary_log, @@GLOBAL.sync_binlog AS sync`,
  )) as unknown as [Variables[]];
  const [server] = rows;
  if (server === undefined) throw new RangeError("a server always has its variables");
  const wanted = [{ variable: "innodb_flush_log_at_trx_commit", value: String(server.flush) }];
  if (["1", "ON"].includes(String(server.binary_log))) {
    wanted.push({ variable: "sync_binlog", value: String(server.sync) });
  }
  return wanted.filter(({ value }) => value !== "1").map((gap) => ({ ...gap, remedy: remedyFor(gap.variable) }));
}

function remedyFor(variable: string): string {
  return `run SET GLOBAL ${variable}=1 on the ledger's server and put ${variable}=1 under [mysqld] in its configuration`;
}
