// How does the sandbox get a MariaDB server of its own that nobody else sees and that never outlives it?
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, escapeId, escape as quote } from "mysql2/promise";
import { BridgeError, DatabaseError } from "../errors.ts";
import { type Announce, type MariaDbPrograms, requireMariaDb, run } from "./packages.ts";

/** A running private server. Its users may come from any address, which can only be this machine. */
export interface MariaDb {
  readonly port: number;
  /** Of the process that serves now, or served last. */
  readonly pid: number;
  readonly socketPath: string;
  /** `mysql://root:…@127.0.0.1:port/database`. */
  rootUrl(database?: string): string;
  /** Creates a utf8mb4 database; returns its root URL. */
  createDatabase(name: string): Promise<string>;
  /**
   * Creates a user with a random password. Grants are written as `SELECT ON shop.*`.
   * Returns its URL, with `database` as its path when given.
   */
  createUser(user: { name: string; grants: readonly string[]; database?: string }): Promise<string>;
  /** Ends the server in the middle of whatever it does (SIGKILL); its data stay as they are on the disk. */
  kill(): Promise<void>;
  /** Starts a killed server again, on the same data and port. */
  restart(): Promise<void>;
  /** Stops the server and removes its folder; safe to call twice. */
  stop(): Promise<void>;
}

export interface MariaDbOptions {
  readonly announce?: Announce;
  /** Further server options, e.g. `--sql-mode=NO_BACKSLASH_ESCAPES`. */
  readonly serverOptions?: readonly string[];
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

interface Place {
  readonly programs: MariaDbPrograms;
  readonly owner: Owner;
  readonly folder: string;
  readonly rootPassword: string;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 15_000;
const portAttempts = 3;

const smallServer = [
  "--skip-log-bin",
  "--innodb-flush-log-at-trx-commit=1",
  "--innodb-buffer-pool-size=32M",
  "--innodb-log-file-size=8M",
  "--innodb-log-buffer-size=2M",
  "--key-buffer-size=1M",
  "--aria-pagecache-buffer-size=1M",
  "--performance-schema=OFF",
  "--max-connections=200",
  "--table-open-cache=400",
  "--skip-name-resolve",
  "--bind-address=127.0.0.1",
];

/**
 * Starts a private server in a temporary folder: own data, loopback port and socket, a random root password, every
 * commit written through to disk.
 * @throws BridgeError `missing_program` without MariaDB, DatabaseError `server_start` when it does not come up.
 */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDb> {
  const programs = await requireMariaDb(options.announce);
  const owner = await serverOwner();
  const folder = await mkdtemp(join(tmpdir().length < 60 ? tmpdir() : "/tmp", "ispmodules-db-"));
  const place: Place = { programs, owner, folder, rootPassword: randomBytes(18).toString("hex") };
  try {
    await createDataFolder(place);
    const extra = options.serverOptions ?? [];
    const { server, port } = await startOnFreePort(place, extra);
    return describeServer({ place, port, start: () => startServer(place, port, extra) }, server);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** MariaDB refuses to run as root; Debian's package brings the user `mysql`. */
async function serverOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const uid = await run("id", ["-u", "mysql"]);
  const gid = await run("id", ["-g", "mysql"]);
  if (uid.status !== 0 || gid.status !== 0) {
    throw new BridgeError(
      "missing_program",
      "the system user mysql is missing; it comes with the package mariadb-server",
    );
  }
  return { uid: Number(uid.output), gid: Number(gid.output) };
}

async function createDataFolder(place: Place): Promise<void> {
  const { folder, owner, programs } = place;
  const passwordless = ["localhost", "127.0.0.1", "::1", hostname()].map((host) => `root@${quote(host)}`);
  const rootUser = [
    `CREATE USER root@'%' IDENTIFIED BY ${quote(place.rootPassword)};`,
    "GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;",
    `DROP USER IF EXISTS ${passwordless.join(", ")};`,
  ];
  const bootstrap = join(folder, "root.sql");
  await writeFile(bootstrap, `${rootUser.join("\n")}\n`, { mode: 0o600 });
  // A folder of mkdtemp is closed to everybody else, the server's user included: hand it over.
  if (owner.uid !== undefined && owner.gid !== undefined) {
    await chown(folder, owner.uid, owner.gid);
    await chown(bootstrap, owner.uid, owner.gid);
  }
  await chmod(folder, 0o700);
  const installer = spawn(
    programs.install,
    [
      "--no-defaults",
      `--datadir=${join(folder, "data")}`,
      `--tmpdir=${folder}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      "--skip-name-resolve",
      "--innodb-buffer-pool-size=8M",
      "--innodb-log-file-size=8M",
    ],
    { ...owner, cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = collectOutput(installer);
  const [status] = (await once(installer, "close")) as [number | null];
  if (status !== 0) throw startFailure("mariadb-install-db failed", said());
}

async function startOnFreePort(
  place: Place,
  extra: readonly string[],
): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      const bootstrap = join(place.folder, "root.sql");
      const server = await startServer(place, port, [`--init-file=${bootstrap}`, ...extra]);
      await rm(bootstrap, { force: true });
      return { server, port };
    } catch (error) {
      const isPortTaken = error instanceof Error && /Address already in use/i.test(String(error.cause));
      if (!isPortTaken || attempt === portAttempts) throw error;
    }
  }
}

async function startServer(place: Place, port: number, extra: readonly string[]): Promise<ChildProcess> {
  const { folder, owner, programs } = place;
  const command = [
    programs.server,
    "--no-defaults",
    `--datadir=${join(folder, "data")}`,
    // A server that starts deletes all temporary tables that it finds, those of its neighbours too.
    `--tmpdir=${folder}`,
    `--socket=${socketOf(folder)}`,
    `--pid-file=${join(folder, "pid")}`,
    `--port=${port}`,
    ...smallServer,
    ...extra,
  ];
  // The kernel then ends the server with us even when we are killed. It forgets this wish when a process changes its
  // user, so the user is changed before and not by the server.
  const guard = (await run("setpriv", ["--version"])).status === 0 ? ["setpriv", "--pdeathsig=TERM", "--"] : [];
  const [program = programs.server, ...args] = [...guard, ...command];
  const server = spawn(program, args, { ...owner, cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  try {
    await waitUntilReady(server);
    return server;
  } catch (error) {
    await endServer(server, "SIGTERM");
    throw error;
  }
}

function waitUntilReady(server: ChildProcess): Promise<void> {
  const said = collectOutput(server);
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(startFailure(why, said()));
    };
    const timer = setTimeout(() => fail("the server was not ready in time"), startTimeoutMs);
    server.once("error", () => fail("the server could not be started"));
    server.once("exit", () => fail("the server ended while starting"));
    server.stderr?.on("data", () => {
      if (!/ready for connections/.test(said())) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Keeps the newest part of what a process prints. */
function collectOutput(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: Buffer) => {
    text = `${text}${chunk.toString("utf8")}`.slice(-16_384);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => text;
}

function startFailure(message: string, output: string): DatabaseError {
  return new DatabaseError("server_start", message, { cause: new Error(output) });
}

interface Site {
  readonly place: Place;
  readonly port: number;
  readonly start: () => Promise<ChildProcess>;
}

function describeServer({ place, port, start }: Site, first: ChildProcess): MariaDb {
  let server = first;
  const rootUrl = (database = "") => `mysql://root:${place.rootPassword}@127.0.0.1:${port}/${database}`;
  const killWithUs = () => server.kill("SIGTERM");
  process.once("exit", killWithUs);
  return {
    port,
    get pid() {
      return server.pid ?? 0;
    },
    socketPath: socketOf(place.folder),
    rootUrl,
    createDatabase: async (name) => {
      await runAsRoot(rootUrl(), [`CREATE DATABASE ${escapeId(name)} CHARACTER SET utf8mb4`]);
      return rootUrl(name);
    },
    createUser: async ({ name, grants, database = "" }) => {
      const password = randomBytes(18).toString("hex");
      const account = `${quote(name)}@'%'`;
      await runAsRoot(rootUrl(), [
        `CREATE USER ${account} IDENTIFIED BY ${quote(password)}`,
        ...grants.map((grant) => `GRANT ${grant} TO ${account}`),
      ]);
      return `mysql://${encodeURIComponent(name)}:${password}@127.0.0.1:${port}/${database}`;
    },
    kill: () => endServer(server, "SIGKILL"),
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      process.off("exit", killWithUs);
      await endServer(server, "SIGTERM");
      await rm(place.folder, { recursive: true, force: true });
    },
  };
}

async function runAsRoot(url: string, statements: readonly string[]): Promise<void> {
  const connection = await createConnection(url);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

async function endServer(server: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const gone = once(server, "exit");
  const timer = setTimeout(() => server.kill("SIGKILL"), stopTimeoutMs);
  server.kill(signal);
  await gone;
  clearTimeout(timer);
}

function socketOf(folder: string): string {
  return join(folder, "socket");
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string")
    throw new DatabaseError("server_start", "no free port was found");
  return address.port;
}
