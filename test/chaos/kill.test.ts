// F15: does a bridge that is killed at any moment leave every paid line bought once, or with a person, and every module as WHMCS wants it?
import { afterAll, beforeAll, describe, it } from "vitest";
import type { ModuleChange } from "../../src/ispmanager/account.ts";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { createDice } from "../dice.ts";
import { meanwhiles, playStepKill } from "./changing.ts";
import { killPoints } from "./kill-points.ts";
import { playKill } from "./killing.ts";
import { scale } from "./scale.ts";
import { type StepPoint, stepPoints } from "./step-points.ts";
import { createTally, type Played } from "./tally.ts";

const tally = createTally("F15", "kill.test.ts");
let server: MariaDb;
beforeAll(async () => {
  server = await startMariaDb();
});
afterAll(async () => {
  tally.report();
  await server?.stop();
});

interface Kill {
  readonly name: string;
  readonly play: (delayMs: number | null) => Promise<Played>;
}

const purchases = [...killPoints, null].flatMap((point) =>
  (["order", "renewal"] as const).map((story) => () => ({
    name: `${story}, when ${point?.name ?? "the ledger is being migrated"}`,
    play: (delayMs: number | null) => playKill(server, { story, point, delayMs }),
  })),
);

const changes: readonly ModuleChange[] = ["suspend", "resume", "delete"];

/** The three changes take turns over the moments, and what happens while no bridge is there over both and over the variants. */
const stepsOfTurn = (turn: number) =>
  stepPoints.map((point, at) => (variant: number) => {
    const of = (at + turn) % changes.length;
    const meanwhile = (of + Math.floor(at / changes.length) + variant) % meanwhiles.length;
    return stepKill(changes[of] ?? "suspend", point, meanwhiles[meanwhile] ?? "nothing happens");
  });

function stepKill(change: ModuleChange, point: StepPoint, meanwhile: (typeof meanwhiles)[number]): Kill {
  return {
    name: `${change}, when ${point.name}, and then ${meanwhile}`,
    play: (delayMs) => playStepKill(server, { change, point, meanwhile, delayMs }),
  };
}

const each: readonly ((variant: number) => Kill)[] = [...purchases, ...[0, 1, 2].flatMap(stepsOfTurn)];

/** The first of each at exactly the moment; later ones up to 40 ms after it, while all goes on. */
const cases = Array.from({ length: scale.kills }, (_, index) => {
  const variant = Math.floor(index / each.length);
  const kill = each[index % each.length]?.(variant);
  if (kill === undefined) throw new RangeError("no such kill");
  const dice = createDice(scale.seed * 100_003 + index);
  const delayMs = variant === 0 ? null : dice.between(0, 40);
  const later = variant === 0 ? "" : `, variant ${variant}, ${delayMs} ms later`;
  return { name: `${kill.name}${later}`, play: () => kill.play(delayMs) };
});

describe.concurrent("a bridge killed", () => {
  // Most of each case is waiting for a lease to end, so many play at the same time.
  for (const { name, play } of cases) {
    it(name, { timeout: 300_000 }, () => tally.count(name, play));
  }
});
