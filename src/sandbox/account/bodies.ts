// Which texts does a broken account answer with?
import type { BadXml } from "./faults.ts";

export const badGatewayPage =
  "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr></body></html>\n";

const entityBomb = `<?xml version="1.0"?>
<!DOCTYPE doc [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, level) => {
  const inner = level === 0 ? "a" : `e${level - 1}`;
  return `<!ENTITY e${level} "${`&${inner};`.repeat(10)}">`;
}).join("")}]>
<doc><id>&e8;</id><ok/></doc>
`;

/** `body` is the honest answer, wrapped where that makes the worse trap. */
export function badXml(what: BadXml, body: string): string {
  switch (what) {
    case "doctype":
      return body.replace("?>", '?>\n<!DOCTYPE doc SYSTEM "file:///etc/hostname">');
    case "entity-bomb":
      return entityBomb;
    case "html":
      return "<html><body><p>Service is being updated<br></body></html>";
    case "empty":
      return "";
    case "prototype":
      return "<doc><__proto__><id>900</id></__proto__><constructor>1</constructor><ok/></doc>";
    case "deep":
      return `${"<doc>".repeat(5_000)}${"</doc>".repeat(5_000)}`;
  }
}

/** Well-formed still, but longer than asked for: blanks before the end tag of the root. */
export function padded(body: string, bytes: number): string {
  const end = body.lastIndexOf("</");
  const at = end === -1 ? body.length : end;
  return body.slice(0, at) + " ".repeat(bytes) + body.slice(at);
}

/** The same document, ending in the middle of a tag. */
export function truncated(body: string): string {
  const half = body.slice(0, Math.max(1, Math.floor(body.length * 0.6)));
  return half.slice(0, half.lastIndexOf("<") + 2);
}
