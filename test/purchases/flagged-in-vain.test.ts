// When does a module count no more as one that renews itself?
import { expect, it } from "vitest";
import type { AccountModule } from "../../src/purchases/invariants/picture.ts";
import { listFlaggedInVain } from "../../src/purchases/invariants/terms.ts";
import type { Holding } from "../../src/purchases/ledger/holdings.ts";

const term = { moduleId: "901", expiryAfter: "2026-12-23" };
const holding: Holding = {
  ...{
    purchaseId: "first",
    lineId: 1,
    state: "Purchased",
    reason: null,
    sends: 1,
    licence: "1234567",
    tariff: "23221",
  },
  ...{ hasAutoRenewal: true, term, heldAt: null, markers: [], markersElsewhere: [] },
};
const module: AccountModule = {
  ...{ id: "901", licence: "1234567", tariff: "23221", createdOn: "2026-11-23", expiresOn: "2026-12-23", status: 2 },
  ...{ hasAutoRenewal: true, remoteid: null },
};

it.each<[boolean, AccountModule | null, string]>([
  [false, module, "2026-11-26"],
  [false, { ...module, hasAutoRenewal: null }, "2026-11-26"],
  [true, { ...module, hasAutoRenewal: false }, "2026-11-26"],
  [true, { ...module, status: 4 }, "2026-11-26"],
  [false, null, "2026-12-22"],
  [true, null, "2026-12-23"],
])("%s: %o on %s", (isInVain, row, day) => {
  const modules = row === null ? [] : [row];
  expect(listFlaggedInVain({ modules, holdings: [holding], day })).toEqual(isInVain ? ["first"] : []);
  expect(listFlaggedInVain({ modules, holdings: [{ ...holding, hasAutoRenewal: false }], day })).toEqual([]);
});
