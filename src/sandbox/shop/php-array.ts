// What does PHP read from base64 of a serialised array `number => text`? Lengths count bytes.

/** Null where PHP's `unserialize` would give up, or the array holds anything but texts under numbers. */
export function decodePhpArray(base64: string): ReadonlyMap<number, string> | null {
  const bytes = Buffer.from(base64, "base64");
  const head = /^a:(\d+):\{/.exec(bytes.toString("latin1"));
  if (head === null) return null;
  const values = new Map<number, string>();
  let at = head[0].length;
  for (let left = Number(head[1]); left > 0; left--) {
    const entry = /^i:(\d+);s:(\d+):"/.exec(bytes.toString("latin1", at));
    if (entry === null) return null;
    const from = at + entry[0].length;
    const until = from + Number(entry[2]);
    if (bytes.toString("latin1", until, until + 2) !== '";') return null;
    values.set(Number(entry[1]), bytes.toString("utf8", from, until));
    at = until + 2;
  }
  return bytes.toString("latin1", at) === "}" ? values : null;
}
