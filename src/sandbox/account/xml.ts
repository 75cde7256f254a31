// How does a reply of the account become XML text?

/** Content is text or child elements; an empty one is written `<name/>`. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string | readonly XmlElement[];
}

/** An element; text and attribute values are escaped when it is written. */
export function element(
  name: string,
  content: string | readonly XmlElement[] = [],
  attributes: Readonly<Record<string, string>> = {},
): XmlElement {
  return { name, attributes, content };
}

/** A whole document with its declaration. */
export function renderDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root)}\n`;
}

function renderElement({ name, attributes, content }: XmlElement): string {
  let tag = name;
  for (const key in attributes) tag += ` ${key}="${escapeText(attributes[key] ?? "")}"`;
  let inner = typeof content === "string" ? escapeText(content) : "";
  if (typeof content !== "string") for (const child of content) inner += renderElement(child);
  return inner === "" ? `<${tag}/>` : `<${tag}>${inner}</${name}>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeText(text: string): string {
  if (!/[^\t\n\r -~]|[&<>"]/.test(text)) return text;
  const allowed = text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "");
  return allowed.replace(/[&<>"]/g, (character) => entities[character] ?? "");
}
