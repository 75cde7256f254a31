// Does a client's request to cancel stop what would be renewed after it, and nothing else?
import { describe, expect, it } from "vitest";
import { judgeLine } from "../../src/purchases/rules.ts";
import { lineFacts } from "./line-facts.ts";
import { useStages } from "./stage.ts";

const settings = { paidSince: null, newClientSince: null, firstPaidSeenAt: null };
/** The invoice is of 20 November and was paid on the 21st at noon. */
const judge = (requestedAt: string | null, isImmediate: boolean) =>
  judgeLine(lineFacts({ rest: { cancellations: [{ requestedAt, isImmediate }] } }), settings);

describe("a request", () => {
  const ended = { kind: "person", reason: "service_ended" };
  it.each([
    ["2026-11-19 23:59:59", false],
    ["2026-11-20 00:00:00", true],
    ["2026-11-25 00:00:00", true],
  ])("to cancel at once, of %s, stops an invoice of its day or earlier", (at, stops) => {
    expect(judge(at, true)).toEqual(stops ? ended : expect.objectContaining({ kind: "go" }));
  });

  it.each([
    ["2026-11-19 23:59:59", false],
    ["2026-11-20 00:00:00", true],
    ["2026-11-21 12:00:00", true],
    ["2026-11-21 12:00:01", false],
  ])("for the end of the period, of %s, does not take what was paid before it", (at, stops) => {
    expect(judge(at, false)).toEqual(stops ? ended : expect.objectContaining({ kind: "go" }));
  });

  it("without a date is left to a person", () => {
    expect(judge(null, false)).toEqual(ended);
  });
});

describe("a renewal paid although the client asked to cancel", () => {
  const open = useStages();

  it("waits for a person, and goes on by itself when the request is withdrawn", async () => {
    const stage = await open();
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    await stage.shop.requestCancellation({ serviceId: sold.serviceId, type: "Immediate" });
    const { lineId } = await stage.renewPaid(sold.serviceId);
    await stage.reach(lineId, "NeedsOperator", "service_ended");
    expect(stage.account.debits()).toHaveLength(1);
    await stage.shop.sql("DELETE FROM tblcancelrequests");
    await stage.reach(lineId, "Purchased");
    expect(stage.account.debits()).toHaveLength(2);
  });
});
