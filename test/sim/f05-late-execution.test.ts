// What if the account carries a request out long after we stopped waiting for it? (F5)
import { it } from "vitest";
import { type Case, playFamily } from "./family.ts";
import { firstSeed, longestMs } from "./scale.ts";
import { periodStory, tellStory } from "./stories.ts";

/** After our deadline. Absence is believed no earlier than ten minutes after it, by two looks five minutes apart. */
const delaysMs = [1_000, 59_000, 61_000, 300_000, 600_000, 660_000, 1_000_000];

function caseOf(afterMs: number, isRenewal: boolean, remoteid: "both" | "none"): Case {
  const what = isRenewal ? "renewal" : "order";
  return {
    name: `${what}/${afterMs / 1000} s/marker ${remoteid === "both" ? "shown" : "not shown"}`,
    play: async () => {
      let isLeft = true;
      const story = periodStory(isRenewal, {
        variants: { remoteid },
        ends: [{ state: "Purchased", charges: 1 }],
        fault: ({ isCommit }) => {
          if (!isCommit || !isLeft) return null;
          isLeft = false;
          return { kind: "late", afterMs };
        },
      });
      const { life } = await tellStory(story, { seed: firstSeed });
      return { fired: life.witness.faults.get("late") ?? 0, findings: life.witness.findings };
    },
  };
}

it(
  "F5: requests carried out after their deadline",
  async () => {
    const cases = delaysMs.flatMap((afterMs) =>
      [false, true].flatMap((isRenewal) =>
        (["both", "none"] as const).map((shown) => caseOf(afterMs, isRenewal, shown)),
      ),
    );
    await playFamily("F5", cases);
  },
  longestMs,
);
