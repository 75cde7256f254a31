import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { LicenceRow } from "../../src/ispmanager/account.ts";
import { createAccount } from "../../src/ispmanager/client.ts";
import { silentLog } from "../../src/log.ts";
import { createLooker, matchLicence } from "../../src/purchases/view.ts";
import { startFarSide } from "../ispmanager/far-side.ts";

const row = (id: string, name: string | null = null, ip: string | null = null): LicenceRow => ({
  id,
  name,
  ip,
  status: 2,
  tariff: null,
  tariffName: null,
});

describe("the licence that a row names", () => {
  const licences = [
    row("100", "web01", "192.0.2.1"),
    row("200", "web02", "192.0.2.2"),
    row("300", "web02", "192.0.2.3"),
  ];

  it.each([
    ["100", "100", "yes"],
    ["100", "200", "no"],
    ["999", "999", "yes"],
    ["999", "100", "no"],
    ["web01", "100", "yes"],
    ["192.0.2.1", "100", "yes"],
    ["web01", "200", "no"],
    ["web02", "200", "maybe"],
    ["web02", "300", "maybe"],
    ["web02", "100", "no"],
    ["unheard-of", "100", "maybe"],
    ["", "100", "maybe"],
    [null, "100", "maybe"],
  ])("%j for licence %s: %s", (item, licence, match) => {
    expect(matchLicence(item, licence, licences)).toBe(match);
  });

  it("is open where digits are one licence's id and another's name", () => {
    const confusing = [row("100", "200"), row("200", "web02"), row("300", "web03")];
    expect(matchLicence("200", "200", confusing)).toBe("maybe");
    expect(matchLicence("200", "100", confusing)).toBe("maybe");
    expect(matchLicence("200", "300", confusing)).toBe("no");
    expect(matchLicence("100", "100", confusing)).toBe("yes");
  });

  it("is its own name in digits", () => {
    expect(matchLicence("200", "200", [row("200", "200")])).toBe("yes");
  });

  it("digits that are no licence's id but one's name are that name", () => {
    expect(matchLicence("42", "100", [row("100", "42")])).toBe("yes");
    expect(matchLicence("42", "42", [row("100", "42")])).toBe("no");
  });
});

/** What an account answers, by function; a form by its module. */
interface Answers {
  readonly modules: string;
  readonly forms?: Readonly<Record<string, string>>;
}

const soft = "<elem><id>100</id><licname>web01</licname></elem><elem><id>200</id><licname>web02</licname></elem>";
const whole = (id: string, item: string) =>
  `<elem><id>${id}</id>${item}<pricelist_id>23221</pricelist_id><createdate>2026-11-01</createdate>` +
  `<expiredate>2026-12-01</expiredate><autoprolong></autoprolong><status>2</status><remoteid>s1</remoteid></elem>`;

/** Looks once through the real client at an account that answers so, for licence 100 and tariff 23221. */
async function lookAt(answers: Answers) {
  const asked: string[] = [];
  const list = (rows: string) => `<doc><p_elems>${rows.split("<elem>").length - 1}</p_elems>${rows}</doc>`;
  const side = await startFarSide({
    onRequest: (socket, { form }) => {
      const id = form.get("elid") ?? "";
      const body = {
        addition: list(answers.modules),
        soft: list(soft),
        "pricelist.export": "<doc/>",
        "addition.edit": answers.forms?.[id] ?? '<doc><error type="missed"/></doc>',
      }[form.get("func") ?? ""];
      if (form.get("func") === "addition.edit") asked.push(id);
      const text = `<?xml version="1.0"?>${body}`;
      const length = Buffer.byteLength(text);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: ${length}\r\n\r\n${text}`);
    },
  });
  onTestFinished(() => side.close());
  const url = `${side.origin}/manager/billmgr`;
  const timeouts = { readMs: 2_000, orderMs: 2_000 };
  const account = createAccount({ url, login: "a", password: "b", timeouts, clock: systemClock, log: silentLog });
  const looker = createLooker(account);
  const view = await looker.look();
  if (view.kind !== "ok") throw new Error(`not readable: ${JSON.stringify(view)}`);
  const seen = await looker.see(view.value, { licence: "100", tariff: "23221" });
  if (seen.kind !== "ok") throw new Error(`not readable: ${JSON.stringify(seen)}`);
  return { ids: seen.value.modules.map((module) => module.id), unresolved: seen.value.unresolved, asked };
}

const form = (fields: string) => `<doc>${fields}<pricelist>23221</pricelist><status>2</status></doc>`;

describe("a look", () => {
  it("takes a row that says everything at its word, without its form", async () => {
    const rows = whole("1", "<item>100</item>") + whole("2", "<item>200</item>");
    expect(await lookAt({ modules: rows })).toEqual({ ids: ["1"], unresolved: [], asked: [] });
  });

  it("asks the form for the licence that a row leaves out", async () => {
    const modules = whole("1", "") + whole("2", "");
    const forms = { "1": form("<item>100</item>"), "2": form("<item>200</item>") };
    expect(await lookAt({ modules, forms })).toEqual({ ids: ["1"], unresolved: [], asked: ["1", "2"] });
  });

  it("asks the form for a text that no licence carries", async () => {
    const modules = whole("1", "<item>DDoS-GUARD for somebody</item>");
    expect(await lookAt({ modules, forms: { "1": form("<item>100</item>") } })).toMatchObject({ ids: ["1"] });
  });

  it("leaves open what the form does not settle either", async () => {
    const modules = ["1", "2", "3", "4"].map((id) => whole(id, "<item>somebody's</item>")).join("");
    const forms = { "1": form("<item>elsewhere</item>"), "2": form(""), "3": form("<item>777</item>") };
    expect(await lookAt({ modules, forms })).toMatchObject({ ids: [], unresolved: ["1", "2", "3", "4"] });
  });

  it("does not wonder about rows of another tariff or deleted ones", async () => {
    const other = whole("1", "").replace("23221", "9");
    const deleted = whole("2", "").replace("<status>2", "<status>4");
    expect(await lookAt({ modules: other + deleted })).toEqual({ ids: [], unresolved: [], asked: [] });
  });
});
