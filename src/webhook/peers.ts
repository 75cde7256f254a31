// Who really sent this request, and have we complained about them enough for this minute?
import { BlockList, isIP } from "node:net";
import type { Clock } from "../clock.ts";

/** Most addresses remembered within one minute; all later ones share one count. */
const rememberedPeers = 1000;
const othersTogether = "others";
const minuteMs = 60_000;

/**
 * Finds the sender's address: the connection's, or, while that is one of `trustedProxies` (addresses, or ranges such
 * as 10.0.0.0/8), the rightmost address of `X-Forwarded-For` that is not. What stands further left is the sender's own claim.
 */
export function createPeerFinder(trustedProxies: readonly string[]) {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = "", bits] = proxy.split("/");
    if (bits === undefined) trusted.addAddress(address, familyOf(address));
    else trusted.addSubnet(address, Number(bits), familyOf(address));
  }

  return (connectionAddress: string | undefined, forwardedFor: string | undefined): string => {
    let peer = connectionAddress ?? "unknown";
    for (const hop of (forwardedFor ?? "").split(",").reverse()) {
      if (isIP(peer) === 0 || !trusted.check(peer, familyOf(peer))) break;
      const address = hop.trim();
      if (isIP(address) === 0) break;
      peer = address;
    }
    return peer;
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** True for the first `limit` calls of a peer within a minute; remembers a bounded number of peers. */
export function createComplaintLimit({ limit, clock }: { limit: number; clock: Clock }): (peer: string) => boolean {
  const counts = new Map<string, number>();
  let windowStartMs = clock.monotonicMs();

  return (peer) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowStartMs >= minuteMs) {
      counts.clear();
      windowStartMs = nowMs;
    }
    const key = counts.has(peer) || counts.size < rememberedPeers ? peer : othersTogether;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= limit;
  };
}
