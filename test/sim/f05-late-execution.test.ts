// What if the account carries a request out long after we stopped waiting for it? (F5)
import { it } from "vitest";
import { pay, renewPaid, sell } from "./deeds.ts";
import { type Case, playFamily } from "./family.ts";
import { firstSeed, longestMs } from "./scale.ts";
import { owning, type Story, tellStory } from "./stories.ts";

/** After our deadline. Absence is believed no earlier than ten minutes after it, by two looks five minutes apart. */
const delaysMs = [1_000, 59_000, 61_000, 300_000, 600_000, 660_000];

function caseOf(afterMs: number, isRenewal: boolean, remoteid: "both" | "none"): Case {
  const what = isRenewal ? "renewal" : "order";
  return {
    name: `${what}/${afterMs / 1000} s/marker ${remoteid === "both" ? "shown" : "not shown"}`,
    play: async () => {
      let fired = 0;
      const story: Story = {
        name: what,
        variants: { remoteid },
        before: isRenewal ? owning : async (life) => sell(life),
        happen: (life, sold) => {
          if (isRenewal) renewPaid(life, sold.serviceId);
          else pay(life, sold.invoiceId);
        },
        fault: ({ isCommit }) => {
          if (!isCommit || fired > 0) return null;
          fired += 1;
          return { kind: "late", afterMs };
        },
        ends: [{ state: "Purchased", charges: 1 }],
      };
      const { life } = await tellStory(story, { seed: firstSeed });
      return { fired, findings: life.witness.findings };
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
