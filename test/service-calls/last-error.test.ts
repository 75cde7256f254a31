// Do staff read what went wrong last, and nothing that is none of their business?
import { expect, it } from "vitest";
import { describeOutcome } from "../../src/service-calls/last-error.ts";

it.each([
  [{ kind: "refused", errorType: "missed", until: null, detail: "error missed" }, "refused: missed"],
  [
    { kind: "refused", errorType: "value", until: "2027-01-31", detail: "error value" },
    "refused: value (until 2027-01-31)",
  ],
  [{ kind: "not-sent", detail: "ECONNREFUSED" }, "not sent: ECONNREFUSED"],
  [{ kind: "unknown", detail: "http 502" }, "no clear answer: http 502"],
] as const)("the words for %j are %s", (outcome, words) => {
  expect(describeOutcome(outcome)).toBe(words);
});

it("there are none for nothing and for what was accepted", () => {
  expect([describeOutcome(null), describeOutcome({ kind: "accepted", moduleId: "901", newExpiry: null })]).toEqual([
    null,
    null,
  ]);
});

it("they are one short line, whatever the ledger holds", () => {
  const words = describeOutcome({ kind: "unknown", detail: `a\r\n\u0000b\u001b[31m\u009b${"x".repeat(500)}` });
  expect(words).toMatch(/^no clear answer: a b \[31m x+$/);
  expect(words).toHaveLength(200);
});
