// Are the fields found under every name of section 4 of the contract, and under no other?
import { describe, expect, test } from "vitest";
import { findFields, pickValue, roleOfField } from "../../src/whmcs/fields.ts";

describe("the licence stands in a field called", () => {
  test.each([
    "License ID",
    "license id",
    "LICENSE_ID",
    "License-ID",
    "Licen.se I.D.",
    "LicenseID",
    "License\u00a0ID",
    "license_id|License number of your panel",
    " License ID | Server IP",
    "Licence ID",
    "License",
    "Licence",
    "ispmanager license",
    "ISPmanager License",
    "ID лицензии",
    "id Лицензии",
    "Лицензия",
    "Лицензия|License",
  ])("%j", (name) => expect(roleOfField(name)).toBe("licence"));
});

describe("the IP address stands in a field called", () => {
  test.each(["Server IP", "server-ip", "Server.IP", "IP", "ip", "IP address", "IP_Address|Address", "IP сервера"])(
    "%j",
    (name) => expect(roleOfField(name)).toBe("ip"),
  );
});

test.each([
  ["Paid until", "paidUntil"],
  ["Оплачен до", "paidUntil"],
  ["Module ID", "moduleId"],
  ["ispmanager id|Module at ispmanager", "moduleId"],
] as const)("what we write back stands in a field called %j", (name, role) => expect(roleOfField(name)).toBe(role));

describe("no meaning for us has a field called", () => {
  test.each([
    "",
    "|License ID",
    "License key",
    "Windows licence",
    "Server",
    "IPv6 range",
    "Licence ID 2",
    "constructor",
    "Module",
    "Paid",
  ])("%j", (name) => expect(roleOfField(name)).toBeNull());
});

test("of several fields with one meaning the lowest id counts, in whatever order they come", () => {
  const fields = [
    { id: 9, name: "Licence" },
    { id: 4, name: "License ID" },
    { id: 7, name: "IP" },
    { id: 6, name: "Colour" },
    { id: 5, name: "Лицензия" },
    { id: 2, name: "Paid_Until|Оплачен до" },
  ];
  const found = { licence: 4, ip: 7, paidUntil: 2, moduleId: null };
  expect(findFields(fields)).toEqual(found);
  expect(findFields(fields.toReversed())).toEqual(found);
  expect(findFields([])).toEqual({ licence: null, ip: null, paidUntil: null, moduleId: null });
});

test("of several values of one field the highest row id counts, trimmed, and an empty one is none", () => {
  const values = [
    { id: 2, fieldId: 4, value: " 222 " },
    { id: 3, fieldId: 5, value: "333" },
    { id: 1, fieldId: 4, value: "111" },
  ];
  expect(pickValue(4, values)).toBe("222");
  expect(pickValue(4, values.toReversed())).toBe("222");
  expect(pickValue(4, [...values, { id: 8, fieldId: 4, value: "  " }])).toBeNull();
  expect(pickValue(6, values)).toBeNull();
  expect(pickValue(null, values)).toBeNull();
});
