// What if the ledger comes back from a backup, and the account has gone on? (F14)
import { it } from "vitest";
import { renewPaid, type Sold, sellPaid } from "./deeds.ts";
import { type Played, playFamily } from "./family.ts";
import { copyStore, type LedgerStore } from "./ledger/store.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { followProcedure } from "./restoring.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { badWeather } from "./weather.ts";

const backups = 20;
const deeds = 40;

/** Sales, renewals and faults; a backup is made after every other deed, as in the middle of work. */
async function liveThrough(life: Life): Promise<{ copies: LedgerStore[]; sold: Sold[] }> {
  const { dice } = life;
  life.setWeather(
    badWeather(dice.fork(), { network: 0.1, money: 0.2, ledger: 0.01, whmcs: 0 }, life.settings.settleMs),
  );
  const sold: Sold[] = [];
  const copies: LedgerStore[] = [];
  for (let deed = 0; deed < deeds; deed++) {
    if (sold.length === 0 || dice.happens(0.3)) sold.push(sellPaid(life));
    else renewPaid(life, dice.oneOf(sold).serviceId);
    await life.pass(dice.oneOf([50, 3_000, 90_000]));
    if (deed % 2 === 0) copies.push(copyStore(life.store()));
    await life.pass(dice.between(0, 60_000));
  }
  return { copies, sold };
}

/** Staff give some services another licence; undone by what is returned. */
function moveLicences(life: Life, sold: readonly Sold[]): () => readonly string[] {
  const moved = sold.filter(() => life.dice.happens(0.2));
  for (const { serviceId } of moved) life.change((whmcs) => whmcs.setLicence(serviceId, life.newLicence()));
  return () => {
    for (const { serviceId, licence } of moved) life.change((whmcs) => whmcs.setLicence(serviceId, licence));
    return [];
  };
}

async function play(at: number, seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  life.start();
  const { copies, sold } = await liveThrough(life);
  const backup = copies[at];
  if (backup === undefined) throw new Error("no such backup");
  const forgotten = life.store().transitions.size - backup.transitions.size;
  life.restore(backup);
  life.setWeather(badWeather(life.dice.fork(), { network: 0.05, money: 0.05, ledger: 0, whmcs: 0 }, 60_000));
  const putBack = life.dice.happens(0.5) ? moveLicences(life, sold) : () => [];
  const hasPassed = await followProcedure(life, putBack);
  await life.rest();
  await judge(life);
  // Then nothing is bought any more, which a person sees; it must not be what usually happens.
  if (!hasPassed) life.witness.find("broken", "the comparison never passes");
  return { fired: forgotten, findings: life.witness.findings };
}

it(
  "F14: a ledger that comes back from a backup",
  async () => {
    const seeds = Array.from({ length: countOf(1, 10) }, (_, index) => firstSeed + index);
    const cases = seeds.flatMap((seed) =>
      Array.from({ length: backups }, (_, at) => ({ name: `${at}/${seed}`, play: () => play(at, seed) })),
    );
    await playFamily("F14", cases);
  },
  longestMs,
);
