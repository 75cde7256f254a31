// What if clocks are wrong, jump, stand still, or show one of the year's odd days? (F10)
import { it } from "vitest";
import { pay, renewPaid, type Sold, sell, sellPaid } from "./deeds.ts";
import { type Case, type Played, playFamily } from "./family.ts";
import type { Life, LifeOptions } from "./life.ts";
import { beginLife } from "./life.ts";
import { judge } from "./oracle.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { periodStory, type Story, tellStory } from "./stories.ts";
import { termCases } from "./term-stories.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const skews = [second, -second, 5 * minute, -5 * minute, hour, -hour, day, -day];

const isDone = [{ state: "Purchased", charges: 1 }];

function lostAnswer(): Story {
  let isLeft = true;
  return periodStory(false, {
    ends: isDone,
    fault: ({ isCommit }) => {
      if (!isLeft || !isCommit) return null;
      isLeft = false;
      return { kind: "reset-after-done" };
    },
  });
}

const stories: Readonly<Record<string, () => Story>> = {
  order: () => periodStory(false, { ends: isDone }),
  renewal: () => periodStory(true, { ends: isDone }),
  "lost answer": lostAnswer,
};

async function play(make: () => Story, options: LifeOptions): Promise<Played> {
  const { life } = await tellStory(make(), options);
  return { fired: 1, findings: life.witness.findings };
}

/** The bridge's clock and the ledger's are so far apart, all the time. */
function skewed(seed: number): Case[] {
  return skews.flatMap((skewMs, at) =>
    Object.entries(stories).map(([what, make]) => {
      const wrong: Partial<LifeOptions> = at % 2 === 0 ? { skewMs: () => skewMs } : { ledgerSkewMs: -skewMs };
      return {
        name: `${what}/apart by ${skewMs / second} s/${seed}`,
        play: () => play(make, { seed, ...wrong }),
      };
    }),
  );
}

/** The bridge's wall clock jumps in the middle of a lease, or stands still from then on. */
function jumping(seed: number): Case[] {
  const jumps = [hour, -hour, day, -day];
  return [
    ...jumps.map((ms) => ({ name: `jump by ${ms / second} s/${seed}`, play: () => playJump(seed, () => ms) })),
    { name: `frozen/${seed}`, play: () => playJump(seed, (sinceMs) => -sinceMs) },
  ];
}

async function playJump(seed: number, skewAfter: (sinceMs: number) => number): Promise<Played> {
  let life: Life | undefined;
  let jumpedAtMs = Number.POSITIVE_INFINITY;
  const told = await tellStory(
    lostAnswer(),
    {
      seed,
      skewMs: () => {
        const nowMs = life?.clock.nowMs() ?? 0;
        return nowMs >= jumpedAtMs ? skewAfter(nowMs - jumpedAtMs) : 0;
      },
      onPass: (point) => {
        if (point === "claim:acknowledged" && life !== undefined) jumpedAtMs = life.clock.nowMs();
      },
    },
    (begun) => {
      life = begun;
    },
  );
  return { fired: Number.isFinite(jumpedAtMs) ? 1 : 0, findings: told.life.witness.findings };
}

const oddDays = [
  ...["2028-02-29T10:00:00Z", "2026-01-29T10:00:00Z", "2026-01-30T10:00:00Z", "2026-01-31T10:00:00Z"],
  ...["2026-08-31T23:59:00Z", "2026-12-31T23:58:00Z", "2027-02-28T23:59:30Z"],
  // Europe's clocks change in these nights.
  ...["2026-03-29T00:58:00Z", "2026-10-25T00:58:00Z", "2026-10-25T00:10:00Z"],
];

/** A module ordered on that day, and renewed twice while the days go on. */
async function playDay(startAt: string, seed: number): Promise<Played> {
  const life = await beginLife({ seed, startAt, timezone: "Europe/Berlin" });
  life.start();
  const { serviceId }: Sold = sellPaid(life);
  await life.rest();
  for (let times = 0; times < 2; times++) {
    renewPaid(life, serviceId);
    await life.rest();
  }
  await judge(life);
  const bought = [...life.store().purchases.values()].filter(({ state }) => state === "Purchased").length;
  if (bought !== 3 || life.model.debits.length !== 3) {
    life.witness.find("broken", `${bought} of 3 periods bought, ${life.model.debits.length} charged`);
  }
  return { fired: 1, findings: life.witness.findings };
}

/** Nobody is there for three days, and no event tells of what was paid: the sweep looks back without an end. */
async function playSilence(seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  const sold = sell(life);
  pay(life, sold.invoiceId, 0);
  await life.pass(3 * day);
  life.start();
  await life.rest();
  await judge(life);
  const { debits } = life.model;
  if (debits.length !== 1) life.witness.find("lost", `a line paid three days ago was charged ${debits.length} times`);
  return { fired: 1, findings: life.witness.findings };
}

it(
  "F10: clocks",
  async () => {
    const seeds = Array.from({ length: countOf(1, 50) }, (_, at) => firstSeed + at);
    const cases = seeds.flatMap((seed) => [
      ...skewed(seed),
      ...jumping(seed),
      { name: `three silent days/${seed}`, play: () => playSilence(seed) },
      ...termCases(seed),
      ...oddDays.map((startAt) => ({ name: `${startAt}/${seed}`, play: () => playDay(startAt, seed) })),
    ]);
    await playFamily("F10", cases);
  },
  longestMs,
);
