// Does one call of the WHMCS API end in exactly what is known afterwards?
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createWhmcsApi } from "../../src/whmcs/api.ts";

const credentials = { identifier: "identifier-canary", secret: "secret-canary", accessKey: "accesskey-canary" };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A far side of one behaviour that remembers each request. */
async function whmcsThat(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: { method: string; type: string; form: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({
      method: request.method ?? "",
      type: request.headers["content-type"] ?? "",
      form: Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString("utf8"))),
    });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closers.push(close);
  const url = `http://127.0.0.1:${port}/includes/api.php`;
  const api = (timeoutMs = 5_000) => createWhmcsApi({ url, timeoutMs, ...credentials });
  return { seen, api, close, url };
}

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

test("a call is a form POST with action, parameters and credentials, and its answer comes back", async () => {
  const whmcs = await whmcsThat(json({ result: "success", serviceid: "7" }));
  expect(await whmcs.api().call("UpdateClientProduct", { serviceid: 7, status: "Active & well" })).toEqual({
    kind: "success",
    fields: { result: "success", serviceid: "7" },
  });
  expect(whmcs.seen).toEqual([
    {
      method: "POST",
      type: "application/x-www-form-urlencoded",
      form: {
        action: "UpdateClientProduct",
        serviceid: "7",
        status: "Active & well",
        responsetype: "json",
        identifier: credentials.identifier,
        secret: credentials.secret,
        accesskey: credentials.accessKey,
      },
    },
  ]);
});

test("no parameter can take the place of the action or the credentials", async () => {
  const whmcs = await whmcsThat(json({ result: "success" }));
  await whmcs.api().call("LogActivity", { action: "DeleteClient", secret: "x", responsetype: "xml" });
  expect(whmcs.seen[0]?.form).toMatchObject({
    action: "LogActivity",
    secret: credentials.secret,
    responsetype: "json",
  });
});

describe("a refusal", () => {
  test("carries WHMCS's message", async () => {
    const whmcs = await whmcsThat(json({ result: "error", message: "Service ID Not Found" }));
    expect(await whmcs.api().call("ModuleCreate", { serviceid: 1 })).toEqual({
      kind: "refused",
      message: "Service ID Not Found",
    });
  });

  test("of the caller's IP address is read although it comes with status 403", async () => {
    const whmcs = await whmcsThat(json({ result: "error", message: "Invalid IP 192.0.2.1" }, 403));
    expect(await whmcs.api().call("WhmcsDetails", {})).toEqual({ kind: "refused", message: "Invalid IP 192.0.2.1" });
  });

  test("is cut, cleaned of control characters, and never gives a credential back", async () => {
    const message = `\u0000Invalid secret-canary for identifier-canary with accesskey-canary\r\n${"x".repeat(500)}`;
    const whmcs = await whmcsThat(json({ result: "error", message }));
    const answer = await whmcs.api().call("WhmcsDetails", {});
    expect(answer).toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/^Invalid \*\*\* for \*\*\* with \*\*\* x+$/),
    });
    expect((answer as { message: string }).message).toHaveLength(200);
  });

  test("without a message is still a refusal", async () => {
    const whmcs = await whmcsThat(json({ result: "error" }));
    expect(await whmcs.api().call("WhmcsDetails", {})).toEqual({ kind: "refused", message: "" });
  });
});

describe("nothing is known after", () => {
  const cases: [string, (response: ServerResponse) => void][] = [
    ["a page instead of an answer", (response) => response.end("<html>Oops</html>")],
    ["an empty answer", (response) => response.end()],
    ["a success with a server error's status", json({ result: "success" }, 500)],
    ["an answer that is neither success nor error", json({ result: "maybe" })],
    ["a list", json([{ result: "success" }])],
    ["a truncated answer", (response) => response.end('{"result":"succ')],
    ["a lost connection", (response) => response.destroy()],
    ["more than 1 MiB", (response) => response.end(`{"result":"success","x":"${"x".repeat(1024 * 1024)}"}`)],
  ];
  test.each(cases)("%s", async (_what, behave) => {
    const whmcs = await whmcsThat(behave);
    const answer = await whmcs.api().call("ModuleCreate", { serviceid: 1 });
    expect(answer.kind).toBe("unreachable");
    expect(JSON.stringify(answer)).not.toMatch(/canary|127\.0\.0\.1/);
    expect(whmcs.seen).toHaveLength(1);
  });

  test("a redirect, which is not followed", async () => {
    const elsewhere = await whmcsThat(json({ result: "success" }));
    const whmcs = await whmcsThat((response) => response.writeHead(307, { location: elsewhere.url }).end());
    expect(await whmcs.api().call("ModuleCreate", {})).toMatchObject({ kind: "unreachable" });
    expect(elsewhere.seen).toHaveLength(0);
  });

  test("an answer that does not come in time", async () => {
    const whmcs = await whmcsThat(() => {});
    expect(await whmcs.api(50).call("ModuleCreate", {})).toEqual({ kind: "unreachable", detail: "no answer in time" });
  });

  test("a refused connection", async () => {
    const whmcs = await whmcsThat(json({ result: "success" }));
    await whmcs.close();
    expect(await whmcs.api().call("ModuleCreate", {})).toEqual({ kind: "unreachable", detail: "ECONNREFUSED" });
  });
});
