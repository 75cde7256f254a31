// How near does accepting signed events come to the bare writing of their rows?
import { randomBytes } from "node:crypto";
import type { Pool } from "mysql2/promise";
import { systemClock } from "../../src/clock.ts";
import { type Database, openDatabase, type Queries } from "../../src/database/connection.ts";
import { checkDurability } from "../../src/database/durability.ts";
import type { Serving } from "../serve/serving.ts";
import { signBytes } from "../webhook/signing.ts";
import { median, percentile } from "./figures.ts";
import { connections, runLoad } from "./load.ts";
import { atLeast, group, type Row } from "./table.ts";

/** As many as the bridge has towards its ledger. */
const ledgerConnections = 10;
const warmUpMs = 1_000;
const roundMs = 1_500;
const rounds = 5;
const calmMs = 90;

export interface WebhookOptions {
  readonly bridge: Serving;
  readonly ledgerUrl: string;
  /** An unpaid invoice of ours: each event makes the bridge read it, and nothing is bought. */
  readonly invoiceId: number;
}

export async function measureWebhooks({ bridge, ledgerUrl, invoiceId }: WebhookOptions): Promise<Row[]> {
  const database = openDatabase({ name: "ledger", url: ledgerUrl, connections: ledgerConnections });
  try {
    const gaps = await checkDurability(database);
    if (gaps.length > 0) throw new Error(`commits are not durable: ${gaps[0]?.variable}=${gaps[0]?.value}`);
    const body = JSON.stringify({ type: "invoice.paid", data: { invoice_id: invoiceId } });
    const accept = (durationMs: number) =>
      runLoad({ port: bridge.port, nextRequest: () => signedRequest(body), status: 202, durationMs });
    const write = (durationMs: number) => writeRows(clientOf(database), body, durationMs);
    await write(warmUpMs);
    await accept(warmUpMs);
    const accepted: number[] = [];
    const written: number[] = [];
    const latenciesMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await empty(database);
      written.push(await write(roundMs));
      await empty(database);
      const before = await countRows(database);
      const result = await accept(roundMs);
      const stored = (await countRows(database)) - before;
      if (stored < result.answers) throw new Error(`${result.answers} events were accepted and ${stored} are stored`);
      accepted.push(result.answersPerSecond);
      latenciesMs.push(...result.latenciesMs);
    }
    const ratio = median(accepted.map((value, round) => value / (written[round] ?? Number.NaN)));
    return [
      {
        what: "signed events accepted (202 after the commit, and looked into meanwhile) against bare committed INSERTs into the same table, 10 database connections, 32 senders",
        measured: `ratio ${ratio.toFixed(2)}: ${group(median(accepted))} events/s, p99 ${percentile(latenciesMs, 99).toFixed(0)} ms; bare: ${group(median(written))} INSERTs/s`,
        ...atLeast(ratio, 0.5, "each event is also received over HTTP, verified and looked into"),
      },
    ];
  } finally {
    await database.close();
  }
}

function signedRequest(body: string): Buffer {
  const id = `bench_${randomBytes(12).toString("hex")}`;
  const timestamp = String(Math.floor(systemClock.now().getTime() / 1000));
  const lines = [
    "POST /webhooks/whmcs HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: ${signBytes(id, timestamp, Buffer.from(body))}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

/** The pool beneath, so that nothing but the driver stands between us and the server. */
function clientOf(database: Database): Pool {
  return (database.query as Queries & { readonly $client: Pool }).$client;
}

/** Rows as an event makes them, due only in a far year, so that the bridge leaves them alone. */
async function writeRows(pool: Pool, body: string, durationMs: number): Promise<number> {
  const insert =
    "INSERT INTO mod_ispmodules_inbox (webhook_id, type, body, received_at, not_before) VALUES (?, 'invoice.paid', ?, UTC_TIMESTAMP(6), '2099-01-01')";
  const endsMs = systemClock.monotonicMs() + durationMs;
  let written = 0;
  const keepWriting = async () => {
    for (;;) {
      await pool.query(insert, [`bare_${randomBytes(12).toString("hex")}`, body]);
      if (systemClock.monotonicMs() > endsMs) return;
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, keepWriting));
  return (written * 1000) / durationMs;
}

/** Leaves no event to look into, so that the next round begins in peace. */
async function empty(database: Database): Promise<void> {
  do {
    await database.query.execute("DELETE FROM mod_ispmodules_inbox");
    for (let waits = 0; waits < 4; waits += 1) await systemClock.sleep(calmMs);
  } while ((await countRows(database)) > 0);
}

async function countRows(database: Database): Promise<number> {
  const [rows] = (await database.query.execute("SELECT COUNT(*) AS n FROM mod_ispmodules_inbox")) as unknown as [
    { n: number }[],
  ];
  return Number(rows[0]?.n);
}
