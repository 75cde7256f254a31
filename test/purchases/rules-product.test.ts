import { describe, expect, it } from "vitest";
import { factsOf, type Judgement, judgeLine } from "../../src/purchases/rules.ts";
import { type Changes, lineFacts, merge, options } from "./line-facts.ts";

function judge(changes: Changes): Judgement {
  return judgeLine(lineFacts(changes), { paidSince: null, newClientSince: null, firstPaidSeenAt: null });
}
const person = (reason: string) => ({ kind: "person", reason });

describe("extra order fields", () => {
  const extra = (text: string, changes: Changes = {}) =>
    judge(merge({ product: { options: options({ 6: text }) } }, changes));

  it.each([
    ["bitninja_email={client.email}", { bitninja_email: "buyer@example.com" }],
    ["project={service.id}-{licence}-{ip}", { project: "41-1234567-192.0.2.10" }],
    ["licence_agreement=on\r\ndatacenter=2", { licence_agreement: "on", datacenter: "2" }],
    ["licence_agreement=on; datacenter=2&project=1;", { licence_agreement: "on", datacenter: "2", project: "1" }],
    ["project = a=b ", { project: "a=b" }],
    ["project=", { project: "" }],
    ["", {}],
  ])("%j", (text, fields) => {
    expect(extra(text)).toMatchObject({ kind: "go", obligation: { extra: fields } });
  });

  it.each([
    ...["item=999", "pricelist=1", "period=12", "remoteid=x", "authinfo=a:b", "sok=ok", "autoprolong=on"],
    ...["Project=1", "project", "__proto__=1", "project={password}", "project={constructor}", "project={licence"],
    ...["project=1;item=2", "bitninja_email={client.email};=x", "project=}{"],
  ])("%j is no field of ours", (text) => {
    expect(extra(text)).toEqual(person("unknown_product"));
  });

  it("a value cannot bring further fields or placeholders", () => {
    expect(extra("bitninja_email={client.email}", { client: { email: "a@b&item=9" } })).toMatchObject({
      obligation: { extra: { bitninja_email: "a@b&item=9" } },
    });
    expect(extra("bitninja_email={client.email}", { client: { email: "{licence}" } })).toEqual(
      person("unknown_product"),
    );
  });
});

describe("the cap", () => {
  it.each([
    ["", null],
    ["12.50", { amount: "12.50", currency: null }],
    ["12.50 eur", { amount: "12.50", currency: "EUR" }],
    ["USD 10", { amount: "10", currency: "USD" }],
  ])("%j", (text, cap) => {
    expect(judge({ product: { options: options({ 4: text }) } })).toMatchObject({ obligation: { cap } });
  });
});

describe("the facts that a purchase keeps", () => {
  it("are those of the line", () => {
    expect(factsOf(lineFacts(), null)).toEqual({
      invoiceId: 61,
      serviceRef: "h41",
      productId: 31,
      period: { start: "2026-11-23", months: 1 },
      tariff: "23221",
      licence: "1234567",
      paidAt: "2026-11-21 12:00:00",
    });
  });
  it("leave open what cannot be read, and an upgrade has no period", () => {
    const odd = lineFacts({
      rest: { licence: "web01" },
      product: { options: [] },
      service: { billingCycle: "Quarterly" },
    });
    expect(factsOf(odd, null)).toMatchObject({ period: null, tariff: null, licence: null });
    expect(factsOf(lineFacts({ line: { type: "Upgrade" } }), null).period).toBeNull();
  });
});
