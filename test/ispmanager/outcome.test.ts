// Which answer means which outcome? The whole table.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/ispmanager/account.ts";
import { judgeChange, judgeOrder, judgeRenewal } from "../../src/ispmanager/outcome.ts";
import type { Exchange } from "../../src/ispmanager/transport.ts";

const answered = (body: string, status = 200): Exchange => ({ kind: "answered", status, body });
const error = (type: string, inner = "") => `<doc><error type="${type}" object="x">${inner}<msg>No</msg></error></doc>`;
const unknown = (detail: string): Outcome => ({ kind: "unknown", detail });
const both: [string, (exchange: Exchange) => Outcome][] = [
  ["an order", judgeOrder],
  ["a renewal", judgeRenewal],
];

describe("an order is accepted with the new id", () => {
  test.each([
    "<doc><id>900</id><billorder.id>5512</billorder.id><ok/></doc>",
    "<doc><id>900</id></doc>",
    "<doc><elid>900</elid><ok/></doc>",
    "<doc><id/><elid>900</elid></doc>",
    "<doc><doc><id>900</id></doc></doc>",
    "<doc><doc><elid>900</elid></doc><ok/></doc>",
    '<doc><id v="900"/></doc>',
    "<doc><id><v>900</v></id></doc>",
    "<id>900</id>",
    '<?xml version="1.0" encoding="UTF-8"?>\n<doc lang="en"><id> 900 </id><tparams><id>1</id></tparams></doc>\n',
  ])("%s", (body) => {
    expect(judgeOrder(answered(body))).toEqual({ kind: "accepted", moduleId: "900", newExpiry: null });
  });
});

describe("an order without a usable id is unknown", () => {
  test.each([
    "<doc><ok/></doc>",
    "<doc/>",
    "<doc><billorder.id>5512</billorder.id><ok/></doc>",
    "<doc><id>new</id></doc>",
    "<doc><id>0</id></doc>",
    "<doc><id>-5</id></doc>",
    "<doc><id>12345678901234567890</id></doc>",
    "<doc><tparams><id>900</id></tparams><ok/></doc>",
    "<html><id>900</id></html>",
    "<ok>900</ok>",
  ])("%s", (body) => {
    expect(judgeOrder(answered(body))).toEqual(unknown("no id"));
  });
});

describe("a renewal is accepted", () => {
  test.each([
    ["<doc><ok/></doc>", null],
    ["<doc><ok>done</ok></doc>", null],
    ["<doc><doc><ok/></doc></doc>", null],
    ["<doc><newexpiredate>2026-03-01</newexpiredate></doc>", "2026-03-01"],
    ["<doc><doc><newexpiredate>2026-03-01 00:00:00</newexpiredate></doc></doc>", "2026-03-01"],
    ["<doc><ok/><newexpiredate>1 March 2026</newexpiredate></doc>", null],
    ["<doc><ok/><newexpiredate>2026-02-30</newexpiredate></doc>", null],
    ["<doc><ok/><newexpiredate>0000-00-00</newexpiredate></doc>", null],
  ])("%s", (body, newExpiry) => {
    expect(judgeRenewal(answered(body))).toEqual({ kind: "accepted", moduleId: null, newExpiry });
  });

  test.each(["<doc/>", "<doc><id>900</id></doc>", "<ok/>", "<html><ok/></html>"])("but not by %s", (body) => {
    expect(judgeRenewal(answered(body))).toEqual(unknown("no ok"));
  });
});

describe("a change that moves no money", () => {
  test.each(["<doc/>", "<doc><ok/></doc>", "<doc><id>900</id></doc>"])("is accepted by %s", (body) => {
    expect(judgeChange(answered(body))).toEqual({ kind: "accepted", moduleId: null, newExpiry: null });
  });

  test.each(["<ok/>", "<html><doc/></html>"])("but not by %s", (body) => {
    expect(judgeChange(answered(body))).toEqual(unknown("no doc"));
  });

  test("is refused by an error, and unclear where one stands elsewhere", () => {
    expect(judgeChange(answered(error("access")))).toMatchObject({ kind: "refused", errorType: "access" });
    expect(judgeChange(answered(`<html>${error("access")}</html>`)).kind).toBe("unknown");
  });
});

describe.each(both)("%s", (_name, judge) => {
  test.each(["not_enough_money", "auth", "access", "value", "missed", "limit"])("is refused by %s", (type) => {
    const expected = { kind: "refused", errorType: type, until: null, detail: `error ${type}` };
    expect(judge(answered(error(type)))).toEqual(expected);
    expect(judge(answered(error(type), 201))).toEqual(expected);
  });

  test.each(["exists", "xml", "promocode_not_use", "stat_addon_over_limit", "Auth", "authx", "locked"])(
    "is unknown after the error %s",
    (type) => {
      expect(judge(answered(error(type)))).toEqual(unknown(`error ${type}`));
    },
  );

  test.each(["", " ", "a b", "<", "1", "x".repeat(100)])("is unknown after an error of type %j", (type) => {
    expect(judge(answered(error(type.replace("<", "&lt;"))))).toEqual(unknown("unclear error"));
  });

  test("is unknown after an error without type, as old panels answer", () => {
    expect(judge(answered("<doc><error><code>100</code><msg>no</msg></error></doc>"))).toEqual(
      unknown("unclear error"),
    );
    expect(judge(answered("<error type='auth'/>"))).toEqual(unknown("unclear error"));
    expect(judge(answered("<html><error type='auth'/></html>"))).toEqual(unknown("unclear error"));
  });

  test.each([
    ["<param name='value'>2026-12-05</param>", "2026-12-05"],
    ["<param name='object' type='msg'>badvalue</param><param name='value'>2026-12-05</param>", "2026-12-05"],
    ["<param name='value'>after 2026-12-05 00:00</param>", "2026-12-05"],
  ])("is refused until the day in %s, whatever the type", (param, until) => {
    for (const type of ["value", "prolong_too_early", "limit"]) {
      expect(judge(answered(error(type, param)))).toMatchObject({ kind: "refused", errorType: type, until });
    }
  });

  test.each([
    ["5 December 2026", "2026-12-05"],
    ["only after Dec 5, 2026", "2026-12-05"],
    ["1 марта 2027 г.", "2027-03-01"],
    ["5 мая 2027", "2027-05-05"],
    ["05.12.2026 00:00", "2026-12-05"],
    ["31 February 2027", null],
    ["5 Nonsense 2026", null],
    ["05/12/2026", null],
    ["6", null],
  ])("a listed refusal lasts until %s, and an unlisted error is not one", (text, until) => {
    const param = `<param name='value'>${text}</param>`;
    expect(judge(answered(error("value", param)))).toMatchObject({ kind: "refused", until });
    expect(judge(answered(error("prolong_too_early", param)))).toMatchObject({ kind: "unknown" });
  });

  test.each([
    "<param name='date'>2026-12-05</param>",
    "<param name='value'>2026-13-05</param>",
    "<param name='value'>12026-12-05</param>",
    "<param name='value'>5 Dec 2026</param>",
    "<msg>may be renewed only after 2026-12-05</msg>",
  ])("is unknown when an unlisted error says %s", (param) => {
    expect(judge(answered(error("prolong_too_early", param)))).toMatchObject({ kind: "unknown" });
  });

  test("is unknown after exists, day or not", () => {
    expect(judge(answered(error("exists", "<param name='value'>2026-12-05</param>")))).toMatchObject({
      kind: "unknown",
    });
  });

  test("is unknown when the answer says yes and no at once", () => {
    const body = "<doc><id>900</id><ok/><error type='not_enough_money'/></doc>";
    expect(judge(answered(body))).toEqual(unknown("unclear error"));
    expect(judge(answered("<doc><error type='auth'/><error type='limit'/></doc>"))).toEqual(unknown("unclear error"));
    expect(judge(answered("<doc><id>900</id><ok/><x><error type='auth'/></x></doc>"))).toEqual(
      unknown("unclear error"),
    );
  });

  test("is refused by an error in a nested doc too", () => {
    expect(judge(answered("<doc><doc><error type='access'/></doc></doc>"))).toMatchObject({ kind: "refused" });
  });

  test.each([199, 300, 301, 302, 304, 307, 400, 401, 403, 404, 429, 500, 502, 503, 504])(
    "is unknown under status %i, whatever the body",
    (status) => {
      for (const body of ["<doc><id>900</id><ok/></doc>", error("auth"), ""]) {
        expect(judge(answered(body, status))).toEqual(unknown(`http ${status}`));
      }
    },
  );

  test("keeps what the wire knows", () => {
    expect(judge({ kind: "not-sent", detail: "ECONNREFUSED" })).toEqual({ kind: "not-sent", detail: "ECONNREFUSED" });
    expect(judge({ kind: "unanswered", detail: "deadline" })).toEqual(unknown("deadline"));
  });

  test("never carries a part of the body in its detail", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 12, maxLength: 40 }), (secret) => {
        const escaped = secret.replace(/[&<>"']|\p{Cc}/gu, "");
        fc.pre(escaped.length >= 12 && !/^[\w .-]*$/.test(escaped));
        const bodies = [
          escaped,
          `<doc>${escaped}</doc>`,
          error(escaped),
          `<doc><error type="auth"><msg>${escaped}</msg></error></doc>`,
        ];
        for (const body of bodies) expect(JSON.stringify(judge(answered(body)))).not.toContain(escaped);
      }),
    );
  });

  test("is never accepted or refused by an answer that was cut short", () => {
    const bodies = ["<doc><id>900</id><ok/><newexpiredate>2026-03-01</newexpiredate></doc>", error("auth")];
    for (const body of bodies) {
      for (let length = 0; length < body.length; length += 1) {
        expect(judge(answered(body.slice(0, length))).kind).toBe("unknown");
      }
    }
  });
});
