// What does a reference to a service say, and how do others get to see it?
import { expect, test } from "vitest";
import { nameOfRef, readRef, refOfAddon, refOfService, shownId, splitRefs } from "../../src/whmcs/service-ref.ts";

test("services and addons have numbers of their own", () => {
  expect([refOfService(41), refOfAddon(41)]).toEqual(["h41", "a41"]);
  expect([readRef("h41"), readRef("a41")]).toEqual([
    { isAddon: false, id: 41 },
    { isAddon: true, id: 41 },
  ]);
  expect(splitRefs(["a2", "h1", "a1", "h3"])).toEqual({ serviceIds: [1, 3], addonIds: [2, 1] });
});

test("a service is shown by its bare number, as ever, and an addon never as a service", () => {
  expect([shownId("h41"), shownId("a41")]).toEqual(["41", "a41"]);
  expect([nameOfRef("h41"), nameOfRef("a41")]).toEqual(["service 41", "addon 41"]);
});
