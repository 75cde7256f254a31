// Which replies count as whole XML documents, and can a hostile one do harm?

import fc from "fast-check";
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { readDocument, type XmlElement } from "../../src/ispmanager/document.ts";

const limitBytes = 1_048_576;

function read(text: string): XmlElement {
  const reading = readDocument(text);
  if (reading.kind !== "document") throw new Error(`malformed: ${reading.problem}`);
  return reading.root;
}

/** Names, texts and attributes as nested arrays, to compare whole trees. */
function shape({ name, attributes, text, children }: XmlElement): unknown {
  return [name, Object.fromEntries(attributes), text, ...children.map(shape)];
}

describe("a document is read", () => {
  test("with attributes, text and order, numbers left as text", () => {
    const root = read(
      '<?xml version="1.0"?>\n<doc a="1" b=\'x "y"\'><id>0042</id> <cost>5.10</cost><id v="7"/></doc>\n',
    );
    expect(shape(root)).toEqual([
      "doc",
      { a: "1", b: 'x "y"' },
      "",
      ["id", {}, "0042"],
      ["cost", {}, "5.10"],
      ["id", { v: "7" }, ""],
    ]);
  });

  test("with the five predefined entities and character references decoded once", () => {
    expect(read("<doc>&lt;&gt;&amp;&quot;&apos; &amp;lt; &#65;&#x42;</doc>").text).toBe(`<>&"' &lt; AB`);
  });

  test("with CDATA as it stands, comments and instructions left out", () => {
    expect(read("<doc>a<!-- <b> --><?php x ?><![CDATA[<&amp;]]>c</doc><!-- end -->").text).toBe("a<&amp;c");
  });

  test("with a byte order mark, dots and other alphabets in names", () => {
    const root = read("\ufeff<doc><billorder.id>5</billorder.id><имя>x</имя></doc>");
    expect(root.children.map(({ name }) => name)).toEqual(["billorder.id", "имя"]);
  });
});

describe("a document is refused", () => {
  test.each([
    ["", "empty"],
    ["   ", "empty"],
    ["plain text", "text outside"],
    ["<doc>", "ends early"],
    ["<doc/", "ends early"],
    ["<doc><id>900</id><ok/></doc", "not well-formed"],
    ["<doc><id>900</id><ok/>", "ends early"],
    ["<doc><!-- </doc>", "ends early"],
    ["<doc><![CDATA[ </doc>", "ends early"],
    ["<doc><a></doc></a>", "not well-formed"],
    ["<doc/><doc><id>900</id></doc>", "several roots"],
    ["<doc/>900", "text outside"],
    ["<doc></doc><![CDATA[x]]>", "text outside"],
    ["</doc>", "not well-formed"],
    ["<doc a=1/>", "not well-formed"],
    ["<doc a/>", "not well-formed"],
    ['<doc a="1"b="2"/>', "not well-formed"],
    ['<doc a="1" a="2"/>', "attributes"],
    ['<doc a="<"/>', "not well-formed"],
    ["<1doc/>", "not well-formed"],
    ["< doc/>", "not well-formed"],
    ["<doc>a & b</doc>", "entity"],
    ["<doc>&nbsp;</doc>", "entity"],
    ["<doc>&#0;</doc>", "entity"],
    ["<doc>&#xD800;</doc>", "entity"],
    ["<doc>&#x110000;</doc>", "entity"],
    ["<doc>\u0000</doc>", "forbidden character"],
    ["<doc>\u0008</doc>", "forbidden character"],
    ["<!DOCTYPE doc><doc/>", "declaration"],
    ["<!doctype doc><doc/>", "declaration"],
    ['<!DOCTYPE doc [<!ENTITY a "b">]><doc>&a;</doc>', "declaration"],
    ["<doc><!ELEMENT x></doc>", "declaration"],
    ["<doc><__proto__><id>1</id></__proto__></doc>", "forbidden name"],
    ['<doc constructor="1"/>', "forbidden name"],
    ["<doc><prototype/></doc>", "forbidden name"],
    [`${"<doc>".repeat(33)}${"</doc>".repeat(33)}`, "too deep"],
  ])("%j: %s", (text, problem) => {
    expect(readDocument(text)).toEqual({ kind: "malformed", problem });
  });

  test("at whatever place it was cut off", () => {
    const whole = '<?xml version="1.0"?><doc><id a="x>y">900</id><!-- c --><![CDATA[>]]>&amp;<ok/></doc>';
    expect(readDocument(whole).kind).toBe("document");
    for (let length = 0; length < whole.length; length += 1) {
      expect(readDocument(whole.slice(0, length)).kind, String(length)).toBe("malformed");
    }
  });
});

const nameText = fc
  .stringMatching(/^[a-z_][a-z0-9_.-]{0,8}$/)
  .filter((name) => name !== "constructor" && name !== "prototype");
const anyText = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .map((text) => text.replace(/\p{Cc}|[\ufffe\uffff]/gu, "").trim());

test("whatever another library writes is read as that library reads it", () => {
  interface Node {
    readonly name: string;
    readonly attributes: Record<string, string>;
    readonly content: string | readonly Node[];
  }
  const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      name: nameText,
      attributes: fc.dictionary(nameText, anyText, { maxKeys: 3 }),
      content: fc.oneof({ depthSize: "small" }, anyText, fc.array(tie("tree"), { maxLength: 4 })),
    }),
  }));
  const options = { preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "" };
  const toOrdered = ({ name, attributes, content }: Node): object => {
    const inner = typeof content === "string" ? (content === "" ? [] : [{ "#text": content }]) : content.map(toOrdered);
    return { [name]: inner, ":@": attributes };
  };
  const toShape = ({ name, attributes, content }: Node): unknown => {
    const text = typeof content === "string" ? content : "";
    return [name, attributes, text, ...(typeof content === "string" ? [] : content.map(toShape))];
  };
  const parser = new XMLParser({ ...options, parseTagValue: false, parseAttributeValue: false });
  fc.assert(
    fc.property(tree, (node) => {
      const xml = String(new XMLBuilder(options).build([toOrdered(node)]));
      expect(shape(read(xml))).toEqual(toShape(node));
      expect(parser.parse(xml)).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test("no text whatsoever makes it throw", () => {
  const pieces = [
    "<",
    ">",
    "</",
    "/>",
    "<doc",
    "doc>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    '"',
    "'",
    "=",
    " ",
    "&",
    "&amp;",
    ";",
    "a",
    "\n",
  ];
  const markup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), markup), (text) => {
      expect(["document", "malformed"]).toContain(readDocument(text).kind);
    }),
    { numRuns: 2_000 },
  );
});

describe("a hostile document of 1 MiB takes less than 50 ms:", () => {
  const filled = (part: string, head = "<doc>", tail = "</doc>") =>
    head + part.repeat(Math.floor((limitBytes - head.length - tail.length) / part.length)) + tail;
  const attributes = Array.from({ length: 90_000 }, (_, index) => `a${index}=""`).join(" ");
  test.each([
    ["empty elements", filled("<a/>")],
    ["elements", filled("<a></a>")],
    ["elements with attributes", filled('<a b="c" d="e"/>')],
    ["nesting", filled("<a>", "<doc>", "")],
    ["text", filled("x")],
    ["blanks", filled(" ")],
    ["entities", filled("&amp;")],
    ["references", filled("&#65;")],
    ["comments", filled("<!---->")],
    ["CDATA sections", filled("<![CDATA[]]>")],
    ["instructions", filled("<?a ?>")],
    ["attributes", `<doc ${attributes}/>`],
    ["one long attribute", filled("x", '<doc a="', '"/>')],
    ["an open quote", filled("<", '<doc a="', "")],
    ["blanks in a tag", filled(" ", "<doc", "")],
    ["a long name", filled("x", "<", "")],
    ["equal signs", filled("=", "<doc ", "/>")],
    ["less-than signs", filled("<")],
    ["open comments", filled("<!--")],
    ["a long end tag", filled(" ", "<doc></doc", "")],
    ["as many elements as are read at all", `<doc>${"<a></a>".repeat(49_999)}${" ".repeat(limitBytes * 0.6)}</doc>`],
    [
      "as many attributes as are read at all",
      `<doc>${'<a b="" c=""/>'.repeat(16_600)}${" ".repeat(limitBytes * 0.7)}</doc>`,
    ],
  ])("%s", (_what, text) => {
    expect(text.length).toBeGreaterThan(limitBytes * 0.6);
    // Time on the processor, and the best of five: what is measured is the reader, not what else runs on this machine.
    const times = [1, 2, 3, 4, 5].map(() => {
      const before = process.cpuUsage();
      readDocument(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
