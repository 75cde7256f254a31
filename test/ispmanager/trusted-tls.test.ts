// Does the client speak TLS with a server whose certificate is trusted?
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { httpAnswer, openFarSide } from "./far-side.ts";
import { loopbackCertificate, otherNameCertificate } from "./loopback-certificate.ts";

const run = promisify(execFile);

/** Trusted certificates are read when a process starts, so the compiled client runs in one of its own. */
const program = (url: string) => `
  import { createAccount } from "./dist/ispmanager/client.js";
  import { systemClock } from "./dist/clock.js";
  import { silentLog } from "./dist/log.js";
  const timeouts = { readMs: 5000, orderMs: 5000 };
  const account = createAccount({ url: ${JSON.stringify(url)}, login: "a", password: "b", timeouts, clock: systemClock, log: silentLog });
  const order = { licence: "1", tariff: "2", periodMonths: 1, marker: "im-a-1", extra: {} };
  console.log(JSON.stringify(await account.order(order, () => true)));
`;

test("an order over verified TLS is accepted, and one to a trusted certificate of another name is not sent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ispmodules-tls-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const start = (tls: typeof loopbackCertificate) =>
    openFarSide({ tls, onRequest: (socket) => socket.end(httpAnswer("<doc><id>900</id></doc>")) });
  const side = await start(loopbackCertificate);
  const otherName = await start(otherNameCertificate);
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await writeFile(join(folder, "trusted.pem"), loopbackCertificate.cert + otherNameCertificate.cert);
  await run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src", "--outDir", join(folder, "dist")]).catch(
    () => undefined,
  );
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "trusted.pem") };
  const order = async (url: string): Promise<unknown> => {
    await writeFile(join(folder, "order.js"), program(url));
    const { stdout } = await run(process.execPath, [join(folder, "order.js")], { env, cwd: folder });
    return JSON.parse(stdout);
  };
  expect(await order(`https://localhost:${side.port}/billmgr`)).toEqual({
    kind: "accepted",
    moduleId: "900",
    newExpiry: null,
  });
  expect(await order(`https://127.0.0.1:${side.port}/billmgr`)).toMatchObject({ kind: "accepted" });
  const refused = { kind: "not-sent", detail: "ERR_TLS_CERT_ALTNAME_INVALID" };
  expect(await order(`https://localhost:${otherName.port}/billmgr`)).toEqual(refused);
  expect([side.requests.length, otherName.bytes]).toEqual([2, 0]);
}, 60_000);
