// Is a licence refused only for what the account says for certain, however addresses and editions are written?
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { LicenceRow } from "../../../src/ispmanager/account.ts";
import { addressesIn, areElsewhere, canonicalAddress } from "../../../src/purchases/licences/addresses.ts";
import { editionOfLicence, editionOfModule } from "../../../src/purchases/licences/editions.ts";
import { judgeLicence } from "../../../src/purchases/licences/judge.ts";

const row = (change: Partial<LicenceRow> = {}): LicenceRow => ({
  ...{ id: "100", name: "web01", ip: "192.0.2.10", status: 2, tariff: null, tariffName: "ispmanager pro" },
  ...change,
});
const judge = (
  change: Partial<LicenceRow>,
  use: { ip?: string | null; tariff?: string | null; licence?: string } = {},
) =>
  judgeLicence([row({ id: "99", status: 3 }), row(change)], {
    ...{ licence: "100", ip: "192.0.2.10", tariff: "55362" },
    ...use,
  });

describe("two addresses", () => {
  it.each([
    ["192.0.2.10", "::ffff:192.0.2.10"],
    ["192.0.2.10", "::FFFF:c000:20a"],
    ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1"],
    ["192.0.2.10 192.0.2.11", "192.0.2.11"],
    ["192.0.2.10,2001:db8::1;", " 2001:db8:0::1 "],
  ])("%s and %s are one server's", (one, other) => {
    expect([areElsewhere(one, other), areElsewhere(other, one)]).toEqual([false, false]);
  });

  it.each([
    ["192.0.2.10", "192.0.2.11"],
    ["192.0.2.10", "2001:db8::1"],
    ["192.0.2.1", "192.0.2.10"],
    ["192.0.2.10, 192.0.2.12", "192.0.2.11"],
  ])("%s and %s are of two servers", (one, other) => {
    expect([areElsewhere(one, other), areElsewhere(other, one)]).toEqual([true, true]);
  });

  it.each([null, "", " ", "web01", "0.0.0.0", "::", "192.0.2.300", "192.0.2", "fe80::1%eth0", "192.0.2.11 web01"])(
    "are not told apart where one is %j",
    (unknown) => {
      expect([areElsewhere(unknown, "192.0.2.10"), areElsewhere("192.0.2.10", unknown)]).toEqual([false, false]);
    },
  );

  test("every IPv4 address has one spelling, and whatever else comes in ends nowhere", () => {
    fc.assert(fc.property(fc.ipV4(), (address) => canonicalAddress(address) === canonicalAddress(`::ffff:${address}`)));
    fc.assert(fc.property(fc.ipV6(), (address) => canonicalAddress(address) !== null));
    for (const hostile of ["::1]/x[", "1", "a", "[::1]", "::1/64", "::1@evil", "192.0.2.10:80", "::1 ::2"]) {
      expect(canonicalAddress(hostile)).toBeNull();
    }
    expect([...addressesIn("::1 ::2")]).toEqual(["[::1]", "[::2]"]);
  });
});

describe("a licence", () => {
  it("that the account does not list is not ours", () => {
    expect([judge({}, { licence: "101" }), judgeLicence([], { licence: "100", ip: null, tariff: null })]).toEqual([
      "licence_not_ours",
      "licence_not_ours",
    ]);
  });

  it.each([1, 3, 4, 5, 0])("of status %i is not active", (status) => {
    expect(judge({ status })).toBe("licence_inactive");
  });

  it.each([2, null])("of status %j may be", (status) => {
    expect(judge({ status })).toBeNull();
  });

  it("of another address or edition is not for this module, and the first that holds is told", () => {
    expect(judge({ ip: "192.0.2.11" })).toBe("licence_ip");
    expect(judge({ tariffName: "ispmanager host" })).toBe("licence_edition");
    expect(judge({ ip: "192.0.2.11", tariffName: "ispmanager host" })).toBe("licence_ip");
    expect(judge({ status: 3, ip: "192.0.2.11" })).toBe("licence_inactive");
  });

  it("of which nobody has asked for address and module is judged without", () => {
    expect(judge({ ip: "192.0.2.11", tariffName: "ispmanager host" }, { ip: null, tariff: null })).toBeNull();
  });
});

describe("an edition", () => {
  const modules = { lite: ["55361", "55377"], pro: ["55362", "55378"], host: ["55363", "55379"] };
  const licences = { lite: "55227", pro: "55228", host: "55229", business: "55230" };

  it("is that of the tariff, at either host of the vendor", () => {
    for (const [edition, tariffs] of Object.entries(modules)) {
      expect(tariffs.map(editionOfModule)).toEqual([edition, edition]);
    }
    for (const [edition, tariff] of Object.entries(licences)) {
      expect(editionOfLicence({ tariff, tariffName: null })).toBe(edition);
      expect(editionOfLicence({ tariff: null, tariffName: `ISPmanager ${edition}` })).toBe(edition);
    }
  });

  it("is unknown for whatever the documentation does not name, and then fits", () => {
    for (const tariff of ["23221", "55371", "55390", "277", ""]) expect(editionOfModule(tariff)).toBeNull();
    for (const tariffName of ["ispmanager trial", "ISPmanager 5 Lite", "ispmanager pro trial", "pro", null]) {
      expect([editionOfLicence({ tariff: null, tariffName }), judge({ tariffName })]).toEqual([null, null]);
    }
    expect(judge({ tariff: "55239", tariffName: "ispmanager host" })).toBeNull();
    expect(judge({ tariffName: "ispmanager host" }, { tariff: "23221" })).toBeNull();
  });
});
