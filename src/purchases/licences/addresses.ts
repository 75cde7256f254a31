// Do two texts name the same server's address? Pure.

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const separators = /[\s,;]+/;

/** One spelling for each IPv4 or IPv6 address, IPv4-mapped ones included; null for anything else, a zone included. */
export function canonicalAddress(text: string): string | null {
  if (!/^[\da-f.:]+$/i.test(text) || (!text.includes(":") && !ipv4.test(text))) return null;
  const url = `http://[${text.includes(":") ? text : `::ffff:${text}`}]/`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}

/** A licence that is bound to no server shows one of these. */
const unspecified: ReadonlySet<string | null> = new Set(["0.0.0.0", "::"].map(canonicalAddress));

/** The addresses in a text that holds one or several and nothing else; empty where it names no server for certain. */
export function addressesIn(text: string | null): ReadonlySet<string> {
  const parts = (text ?? "").split(separators).filter((part) => part !== "");
  const found = parts.flatMap((part) => canonicalAddress(part) ?? []);
  return found.length < parts.length || found.some((each) => unspecified.has(each)) ? new Set() : new Set(found);
}

/** True only where both texts name servers and have none in common. */
export function areElsewhere(one: string | null, other: string | null): boolean {
  const [ours, theirs] = [addressesIn(one), addressesIn(other)];
  return ours.size > 0 && theirs.size > 0 && ![...ours].some((address) => theirs.has(address));
}
