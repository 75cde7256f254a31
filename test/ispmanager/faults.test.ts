// What is an order or a renewal known to have done, whatever happens on the wire?
import diagnostics from "node:diagnostics_channel";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Account, Outcome } from "../../src/ispmanager/account.ts";
import { accountAt, type Behaviour, closedPort, httpAnswer, openFarSide } from "./far-side.ts";
import { loopbackCertificate } from "./loopback-certificate.ts";

const order = { licence: "1234567", tariff: "55371", periodMonths: 1, marker: "im-abc-1", extra: {} };
const renewal = { moduleId: "900", periodMonths: 6 };
const acceptedBody = "<doc><id>900</id><ok/><doc><newexpiredate>2026-03-01</newexpiredate></doc></doc>";
const short = { timeouts: { readMs: 90, orderMs: 90 } };

type Send = (account: Account, isStillDue: () => boolean) => Promise<Outcome>;
const sends: [string, Send][] = [
  ["order", (account, isStillDue) => account.order(order, isStillDue)],
  ["renewal", (account, isStillDue) => account.renew(renewal, isStillDue)],
];

describe.each(sends)("an %s", (name, send) => {
  const sendTo = (origin: string, options = {}) => send(accountAt(origin, options), () => true);

  test("that is answered is accepted, and was sent once", async () => {
    const side = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const expected =
      name === "order"
        ? { kind: "accepted", moduleId: "900", newExpiry: null }
        : { kind: "accepted", moduleId: null, newExpiry: "2026-03-01" };
    expect(await sendTo(side.origin)).toEqual(expected);
    expect([side.connections, side.requests.length]).toEqual([1, 1]);
  });

  test("to a name that does not resolve is not sent", async () => {
    expect(await sendTo("https://account.invalid")).toMatchObject({ kind: "not-sent" });
  });

  test("to a closed port is not sent", async () => {
    const port = await closedPort();
    expect(await sendTo(`http://127.0.0.1:${port}`)).toEqual({ kind: "not-sent", detail: "ECONNREFUSED" });
  });

  test("is not sent when the connection does not stand in time", async () => {
    const side = await openFarSide({});
    // A listener that never answers the TLS greeting: accepted by the system, never established.
    const outcome = await sendTo(side.origin.replace("http:", "https:"), short);
    expect(outcome).toEqual({ kind: "not-sent", detail: expect.stringMatching(/deadline/) });
    expect(side.requests).toEqual([]);
  });

  test("is not sent over TLS to an untrusted certificate", async () => {
    const side = await openFarSide({ tls: loopbackCertificate });
    const outcome = await sendTo(side.origin);
    expect(outcome).toEqual({ kind: "not-sent", detail: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect([side.bytes, side.requests.length]).toEqual([0, 0]);
  });

  test("is not sent when verification was switched off in the environment", async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const side = await openFarSide({ tls: loopbackCertificate });
      expect(await sendTo(side.origin)).toMatchObject({ kind: "not-sent" });
      expect(side.requests).toEqual([]);
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  test("is not sent when the TLS greeting is answered with plain text", async () => {
    const side = await openFarSide({ onBytes: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const outcome = await sendTo(side.origin.replace("http:", "https:"));
    expect(outcome).toMatchObject({ kind: "not-sent" });
    expect(side.requests).toEqual([]);
  });

  test("is not sent when the connection is reset during the TLS greeting", async () => {
    const side = await openFarSide({ onBytes: (socket) => socket.resetAndDestroy() });
    const outcome = await sendTo(side.origin.replace("http:", "https:"));
    expect(outcome).toEqual({ kind: "not-sent", detail: "ECONNRESET" });
    expect(side.connections).toBe(1);
  });

  test("that is no longer due when the connection stands is not sent, not a byte of it", async () => {
    const side = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const outcome = await send(accountAt(side.origin), () => false);
    expect(outcome).toEqual({ kind: "not-sent", detail: "no longer due" });
    await expect.poll(() => side.connections).toBe(1);
    expect(side.bytes).toBe(0);
  });

  test("is not sent when the question whether it is due fails", async () => {
    const side = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const failing = () => {
      throw new Error("no clock");
    };
    expect(await send(accountAt(side.origin), failing)).toEqual({ kind: "not-sent", detail: "no longer due" });
    expect(side.bytes).toBe(0);
  });

  test("asks whether it is due once, connected, and is written before anything else can run", async () => {
    const events: string[] = [];
    const note = () => events.push("written");
    const side = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    diagnostics.subscribe("undici:client:sendHeaders", note);
    await send(accountAt(side.origin), () => {
      events.push("asked");
      queueMicrotask(() => events.push("microtask"));
      process.nextTick(() => events.push("tick"));
      return true;
    });
    diagnostics.unsubscribe("undici:client:sendHeaders", note);
    expect(events.slice(0, 2)).toEqual(["asked", "written"]);
    expect(new Set(events)).toEqual(new Set(["asked", "written", "microtask", "tick"]));
    expect(events).toHaveLength(4);
  });

  const brokenOff: [string, Behaviour][] = [
    ["is reset in the middle of the request", { onBytes: (socket) => socket.resetAndDestroy() }],
    ["is reset after the request was received", { onRequest: (socket) => socket.resetAndDestroy() }],
    ["is closed after the request was received", { onRequest: (socket) => socket.end() }],
    [
      "breaks inside the headers",
      { onRequest: (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConten") },
    ],
    ["breaks inside the body", { onRequest: (socket) => socket.end(httpAnswer(acceptedBody).slice(0, -20)) }],
    [
      "breaks inside a chunk",
      {
        onRequest: (socket) => socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n${acceptedBody}`),
      },
    ],
    [
      "is reset inside a body without a length",
      {
        onRequest: (socket) => {
          socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${acceptedBody.slice(0, 30)}`);
          setTimeout(() => socket.resetAndDestroy(), 20);
        },
      },
    ],
    ["does not speak HTTP", { onRequest: (socket) => socket.end("220 mail.example.com ESMTP\r\n") }],
    ["says continue instead of an answer", { onRequest: (socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n") }],
  ];
  test.each(brokenOff)("is unknown when the connection %s, and is not repeated", async (_case, behaviour) => {
    const side = await openFarSide(behaviour);
    expect(await sendTo(side.origin)).toMatchObject({ kind: "unknown" });
    await wait(30);
    expect(side.connections).toBe(1);
    expect(side.requests.length).toBeLessThanOrEqual(1);
  });

  test("is not repeated when the connection is reset as soon as it is accepted", async () => {
    const side = await openFarSide({ onConnection: (socket) => socket.resetAndDestroy() });
    const outcome = await sendTo(side.origin);
    await wait(30);
    expect(["not-sent", "unknown"]).toContain(outcome.kind);
    expect([side.connections, side.requests.length]).toEqual([1, 0]);
  });

  const answers: [string, string, string][] = [
    ["an error page", httpAnswer(acceptedBody, { status: 502 }), "http 502"],
    ["too many requests", httpAnswer(acceptedBody, { status: 429, headers: "Retry-After: 1\r\n" }), "http 429"],
    ["a refusal under an error status", httpAnswer(errorBody("access"), { status: 403 }), "http 403"],
    ["no body at all", "HTTP/1.1 204 Nothing\r\nConnection: close\r\n\r\n", "empty"],
    ["a page of HTML", httpAnswer("<html><body><p>Sorry<br></body></html>"), "not well-formed"],
    ["XML that ends early", httpAnswer(acceptedBody.slice(0, -6)), "ends early"],
    ["a document type", httpAnswer(`<!DOCTYPE doc>${acceptedBody}`), "declaration"],
    ["an unknown entity", httpAnswer("<doc><id>&id;</id><ok/></doc>"), "entity"],
    ["an error of an unlisted type", httpAnswer(errorBody("promocode_not_use")), "error promocode_not_use"],
    ["that it exists already", httpAnswer(errorBody("exists")), "error exists"],
    [
      "more than the limit",
      httpAnswer(`<doc>${" ".repeat(1_048_577)}<id>900</id><ok/></doc>`),
      "UND_ERR_RES_EXCEEDED_MAX_SIZE",
    ],
  ];
  test.each(answers)("is unknown when it is answered with %s", async (_case, answer, detail) => {
    const side = await openFarSide({ onRequest: (socket) => socket.end(answer) });
    expect(await sendTo(side.origin)).toEqual({ kind: "unknown", detail });
    expect([side.connections, side.requests.length]).toEqual([1, 1]);
  });

  test("is unknown without an id or an ok, however friendly the answer", async () => {
    const side = await openFarSide({
      onRequest: (socket) => socket.end(httpAnswer("<doc><billorder.id>5</billorder.id></doc>")),
    });
    expect(await sendTo(side.origin)).toMatchObject({ kind: "unknown" });
  });

  test("follows no redirect", async () => {
    const elsewhere = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const headers = `Location: ${elsewhere.origin}/manager/billmgr\r\n`;
    const side = await openFarSide({
      onRequest: (socket) => socket.end(httpAnswer(acceptedBody, { status: 307, headers })),
    });
    expect(await sendTo(side.origin)).toEqual({ kind: "unknown", detail: "http 307" });
    expect([side.requests.length, elsewhere.connections]).toEqual([1, 0]);
  });

  test("is unknown when no headers come in time", async () => {
    const side = await openFarSide({});
    expect(await sendTo(side.origin, short)).toEqual({ kind: "unknown", detail: "deadline" });
    expect(side.requests).toHaveLength(1);
  });

  test("is unknown when the answer trickles beyond the deadline, which counts from the start", async () => {
    const side = await openFarSide({
      onRequest: (socket) => {
        socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<doc>");
        const timer = setInterval(() => socket.write(" "), 10);
        socket.on("close", () => clearInterval(timer));
      },
    });
    expect(await sendTo(side.origin, short)).toEqual({ kind: "unknown", detail: "deadline" });
    expect([side.connections, side.requests.length]).toEqual([1, 1]);
  });

  test("stays unknown when the answer comes after the deadline", async () => {
    const answered: boolean[] = [];
    const side = await openFarSide({
      onRequest: (socket) => {
        setTimeout(() => answered.push(socket.write(httpAnswer(acceptedBody))), 95);
      },
    });
    expect(await sendTo(side.origin, short)).toEqual({ kind: "unknown", detail: "deadline" });
    await expect.poll(() => answered.length).toBe(1);
    expect([side.connections, side.requests.length]).toEqual([1, 1]);
  });

  test("asks no proxy", async () => {
    const proxy = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const side = await openFarSide({ onRequest: (socket) => socket.end(httpAnswer(acceptedBody)) });
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "NODE_USE_ENV_PROXY"];
    for (const proxyName of names) process.env[proxyName] = proxyName.startsWith("NODE") ? "1" : proxy.origin;
    try {
      expect(await sendTo(side.origin)).toMatchObject({ kind: "accepted" });
    } finally {
      for (const proxyName of names) delete process.env[proxyName];
    }
    expect([side.connections, proxy.connections]).toEqual([1, 0]);
  });
});

function errorBody(type: string): string {
  return `<doc><error type="${type}" object="item"><msg>Said in words</msg></error></doc>`;
}
