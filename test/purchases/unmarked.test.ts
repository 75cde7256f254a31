// Which modules may a restored ledger have ordered where the account shows no markers?
import { expect, it } from "vitest";
import type { AccountModule, Picture } from "../../src/purchases/invariants/picture.ts";
import { listUnclaimed, listUnmarked } from "../../src/purchases/invariants/unclaimed.ts";

const module: AccountModule = {
  ...{ id: "901", licence: "1234567", tariff: "23221", createdOn: "2026-11-23", expiresOn: "2026-12-23", status: 2 },
  ...{ hasAutoRenewal: null, remoteid: null },
};
const picture: Picture = {
  ...{ account: "main", modules: [module], holdings: [], adoptions: [] },
  ...{ paidSince: "2026-11-01", day: "2026-11-26" },
};

it.each<[boolean, Partial<AccountModule>, Partial<Picture>]>([
  [true, {}, {}],
  [true, { createdOn: "2026-11-01" }, {}],
  [false, { createdOn: "2026-10-31" }, {}],
  [true, { createdOn: null }, {}],
  [true, { createdOn: "2020-01-01" }, { paidSince: null }],
  [false, { status: 4 }, {}],
  [false, { remoteid: "im-aaaaaaaaaaaaaaaa-1" }, {}],
])("%s: %o, %o", (isListed, change, also) => {
  const seen = { ...picture, ...also, modules: [{ ...module, ...change }] };
  expect(listUnmarked(seen, listUnclaimed(seen))).toEqual(isListed ? ["901"] : []);
});
