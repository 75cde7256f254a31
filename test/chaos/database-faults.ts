// What can happen to the ledger's database in the middle of a claim? Sixteen faults, each seen on the line or told by the server.
import { createConnection } from "mysql2/promise";
import { isCommit } from "../../src/sandbox/account/call.ts";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { type Fate, statementPacket } from "../database/tcp-proxy.ts";
import { copyLedger } from "./ledger-copy.ts";
import { beginning, commitAfterInsertInto, insertInto, type Seen } from "./ledger-line.ts";
import type { Scene } from "./scene.ts";
import { until } from "./until.ts";

export interface Place {
  readonly scene: Scene;
  readonly server: MariaDb;
  /** Pays and tells the bridge, which then begins to buy. */
  readonly begin: () => Promise<void>;
  /** What is to be done when the case is over. */
  readonly onEnd: (end: () => Promise<void>) => void;
}

export interface DatabaseFault {
  readonly name: string;
  /** It befalls everything on the server, so the case gets one of its own. */
  readonly isServerWide?: true;
  /** Lets it happen and pass; how often it happened. */
  strike(place: Place): Promise<number>;
  /** What the oracle must find nevertheless, because the database has really lost something. */
  readonly residue?: RegExp;
}

interface ClaimPoint {
  readonly name: string;
  readonly when: (scene: Scene) => (seen: Seen) => boolean;
  readonly isDelivered?: true;
}

/** After the look at the account's list the next transaction is the claim. */
const isClaimBegun = (scene: Scene) => (seen: Seen) =>
  seen.statement === "START TRANSACTION" && scene.account.requests("addition").length > 0;

const isClaimUpdate = (seen: Seen) =>
  beginning("update `mod_ispmodules_purchases`")(seen) && seen.statement.includes("'Sending'");

const claimPoints: readonly ClaimPoint[] = [
  { name: "begin", when: isClaimBegun },
  { name: "update", when: () => isClaimUpdate },
  { name: "insert", when: () => insertInto("attempts") },
  { name: "commit, before it arrives", when: () => commitAfterInsertInto("attempts") },
  { name: "commit, before it is confirmed", when: () => commitAfterInsertInto("attempts"), isDelivered: true },
];

const restarts = claimPoints.map(
  ({ name, when, isDelivered }): DatabaseFault => ({
    name: `the server dies at ${name}`,
    isServerWide: true,
    strike: async ({ scene, server, begin }) => {
      const trap = scene.ledgerLine.trap({ when: when(scene), fate: isDelivered ? "deliver-and-hold" : "hold" });
      await begin();
      await trap.reached;
      await server.kill();
      scene.calm();
      await server.restart();
      return trap.fired();
    },
  }),
);

const drops = claimPoints.map(
  ({ name, when, isDelivered }): DatabaseFault => ({
    name: `the connection breaks at ${name}`,
    strike: async ({ scene, begin }) => {
      const trap = scene.ledgerLine.trap({ when: when(scene), fate: isDelivered ? "deliver-and-cut" : "cut" });
      await begin();
      await trap.reached;
      return trap.fired();
    },
  }),
);

/** A statement of the claim waits on the line until `work` has prepared what it will meet; ends when the server has said so. */
async function meet(
  { scene, begin }: Place,
  { when, error }: { when: (seen: Seen) => boolean; error: number },
  work: () => Promise<() => Promise<unknown>>,
): Promise<number> {
  const trap = scene.ledgerLine.trap({ when, fate: "hold" });
  await begin();
  await trap.reached;
  const mend = await work();
  try {
    await until(`the server answers with ${error}`, () => scene.ledgerLine.errors(error) > 0);
  } finally {
    await mend();
  }
  return scene.ledgerLine.errors(error);
}

const lockRow = "SELECT id FROM mod_ispmodules_purchases FOR UPDATE";

const lockWait: DatabaseFault = {
  name: "a lock is waited for too long",
  strike: (place) =>
    meet(place, { when: isClaimUpdate, error: 1205 }, async () => {
      const other = await createConnection(place.scene.ledgerUrl);
      await other.query("START TRANSACTION");
      await other.query(lockRow);
      place.scene.ledgerLine.release();
      return () => other.end();
    }),
};

/** The server gives up whoever has changed less: the other one has hundreds of rows to lose. */
const deadlock: DatabaseFault = {
  name: "a deadlock",
  strike: (place) =>
    meet(place, { when: isClaimUpdate, error: 1213 }, async () => {
      const other = await createConnection(place.scene.ledgerUrl);
      await other.query("START TRANSACTION");
      const rows = Array.from({ length: 500 }, (_, index) => [`x${index}`, "hook.heartbeat", "{}"]);
      const many = "INSERT INTO mod_ispmodules_inbox (webhook_id, type, body, received_at) VALUES ?";
      await other.query(many, [rows.map((row) => [...row, "2026-01-01 00:00:00"])]);
      await other.query(lockRow);
      place.scene.ledgerLine.release();
      await other.query("SELECT name FROM mod_ispmodules_switches WHERE name = 'buying' FOR UPDATE");
      return async () => {
        await other.query("ROLLBACK");
        await other.end();
      };
    }),
};

const readOnly: DatabaseFault = {
  name: "the server is read-only",
  isServerWide: true,
  strike: (place) =>
    meet(place, { when: isClaimBegun(place.scene), error: 1290 }, async () => {
      const admin = await createConnection(place.server.rootUrl());
      await admin.query("SET GLOBAL read_only = 1");
      place.scene.ledgerLine.release();
      return async () => {
        await admin.query("SET GLOBAL read_only = 0");
        await admin.end();
      };
    }),
};

const tooManyConnections: DatabaseFault = {
  name: "too many connections",
  isServerWide: true,
  strike: async ({ scene, server, begin }) => {
    const trap = scene.ledgerLine.trap({ when: isClaimBegun(scene), fate: "cut" });
    const admin = await createConnection(server.rootUrl());
    await begin();
    await trap.reached;
    await admin.query("SET GLOBAL max_connections = 10");
    const others: Awaited<ReturnType<typeof createConnection>>[] = [];
    // Whatever the bridge gets back in between is taken from it again.
    await until("a connection of the bridge is refused", async () => {
      scene.ledgerLine.cutAll();
      const other = await createConnection(server.rootUrl()).catch(() => null);
      if (other !== null) others.push(other);
      return scene.ledgerLine.errors(1040) > 0;
    });
    await admin.query("SET GLOBAL max_connections = 200");
    await Promise.all([admin, ...others].map((connection) => connection.end()));
    return trap.fired() * scene.ledgerLine.errors(1040);
  },
};

const diskFull: DatabaseFault = {
  name: "the disk is full",
  strike: async ({ scene, begin }) => {
    const full = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'";
    const fate: Fate = statementPacket(full);
    const trap = scene.ledgerLine.trap({ when: insertInto("attempts"), fate });
    await begin();
    await trap.reached;
    return scene.ledgerLine.errors(1114);
  },
};

/**
 * The copy does not know of the claim, nor of the order that the account has carried out. Promised: nothing is bought twice
 * once the account's list shows the module, because the look before the claim binds it. Not promised: anything while the
 * list does not show it yet. What remains, and is told, is a module with one of our markers that the ledger does not know.
 */
const failover: DatabaseFault = {
  name: "a failover to a copy from before the claim",
  isServerWide: true,
  residue: /^I3: im-[a-z2-7]{16}-1 was paid without an attempt$/,
  strike: async ({ scene, begin, onEnd }) => {
    const standby = await startMariaDb();
    onEnd(standby.stop);
    const trap = scene.ledgerLine.trap({ when: isClaimBegun(scene), fate: "hold" });
    const when = ({ params }: { params: Parameters<typeof isCommit>[0] }) => isCommit(params);
    const ordered = scene.account.arm({ func: "addition.order.param", fault: { kind: "hang" }, when });
    await begin();
    await trap.reached;
    const copyUrl = await copyLedger(scene, standby);
    scene.ledgerLine.release();
    await ordered.reached;
    scene.failOver(copyUrl);
    ordered.release();
    return Math.min(trap.fired(), ordered.fired());
  },
};

export const databaseFaults: readonly DatabaseFault[] = [
  ...restarts,
  ...drops,
  ...[deadlock, lockWait, readOnly, tooManyConnections, diskFull, failover],
];
