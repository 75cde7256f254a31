import { beforeEach, describe, expect, it } from "vitest";
import { runSweep } from "../../src/purchases/sweep.ts";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
let sold: Sold;

/** A paid line that only the nightly walk can find: its service has ended. */
beforeEach(async () => {
  stage = await raise();
  sold = await stage.sellPaid();
  await stage.shop.setServiceStatus(sold.serviceId, "Terminated");
});

const reasons = async () => (await stage.engine.ledger.listPurchases()).map(({ reason }) => reason);

async function expectRepeatedSoon() {
  expect(await reasons()).toEqual([]);
  await expect.poll(() => runSweep(stage.engine), { timeout: 3_000 }).toBe(1);
  expect(await reasons()).toEqual(["service_ended"]);
}

describe("a nightly walk", () => {
  it("that came to its end is not repeated before the next night", async () => {
    expect(await runSweep(stage.engine)).toBe(1);
    const later = await stage.sellPaid();
    await stage.shop.setServiceStatus(later.serviceId, "Terminated");
    for (let turns = 0; turns < 4; turns++) {
      await stage.engine.clock.sleep(60);
      expect(await runSweep(stage.createSecondEngine())).toBe(0);
    }
  });

  it.each([25, 40 * 24])("finds a line that was paid %i hours ago, of which nobody had told us", async (hours) => {
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = datepaid - INTERVAL ? HOUR", [hours]);
    expect(await runSweep(stage.engine)).toBe(1);
    expect(await reasons()).toEqual(["service_ended"]);
  });

  it("that was broken off because its process ends is repeated by another", async () => {
    expect(await runSweep({ ...stage.createSecondEngine(), isStopping: () => true })).toBe(0);
    await expectRepeatedSoon();
  });

  it("of which the ledger did not take a line is repeated", async () => {
    await stage.ledgerSql(
      "CREATE TRIGGER take_nothing BEFORE INSERT ON mod_ispmodules_purchases FOR EACH ROW SIGNAL SQLSTATE '45000'",
    );
    try {
      expect(await runSweep(stage.engine)).toBe(1);
    } finally {
      await stage.ledgerSql("DROP TRIGGER take_nothing");
    }
    await expectRepeatedSoon();
  });

  it("that was broken off because WHMCS could not be read is repeated", async () => {
    await stage.shop.sql("RENAME TABLE tblinvoiceitems TO tblinvoiceitems_away");
    try {
      await expect(runSweep(stage.engine)).rejects.toMatchObject({ name: "DatabaseError" });
    } finally {
      await stage.shop.sql("RENAME TABLE tblinvoiceitems_away TO tblinvoiceitems");
    }
    await expectRepeatedSoon();
  });
});
