// How does a stormy life go? Deeds, faults, crashes and pauses by chance; then the weather calms and everything is judged.

import { createDice } from "../dice.ts";
import { someAccount } from "./accounts.ts";
import { befall, type Sold } from "./deeds.ts";
import type { Played } from "./family.ts";
import { beginLife, type Life, type LifeOptions } from "./life.ts";
import { judge } from "./oracle.ts";
import { setEnd } from "./service-deeds.ts";
import { decideSomething, settleAffairs } from "./staff.ts";
import { badWeather, type Chances } from "./weather.ts";

export interface Storm {
  readonly seed: number;
  readonly bridges: number;
  /** At least one of them happens. */
  readonly crashes: number;
  readonly deeds: number;
  readonly chances: Chances;
  readonly options?: Partial<LifeOptions>;
  /** What happens in peace before anything else. */
  readonly first?: (life: Life) => Promise<void>;
  /** Further things that may happen between two deeds; how many did. */
  readonly meanwhile?: (life: Life, sold: readonly Sold[]) => Promise<number>;
  /** What happens behind the last deed, before the weather calms. */
  readonly last?: (life: Life) => Promise<void>;
}

const longestGapMs = 90_000;
const staffChance = 0.2;
/** Every other life begins where months end oddly. */
const usualDay = "2026-11-26T10:00:00Z";
const monthEnds = ["2026-01-30T09:00:00Z", "2026-08-31T23:40:00Z", "2028-02-29T10:00:00Z"];
const startsAt = [...monthEnds, ...monthEnds.map(() => usualDay)];

/** Plays one storm to its end. */
export async function playStorm(storm: Storm): Promise<Played> {
  const { seed, bridges, crashes, deeds, chances, meanwhile } = storm;
  const variants = someAccount(createDice(-seed));
  const startAt = createDice(seed * 31).oneOf(startsAt);
  const life = await beginLife({ seed, startAt, variants, ...storm.options });
  const { dice, settings } = life;
  // Late requests are carried out before absence may be believed; later ones have a family of their own.
  const weather = badWeather(dice.fork(), chances, settings.settleMs);
  // Every other shop has its modules deleted with their services.
  if (createDice(seed * 17).happens(0.5)) setEnd(life, "delete");
  for (let at = 0; at < bridges; at++) life.start();
  if (storm.first !== undefined) await storm.first(life);
  life.setWeather(weather);
  const sold: Sold[] = [];
  let fired = 0;
  const crashAt = new Set(Array.from({ length: crashes }, () => dice.between(1, deeds)));
  for (let deed = 1; deed <= deeds; deed++) {
    if (sold.length > 0 && dice.happens(staffChance)) decideSomething(life, sold);
    else befall(life, sold);
    await life.pass(dice.happens(0.3) ? dice.between(0, 400) : dice.between(0, longestGapMs));
    if (crashAt.has(deed)) fired += crash(life);
    else if (dice.happens(0.03)) fired += pause(life);
    fired += (await meanwhile?.(life, sold)) ?? 0;
  }
  await settleAffairs(life);
  await storm.last?.(life);
  await life.rest();
  await judge(life);
  const faults = [...life.witness.faults.values()].reduce((sum, count) => sum + count, 0);
  return { fired: fired + weather.fired() + faults, findings: life.witness.findings };
}

/** A bridge is killed somewhere in its work, and another started sooner or later. */
function crash({ bridges, dice, clock, start }: Life): number {
  const alive = bridges();
  if (alive.length === 0) return 0;
  dice.oneOf(alive).kill();
  const downMs = dice.happens(0.5) ? dice.between(0, 2_000) : dice.between(0, 120_000);
  void clock.sleep(downMs).then(start);
  return 1;
}

/** A bridge stands still for a while, longer than a lease now and then, and goes on as if nothing had been. */
function pause({ bridges, dice }: Life): number {
  const alive = bridges();
  if (alive.length === 0) return 0;
  dice.oneOf(alive).gate.pause(dice.oneOf([5_000, 11_000, 90_000, 720_000]));
  return 1;
}
