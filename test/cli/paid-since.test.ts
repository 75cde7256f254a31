// Which moments can be written for `--paid-since`, and what do they mean on the clock of WHMCS?
import { describe, expect, test } from "vitest";
import { readPaidSince } from "../../src/cli/paid-since.ts";
import { createLocalTime } from "../../src/purchases/engine.ts";

const around = { now: new Date("2026-11-23T23:30:15.9Z"), localTime: createLocalTime("Europe/Berlin") };

test.each([
  { text: "2026-11-23T10:20:30", local: "2026-11-23 10:20:30" },
  { text: "2026-11-23 10:20:30", local: "2026-11-23 10:20:30" },
  { text: "2026-11-23T10:20", local: "2026-11-23 10:20:00" },
  { text: "2026-11-23", local: "2026-11-23 00:00:00" },
  { text: "2026-11-23T10:20:30.999", local: "2026-11-23 10:20:30" },
  { text: "2026-11-23T10:20:30Z", local: "2026-11-23 11:20:30" },
  { text: "2026-07-23T10:20:30z", local: "2026-07-23 12:20:30" },
  { text: "2026-11-23T23:30:00-05:00", local: "2026-11-24 05:30:00" },
  { text: "2026-11-23T00:30:00+0300", local: "2026-11-22 22:30:00" },
  { text: "now", local: "2026-11-24 00:30:15" },
  { text: "2028-02-29", local: "2028-02-29 00:00:00" },
])("$text is $local in Berlin", ({ text, local }) => {
  expect(readPaidSince(text, around)).toBe(local);
});

describe("refused", () => {
  test.each([
    "",
    "yesterday",
    "2026-02-30",
    "2026-13-01",
    "2026-11-23T24:00:00",
    "2026-11-23T10:60:00",
    "2026-11-23T10:20:60",
    "2026-11-23T10:20:30+99:00",
    "2026-11-23Z",
    "23.11.2026",
    "0026-11-23",
    "1795391999",
    "2026-11-23T10:20:30 or so",
  ])("%j", (text) => {
    expect(readPaidSince(text, around)).toBeNull();
  });
});
