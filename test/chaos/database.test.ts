// F7: does a bridge whose ledger fails in the middle of a claim live on, and buy what was paid once?
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { type DatabaseFault, databaseFaults } from "./database-faults.ts";
import { createScene } from "./scene.ts";
import { createTally } from "./tally.ts";

const tally = createTally("F7", "database.test.ts");
let shared: MariaDb;
beforeAll(async () => {
  shared = await startMariaDb();
});
afterAll(async () => {
  tally.report();
  await shared?.stop();
});

/** Time enough for an outcome that is to be stored while the server comes back. */
const patience = { SETTLE_SECONDS: "5" };

async function play(fault: DatabaseFault) {
  const ends: (() => Promise<void>)[] = [];
  const server = fault.isServerWide ? await startMariaDb() : shared;
  if (fault.isServerWide) ends.push(server.stop);
  try {
    const scene = await createScene(server);
    ends.push(scene.end);
    await scene.startBuying();
    await scene.setSweepDue(false);
    const { invoiceId } = await scene.sell();
    const bridge = await scene.serve(patience);
    const tell = (id: string) => scene.tell(bridge, { id, type: "invoice.paid", data: { invoice_id: invoiceId } });
    const begin = async () => {
      await scene.shop.payInvoice(invoiceId);
      expect(await tell("evt_paid")).toBe(202);
    };
    const fired = await fault.strike({ scene, server, begin, onEnd: (end) => ends.push(end) });
    // A row that was taken up just before the ledger failed is left alone for half a minute; another event ends that.
    expect(await tell("evt_again")).toBe(202);
    await scene.waitForRest();
    expect(scene.account.debits()).toHaveLength(1);
    expect(await scene.ledgerSql("SELECT state FROM mod_ispmodules_purchases")).toEqual([{ state: "Purchased" }]);
    const { broken, ...findings } = await scene.judge();
    expect(await bridge.stop()).toBe(0);
    const { residue } = fault;
    if (residue !== undefined) expect(broken).toEqual([expect.stringMatching(residue)]);
    return { fired, findings: { ...findings, broken: residue === undefined ? broken : [] } };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

describe.concurrent("a bridge lives on and buys once when", () => {
  for (const fault of databaseFaults) {
    it(fault.name, { timeout: 300_000 }, () => tally.count(fault.name, () => play(fault)));
  }
});
