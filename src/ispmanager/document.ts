// What does an XML reply of the account say, and is it whole? A strict reader of plain XML, without DTDs.

/** One element. `text` is its own character data, trimmed, entities decoded, never read as a number. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

export type DocumentReading =
  | { readonly kind: "document"; readonly root: XmlElement }
  /** `problem` is one of a few fixed words, never a part of the text. */
  | { readonly kind: "malformed"; readonly problem: string };

/** Far above what one page of a list needs: 1 MiB of ordinary rows is about 30,000 elements and attributes. */
const limits = { nodes: 50_000, references: 20_000, depth: 32, attributes: 64 } as const;

const forbiddenNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 excludes.
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const namePattern = "[A-Za-z_:\\u00c0-\\uffee][\\w:.\\-\\u00b7-\\uffee]*";
// Sticky, and each alternative begins with a different character: none of them can backtrack further than its own token.
const opening = new RegExp(`<(${namePattern})(\\s*/?>)?`, "y");
const attribute = new RegExp(`\\s+(${namePattern})\\s*=\\s*("[^<"]*"|'[^<']*')`, "y");
const openingEnd = /\s*\/?>/y;
const closingTag = new RegExp(`</(${namePattern})\\s*>`, "y");
const declaration = /<\?xml\s[^<>]*\?>/y;
const reference = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));|&/g;
const namedCharacters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

class Malformed extends Error {}

const noAttributes: ReadonlyMap<string, string> = new Map();

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

/**
 * Reads a whole document in one pass. Anything that is not well-formed XML 1.0 (a document that ends early above all), any
 * document type declaration, any entity but the five predefined ones and character references, and whatever exceeds the
 * limits is `malformed`. Never throws.
 */
export function readDocument(text: string): DocumentReading {
  try {
    return { kind: "document", root: readRoot(text) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", problem: error.message };
    throw error;
  }
}

interface Scan {
  readonly text: string;
  position: number;
  nodes: number;
  readonly open: OpenElement[];
  root: OpenElement | null;
}

function readRoot(text: string): XmlElement {
  if (forbiddenCharacter.test(text)) throw new Malformed("forbidden character");
  // Counted beforehand, so that what is too much costs next to nothing.
  if (hasMoreThan(text, "&", limits.references)) throw new Malformed("too many entities");
  if (hasMoreThan(text, "<", 2 * limits.nodes)) throw new Malformed("too many nodes");
  const scan: Scan = { text, position: text.startsWith("\ufeff") ? 1 : 0, nodes: 0, open: [], root: null };
  match(scan, declaration);
  while (scan.position < text.length) {
    if (text[scan.position] === "<") readMarkup(scan);
    else readText(scan);
  }
  if (scan.root === null) throw new Malformed("empty");
  if (scan.open.length > 0) throw new Malformed("ends early");
  return scan.root;
}

function hasMoreThan(text: string, character: string, count: number): boolean {
  let found = -1;
  for (let times = 0; times <= count; times += 1) {
    found = text.indexOf(character, found + 1);
    if (found === -1) return false;
  }
  return true;
}

function readMarkup(scan: Scan): void {
  const { text, position } = scan;
  const second = text[position + 1];
  if (second === "/") {
    readClosingTag(scan);
    return;
  }
  countNode(scan);
  if (second === "?") skipTo(scan, "?>", 2);
  else if (second !== "!") readOpeningTag(scan);
  else if (text.startsWith("<!--", position)) skipTo(scan, "-->", 4);
  else if (text.startsWith("<![CDATA[", position)) readCharacterData(scan);
  else throw new Malformed("declaration");
}

function countNode(scan: Scan): void {
  scan.nodes += 1;
  if (scan.nodes > limits.nodes) throw new Malformed("too many nodes");
}

function readText(scan: Scan): void {
  const next = scan.text.indexOf("<", scan.position);
  const end = next === -1 ? scan.text.length : next;
  const text = scan.text.slice(scan.position, end);
  scan.position = end;
  const element = scan.open.at(-1);
  if (element) element.text += decode(text);
  else if (/[^ \t\r\n]/.test(text)) throw new Malformed("text outside");
}

function readCharacterData(scan: Scan): void {
  const element = scan.open.at(-1);
  if (!element) throw new Malformed("text outside");
  const start = scan.position + "<![CDATA[".length;
  skipTo(scan, "]]>", "<![CDATA[".length);
  element.text += scan.text.slice(start, scan.position - "]]>".length);
}

function skipTo(scan: Scan, end: string, after: number): void {
  const found = scan.text.indexOf(end, scan.position + after);
  if (found === -1) throw new Malformed("ends early");
  scan.position = found + end.length;
}

function readOpeningTag(scan: Scan): void {
  const [, found, shortEnd] = match(scan, opening) ?? [];
  const name = checkName(found);
  const attributes = shortEnd === undefined ? readAttributes(scan) : noAttributes;
  const end = shortEnd ?? match(scan, openingEnd)?.[0];
  if (end === undefined) throw new Malformed(scan.text.includes(">", scan.position) ? "not well-formed" : "ends early");
  const element: OpenElement = { name, attributes, children: [], text: "" };
  const parent = scan.open.at(-1);
  if (parent) parent.children.push(element);
  else if (scan.root) throw new Malformed("several roots");
  else scan.root = element;
  if (end.endsWith("/>")) return;
  scan.open.push(element);
  if (scan.open.length > limits.depth) throw new Malformed("too deep");
}

function readAttributes(scan: Scan): ReadonlyMap<string, string> {
  let attributes: Map<string, string> | null = null;
  for (let found = match(scan, attribute); found; found = match(scan, attribute)) {
    const key = checkName(found[1]);
    countNode(scan);
    attributes ??= new Map();
    if (attributes.has(key) || attributes.size >= limits.attributes) throw new Malformed("attributes");
    attributes.set(key, decode(found[2]?.slice(1, -1) ?? ""));
  }
  return attributes ?? noAttributes;
}

function readClosingTag(scan: Scan): void {
  const element = scan.open.pop();
  if (!element) throw new Malformed("not well-formed");
  const plain = `</${element.name}>`;
  if (scan.text.startsWith(plain, scan.position)) scan.position += plain.length;
  else if (match(scan, closingTag)?.[1] !== element.name) throw new Malformed("not well-formed");
  element.text = element.text.trim();
}

function match(scan: Scan, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = scan.position;
  const found = pattern.exec(scan.text);
  if (found) scan.position = pattern.lastIndex;
  return found;
}

function checkName(found: string | undefined): string {
  if (found === undefined) throw new Malformed("not well-formed");
  if (forbiddenNames.has(found)) throw new Malformed("forbidden name");
  return found;
}

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(reference, (_all, named?: string, decimal?: string, hexadecimal?: string) => {
    if (named !== undefined) return namedCharacters[named] ?? "";
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hexadecimal ?? "", 16);
    const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    const character = isCharacter ? String.fromCodePoint(code) : "\u0000";
    if (forbiddenCharacter.test(character)) throw new Malformed("entity");
    return character;
  });
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, childName: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === childName);
}

export function childrenOf(element: XmlElement | undefined, childName: string): XmlElement[] {
  return element?.children.filter((child) => child.name === childName) ?? [];
}

/** The text of the first child of that name; null when there is none or it is empty. */
export function textOf(element: XmlElement | undefined, childName: string): string | null {
  return childOf(element, childName)?.text || null;
}
