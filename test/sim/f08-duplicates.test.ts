// Is one payment bought once, however often and in however many ways it is told? (F8)
import { it } from "vitest";
import { pay, renewPaid, type Sold, sell, sellPaid } from "./deeds.ts";
import { type Played, playFamily } from "./family.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { longestMs, seedsOf } from "./scale.ts";

/** Each tells one payment more than once; how often. */
const duplicates: readonly ((life: Life, sold: Sold) => number)[] = [
  function sameEvent(life, { invoiceId }) {
    const times = life.dice.between(2, 50);
    pay(life, invoiceId, 0);
    life.tell("invoice.paid", invoiceId, times);
    return times - 1;
  },
  function newEvents(life, { invoiceId }) {
    const times = life.dice.between(2, 10);
    pay(life, invoiceId, times);
    return times - 1;
  },
  function eventAndSweep(life, { invoiceId }) {
    pay(life, invoiceId, 0);
    const { sweepIntervalMs } = life.settings;
    void life.clock.sleep(life.dice.between(0, sweepIntervalMs)).then(() => life.tell("invoice.paid", invoiceId, 2));
    return 2;
  },
  function twoInvoicesOfOnePeriod(life, { serviceId, invoiceId }) {
    pay(life, invoiceId);
    const first = life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId));
    const second = life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId));
    const dueDate = life.whmcs.tables.rows.invoiceLines.get(first.lineId)?.dueDate ?? null;
    life.change((whmcs) => whmcs.edit("invoiceLines", second.lineId, { dueDate }));
    for (const { invoiceId: id } of life.dice.shuffle([first, second])) pay(life, id);
    return 1;
  },
  function twoServicesOfOneLicence(life, { invoiceId, licence }) {
    pay(life, invoiceId);
    sellPaid(life, { licence });
    return 1;
  },
  function paidTwiceOver(life, { invoiceId, serviceId }) {
    pay(life, invoiceId);
    renewPaid(life, serviceId);
    life.change((whmcs) => whmcs.setInvoiceUnpaid(invoiceId));
    pay(life, invoiceId, 2);
    return 1;
  },
];

async function play(seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  const { dice } = life;
  for (let bridges = dice.between(1, 3); bridges > 0; bridges--) life.start();
  let fired = 0;
  for (let services = dice.between(1, 6); services > 0; services--) {
    const sold = sell(life);
    fired += dice.oneOf(duplicates)(life, sold);
    await life.pass(dice.oneOf([0, 5, 500, 20_000]));
  }
  await life.rest();
  await judge(life);
  return { fired, findings: life.witness.findings };
}

it(
  "F8: one payment told many times",
  async () => {
    await playFamily(
      "F8",
      seedsOf(200, 5_000).map((seed) => ({ name: String(seed), play: () => play(seed) })),
    );
  },
  longestMs,
);
