// What do staff and customers read of a module that was suspended, resumed or deleted?
import { expect, it } from "vitest";
import type { ModuleStep } from "../../src/purchases/ledger/module-steps.ts";
import { describeLife } from "../../src/service-calls/module-life.ts";
import { texts } from "../../src/service-calls/texts.ts";

/** Steps as `suspend asked`, one a day from 1 December. */
const steps = (...words: readonly string[]): ModuleStep[] =>
  words.map((word, at) => {
    const [change, step, detail = ""] = word.split(" ") as [ModuleStep["change"], ModuleStep["step"], string?];
    const day = `2026-12-0${at + 1}`;
    const same = {
      account: "main",
      moduleId: "900",
      serviceRef: "h1",
      ageMs: 1_000,
      takenAt: `${day} 10:00:00.000000`,
    };
    return { ...same, n: at + 1, change, step, detail, day };
  });

const { suspended, deleted } = texts;
const asked = ["suspend asked", "suspend accepted"] as const;
const seen = [...asked, "suspend seen"] as const;

it.each([
  {
    of: ["suspend asked"],
    staff: "was asked to suspend the module, and has not shown it done yet",
    customer: suspended,
  },
  { of: ["suspend asked", "suspend not-sent"], staff: "was asked to suspend", customer: null },
  { of: asked, staff: "was asked to suspend", customer: suspended },
  { of: seen, staff: "is suspended at ispmanager since 2026-12-03.", customer: suspended },
  { of: ["suspend found"], staff: "not by the bridge, which will not resume it", customer: suspended },
  {
    of: ["suspend asked", "suspend refused access"],
    staff: "may not suspend modules (access); it stays active there until 2026-12-24.",
    customer: null,
  },
  { of: [...seen, "resume asked"], staff: "was asked to resume", customer: suspended },
  {
    of: [...seen, "resume asked", "resume refused access"],
    staff: "may not resume modules (access): the module stays suspended",
    customer: suspended,
  },
  {
    of: ["delete asked", "delete refused"],
    staff: "may not delete modules; it stays active there until 2026-12-24.",
    customer: null,
  },
  { of: ["delete asked", "delete unknown"], staff: "was asked to delete", customer: null },
  { of: ["delete kept"], staff: "was not deleted: ispmanager does not show its term, or a longer one", customer: null },
  { of: ["delete kept 2027-03-01"], staff: "shows it paid until 2027-03-01, which is longer", customer: null },
  {
    of: ["delete asked", "delete accepted"],
    staff: "The module was deleted at ispmanager on 2026-12-02.",
    customer: deleted,
  },
  {
    of: ["delete asked", "delete accepted", "delete seen"],
    staff: "was deleted at ispmanager on 2026-12-03.",
    customer: deleted,
  },
])("after $of", ({ of, staff, customer }) => {
  const life = describeLife(steps(...of), "2026-12-24");
  expect(life?.staff).toContain(staff);
  expect(life?.customer).toEqual(customer);
});

it.each([{ of: [] }, { of: [...seen, "resume asked", "resume seen"] }, { of: ["suspend asked", "suspend withdrawn"] }])(
  "nothing after $of",
  ({ of }) => {
    expect(describeLife(steps(...of), "2026-12-24")).toBeNull();
  },
);
