// F15: does a bridge that is killed at any moment leave every paid line bought once, or with a person?
import { afterAll, beforeAll, describe, it } from "vitest";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { createDice } from "../dice.ts";
import { killPoints, type Story } from "./kill-points.ts";
import { type KillCase, playKill } from "./killing.ts";
import { scale } from "./scale.ts";
import { createTally } from "./tally.ts";

const tally = createTally("F15", "kill.test.ts");
let server: MariaDb;
beforeAll(async () => {
  server = await startMariaDb();
});
afterAll(async () => {
  tally.report();
  await server?.stop();
});

const stories: readonly Story[] = ["order", "renewal"];
const points = [...killPoints, null];
const each = points.flatMap((point) => stories.map((story) => ({ point, story })));

/** The first 24 at exactly the moment; later ones up to 40 ms after it, while all goes on. */
const cases = Array.from({ length: scale.kills }, (_, index) => {
  const { point, story } = each[index % each.length] ?? { point: null, story: "order" as const };
  const variant = Math.floor(index / each.length);
  const dice = createDice(scale.seed * 100_003 + index);
  const delayMs = variant === 0 ? null : dice.between(0, 40);
  const moment = point?.name ?? "the ledger is being migrated";
  const later = variant === 0 ? "" : `, variant ${variant}, ${delayMs} ms later`;
  const name = `${story}, when ${moment}${later}`;
  return { name, play: { story, point, delayMs } satisfies KillCase };
});

describe.concurrent("a bridge killed", () => {
  // Most of each case is waiting for a lease to end, so many play at the same time.
  for (const { name, play } of cases) {
    it(name, { timeout: 300_000 }, () => tally.count(name, () => playKill(server, play)));
  }
});
