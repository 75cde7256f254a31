// What is the oddest database server that must be safe to use? One whose defaults are all against us, with TLS.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { loopbackCertificate, otherNameCertificate } from "../ispmanager/loopback-certificate.ts";

export interface OddServer extends MariaDb {
  /** The certificate it shows, as an authority, and another one. */
  readonly authority: string;
  readonly otherAuthority: string;
}

/** NO_BACKSLASH_ESCAPES, another time zone, latin1, commits that may be lost. */
export async function startOddServer(): Promise<OddServer> {
  const folder = await mkdtemp(join(tmpdir(), "ispmodules-tls-"));
  const keep = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o644 });
    return path;
  };
  const authority = await keep("server.pem", loopbackCertificate.cert);
  const key = await keep("server.key", loopbackCertificate.key);
  const otherAuthority = await keep("other.pem", otherNameCertificate.cert);
  await chmod(folder, 0o755);
  const server = await startMariaDb({
    serverOptions: [
      "--sql-mode=NO_BACKSLASH_ESCAPES",
      "--default-time-zone=+05:30",
      "--character-set-server=latin1",
      "--innodb-flush-log-at-trx-commit=2",
      "--log-bin=changes",
      "--sync-binlog=0",
      `--ssl-cert=${authority}`,
      `--ssl-key=${key}`,
    ],
  });
  return {
    ...server,
    authority,
    otherAuthority,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
