// Was a question about the account's lists with this id answered a moment ago? Its signature is good for ten minutes at most.
import type { Clock } from "../clock.ts";

/** A signature is believed 300 s before and after its time. */
const rememberedMs = 600_000;
const mostRemembered = 50_000;

/**
 * True for the first call with an id. Beyond 50,000 ids the oldest is forgotten: such a call, repeated, only tells once
 * more what it told before.
 */
export function createRecentIds(clock: Clock): (id: string) => boolean {
  const seenMs = new Map<string, number>();

  return (id) => {
    const nowMs = clock.monotonicMs();
    for (const [oldest, ms] of seenMs) {
      if (nowMs - ms <= rememberedMs && seenMs.size < mostRemembered) break;
      seenMs.delete(oldest);
    }
    if (seenMs.has(id)) return false;
    seenMs.set(id, nowMs);
    return true;
  };
}
