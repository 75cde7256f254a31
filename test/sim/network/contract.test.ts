// Does the simulated network leave production knowing the same, and the account having done the same, as the real one?
import { describe, expect, test } from "vitest";
import type { Fault } from "../../../src/sandbox/account/faults.ts";
import type { NetworkFault } from "./fault.ts";
import { type Act, order, playReal, playSimulated, type RealFault, realFaults } from "./sides.ts";

const amplyMs = 5_000;
/** For faults that nothing but the deadline ends. */
const shortMs = 90;

const acts: Readonly<Record<string, Act>> = {
  order: async (account) => (await account.order(order, () => true)).kind,
  renewal: async (account) => (await account.renew({ moduleId: "900", periodMonths: 6 }, () => true)).kind,
  list: (account) => account.listModules().then((read) => (read.kind === "ok" ? read : read.kind)),
};

async function expectSame(act: Act, real: RealFault | null, fault: NetworkFault | null, deadlineMs = amplyMs) {
  const truth = await playReal(real, deadlineMs, act);
  expect(truth.fired).toBe(fault === null ? 0 : 1);
  expect(await playSimulated(fault, deadlineMs, act)).toEqual(truth);
  return truth;
}

describe.each(Object.entries(acts))("an account asked for one %s", (name, act) => {
  const isList = name === "list";

  test("answers when nothing goes wrong", async () => {
    expect((await expectSame(act, null, null)).exchange).toBe("answered");
  });

  test("that is no longer due hears nothing", async () => {
    const late: Act = async (account) => (await account.order(order, () => false)).kind;
    expect(await expectSame(late, null, null)).toMatchObject({ exchange: "not-sent", received: 0 });
  });

  const kinds: Readonly<Record<keyof typeof realFaults, string>> = {
    name: "not-sent",
    refuse: "not-sent",
    "connect-timeout": "not-sent",
    tls: "not-sent",
    "reset-before-request": "not-sent",
    "reset-mid-request": "unanswered",
    "reset-after-undone": "unanswered",
    "reset-after-done": "unanswered",
    "slow-headers": "unanswered",
    trickle: "unanswered",
    truncated: "answered",
    "server-error": "answered",
    "too-many": "answered",
    redirect: "answered",
    "bad-xml": "answered",
    "without-id": "answered",
  };
  const waiting = new Set(["connect-timeout", "slow-headers", "trickle"]);

  test.each(Object.entries(kinds) as [keyof typeof realFaults, string][])("meets %s: %s", async (kind, exchange) => {
    const told = await expectSame(act, realFaults[kind], { kind }, waiting.has(kind) ? shortMs : amplyMs);
    expect(told.exchange).toBe(exchange);
    const isUndone = exchange === "not-sent" || /undone|mid-request|server-error|too-many|redirect/.test(kind);
    expect(told.debits).toHaveLength(isList || isUndone ? 1 : 2);
  });

  test.each(["bad-gateway", "too-many-requests", "redirect"] as const)("acts behind %s", async (kind) => {
    const names = { "bad-gateway": "server-error", "too-many-requests": "too-many", redirect: "redirect" } as const;
    const told = await expectSame(act, { arm: { kind, isExecuted: true } }, { kind: names[kind], isExecuted: true });
    expect(told.debits).toHaveLength(isList ? 1 : 2);
  });

  test.each(["close", "none"] as const)("acts after the deadline, connection %s", async (answer) => {
    const real: Fault = { kind: "late", answer };
    const told = await expectSame(act, { arm: real }, { kind: "late", afterMs: 1_000, answer }, shortMs);
    expect(told).toMatchObject({ exchange: "unanswered", received: 1 });
    expect(told.debits).toHaveLength(isList ? 1 : 2);
  });

  const twists: (NetworkFault & Fault)[] = [
    { kind: "stale-list" },
    { kind: "missing-rows" },
    { kind: "missing-rows", count: "all" },
    { kind: "duplicate-rows" },
    { kind: "duplicate-rows", isReplacing: true },
    { kind: "reordered-rows" },
    { kind: "refused", type: "limit", value: "2026-12-01" },
    { kind: "empty-balance" },
  ];
  test.each(twists)("says something else: $kind", async (fault) => {
    expect((await expectSame(act, { arm: fault }, fault)).exchange).toBe("answered");
  });
});
