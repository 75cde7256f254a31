// Which requests count as signed, and which never do?
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { createVerifier, decodeSecret } from "../../src/webhook/signature.ts";
import { createTestClock } from "./clock.ts";
import { otherSecret, type SignedRequest, secret, sign, signBytes, vectors } from "./signing.ts";

const nowIso = "2026-11-23T10:00:00.900Z";
const now = Math.floor(Date.parse(nowIso) / 1000);
const body = '{"type":"invoice.paid","data":{"invoice_id":123}}';
const clock = createTestClock(nowIso);

function verify(headers: Partial<SignedRequest>, rawBody: string | Uint8Array = body) {
  const pairs = new Map(Object.entries(headers));
  // Made here and not once for the file, where what it throws would fail no test.
  const verifier = createVerifier({ secrets: [secret], clock });
  return verifier.verify({ get: (name) => pairs.get(name) ?? null }, Buffer.from(rawBody));
}

/** `verify` of a call that is right but for the headers given. */
function verifyChanged(change: Partial<SignedRequest>) {
  return verify({ ...sign({ secret, id: "msg_1", timestamp: now, body }), ...change });
}

test.each(vectors)("vector: $about", (vector) => {
  const at = createTestClock(new Date(vector.timestamp * 1000).toISOString());
  const headers = new Headers({
    "webhook-id": vector.webhook_id,
    "webhook-timestamp": String(vector.timestamp),
    "webhook-signature": vector.signature,
  });
  const strict = createVerifier({ secrets: [vector.secret], clock: at });
  expect(strict.verify(headers, Buffer.from(vector.body))).toEqual({ kind: "valid", webhookId: vector.webhook_id });
  expect(strict.verify(headers, Buffer.from(`${vector.body} `))).toEqual({ kind: "invalid", why: "mismatch" });
});

describe("time", () => {
  test.each([-300, -1, 0, 1, 300])("%i s away from our clock is still believed", (offset) => {
    expect(verify(sign({ secret, id: "msg_1", timestamp: now + offset, body })).kind).toBe("valid");
  });

  test.each([-301, 301, -86_400, 86_400])("%i s away from our clock is stale", (offset) => {
    const headers = sign({ secret, id: "msg_1", timestamp: now + offset, body });
    expect(verify(headers)).toEqual({ kind: "invalid", why: "stale" });
  });

  test("what was fresh goes stale as our clock moves on", () => {
    const moving = createTestClock(nowIso);
    const headers = new Headers(sign({ secret, id: "msg_1", timestamp: now, body }));
    const watching = createVerifier({ secrets: [secret], clock: moving });
    expect(watching.verify(headers, Buffer.from(body)).kind).toBe("valid");
    moving.pass(301_000);
    expect(watching.verify(headers, Buffer.from(body))).toEqual({ kind: "invalid", why: "stale" });
  });

  test.each([
    `+${now}`,
    `${now}.0`,
    `${now}x`,
    `0x${now.toString(16)}`,
    `${now}e0`,
    ` ${now}`,
    `-${now}`,
    "١٢٣",
    `${now}\n`,
  ])("a timestamp of other characters than digits is malformed even when signed: %j", (timestamp) => {
    const signature = signBytes("msg_1", timestamp, Buffer.from(body));
    expect(verifyChanged({ "webhook-timestamp": timestamp, "webhook-signature": signature })).toEqual({
      kind: "invalid",
      why: "malformed",
    });
  });
});

describe("id", () => {
  test.each(["a", "A-_9", "x".repeat(64)])("%j is an id", (id) => {
    expect(verify(sign({ secret, id, timestamp: now, body }))).toEqual({ kind: "valid", webhookId: id });
  });

  test.each(["x".repeat(65), "a b", "a.b", "ключ", "a/b", "a\n", "a,b"])("%j is none, even when signed", (id) => {
    const signature = signBytes(id, String(now), Buffer.from(body));
    expect(verifyChanged({ "webhook-id": id, "webhook-signature": signature })).toEqual({
      kind: "invalid",
      why: "malformed",
    });
  });
});

describe("signatures", () => {
  const right = sign({ secret, id: "msg_1", timestamp: now, body })["webhook-signature"];
  const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;

  test.each([
    ["one of several", `${wrong} ${right}`],
    ["the first of several", `${right} ${wrong}`],
    ["beside another version", `v1a,${right.slice(3)} v2,abc ${right}`],
    ["beside rubbish", `,, v1 v1, v1,! ${right}  `],
    ["fifty others in front", `${Array(50).fill(wrong).join(" ")} ${right}`],
  ])("the right one counts: %s", (_, signatures) => {
    expect(verifyChanged({ "webhook-signature": signatures }).kind).toBe("valid");
  });

  const digest = Buffer.from(right.slice(3), "base64");
  const nextLetter = (letter: string) => String.fromCharCode(letter.charCodeAt(0) + 1);
  test.each([
    ["of another version", `v2,${right.slice(3)}`],
    ["without a version", right.slice(3)],
    ["in capitals", `V1,${right.slice(3)}`],
    ["one byte short", `v1,${digest.subarray(0, 31).toString("base64")}`],
    ["one byte long", `v1,${Buffer.concat([digest, Buffer.alloc(1)]).toString("base64")}`],
    ["without its padding", right.slice(0, -1)],
    ["with text after it", `${right}AAAA`],
    ["with a comma after it", `${right},`],
    ["in hexadecimal", `v1,${digest.toString("hex")}`],
    ["spelled with unused bits set", `${right.slice(0, -2)}${nextLetter(right.at(-2) ?? "")}=`],
    ["separated by a comma", `${wrong},${right}`],
    ["of nothing", "v1,"],
    ["all zero", wrong],
  ])("a signature %s is refused", (_, signatures) => {
    expect(verifyChanged({ "webhook-signature": signatures })).toEqual({ kind: "invalid", why: "mismatch" });
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"] as const)("%s is required", (name) => {
    expect(verifyChanged({ [name]: "" })).toEqual({ kind: "invalid", why: "missing" });
  });
});

describe("the signed bytes", () => {
  test.each([` ${body}`, `${body}\n`, `\ufeff${body}`, body.toUpperCase(), "", `${body}\0`])(
    "another body than the signed one is refused: %j",
    (changed) => {
      expect(verify(sign({ secret, id: "msg_1", timestamp: now, body }), changed).kind).toBe("invalid");
    },
  );

  test("bytes that are not UTF-8 are told apart", () => {
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": String(now) };
    const signed = { ...headers, "webhook-signature": signBytes("msg_1", String(now), Buffer.from([0xff])) };
    expect(verify(signed, Buffer.from([0xff])).kind).toBe("valid");
    expect(verify(signed, Buffer.from([0xfe])).kind).toBe("invalid");
    expect(verify(signed, "\ufffd").kind).toBe("invalid");
  });
});

describe("secrets", () => {
  test("while two are active both senders are believed, a third is not", () => {
    const rotating = createVerifier({ secrets: [otherSecret, secret], clock });
    const third = `whsec_${randomBytes(32).toString("base64")}`;
    const verdictOf = (signingSecret: string) =>
      rotating.verify(
        new Headers(sign({ secret: signingSecret, id: "msg_1", timestamp: now, body })),
        Buffer.from(body),
      ).kind;
    expect([secret, otherSecret, third].map(verdictOf)).toEqual(["valid", "valid", "invalid"]);
  });

  test("a rotation refuses no call: old alone, both, new alone", () => {
    const steps = [
      { active: [secret], sender: secret },
      { active: [secret, otherSecret], sender: secret },
      { active: [secret, otherSecret], sender: otherSecret },
      { active: [otherSecret], sender: otherSecret },
    ];
    for (const { active, sender } of steps) {
      const headers = new Headers(sign({ secret: sender, id: "msg_1", timestamp: now, body }));
      expect(createVerifier({ secrets: active, clock }).verify(headers, Buffer.from(body)).kind).toBe("valid");
    }
    const retired = new Headers(sign({ secret, id: "msg_1", timestamp: now, body }));
    expect(createVerifier({ secrets: [otherSecret], clock }).verify(retired, Buffer.from(body)).kind).toBe("invalid");
  });

  const encoded = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");
  test.each([24, 25, 32, 64])("%i bytes are enough", (bytes) => {
    expect(decodeSecret(`whsec_${encoded(bytes)}`)).toEqual(Buffer.alloc(bytes, 7));
  });

  test.each([
    ["23 bytes", `whsec_${encoded(23)}`],
    ["nothing behind the prefix", "whsec_"],
    ["no prefix", encoded(32)],
    ["text before the prefix", `x${secret}`],
    ["text after the key", `${secret}x`],
    ["a line break after the key", `${secret}\n`],
    ["another prefix", `whpk_${encoded(32)}`],
    ["not base64", `whsec_${encoded(32).replace("B", "*")}`],
    ["padding missing", `whsec_${encoded(32).replace("=", "")}`],
    ["nothing", ""],
  ])("%s is no secret, and the error does not quote it", (_, unusable) => {
    expect(decodeSecret(unusable)).toBeNull();
    const create = () => createVerifier({ secrets: [secret, unusable], clock });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow("WEBHOOK_SECRET is not whsec_ and the base64 of at least 24 bytes");
  });

  test("without any secret there is no verifier", () => {
    expect(() => createVerifier({ secrets: [], clock })).toThrow(new ConfigError(["WEBHOOK_SECRET is missing"]));
  });
});

describe("3,000 generated cases", () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`signature fuzz: FAST_CHECK_SEED=${seed} repeats these cases`);
  const parameters = { seed, numRuns: 1000 };
  const anyId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const anyTime = fc.integer({ min: now - 300, max: now + 300 });
  const anyBody = fc.uint8Array({ maxLength: 300 });

  test("whatever the reference library signs is accepted", () => {
    fc.assert(
      fc.property(anyId, anyTime, fc.string({ unit: "grapheme", maxLength: 300 }), (id, timestamp, text) => {
        expect(verify(sign({ secret, id, timestamp, body: text }), text)).toEqual({ kind: "valid", webhookId: id });
      }),
      parameters,
    );
  });

  test("any change to a signed call is refused", () => {
    const place = fc.nat();
    const letter = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 });
    const target = fc.constantFrom("body", "webhook-id", "webhook-timestamp", "webhook-signature");
    const edit = fc.constantFrom("replace", "insert", "remove");
    fc.assert(
      fc.property(anyId, anyTime, anyBody, fc.record({ target, edit, place, letter }), (id, timestamp, raw, change) => {
        const call = {
          "webhook-id": id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signBytes(id, String(timestamp), raw),
          body: Buffer.from(raw).toString("latin1"),
        };
        const changed = { ...call, [change.target]: changeText(call[change.target], change) };
        fc.pre(changed[change.target] !== call[change.target]);
        // A space beside a signature only separates it from the next.
        fc.pre(
          changed["webhook-signature"].trim() !== call["webhook-signature"] || change.target !== "webhook-signature",
        );
        expect(verify(changed, Buffer.from(changed.body, "latin1")).kind).toBe("invalid");
      }),
      parameters,
    );
  });

  test("nothing that was not signed with the secret is accepted, and nothing throws", () => {
    const rubbish = fc.string({ unit: "binary", maxLength: 100 });
    const digest = fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    const signatures = fc
      .array(
        fc.oneof(
          rubbish,
          digest,
          digest.map((text) => `v1,${text}`),
        ),
        { maxLength: 5 },
      )
      .map((list) => list.join(" "));
    const header = {
      "webhook-id": fc.oneof(anyId, rubbish),
      "webhook-timestamp": fc.oneof(anyTime.map(String), rubbish),
      "webhook-signature": signatures,
    };
    fc.assert(
      fc.property(fc.record(header), anyBody, (headers, raw) => {
        expect(verify(headers, raw).kind).toBe("invalid");
      }),
      parameters,
    );
  });
});

function changeText(text: string, { edit, place, letter }: { edit: string; place: number; letter: string }): string {
  const at = place % (text.length + 1);
  const rest = text.slice(edit === "insert" ? at : at + 1);
  return text.slice(0, at) + (edit === "remove" ? "" : letter) + rest;
}
