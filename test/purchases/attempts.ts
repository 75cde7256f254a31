// Which order and which renewal do tests of evidence look for?
import type { Attempt } from "../../src/purchases/purchase.ts";

export const order: Attempt = {
  purchaseId: "zo5o4l7kps6lmwmk",
  n: 1,
  marker: "im-zo5o4l7kps6lmwmk-1",
  account: "main",
  action: "order",
  licence: "1234567",
  tariff: "23221",
  remoteServiceId: null,
  periodMonths: 1,
  listBefore: [{ id: "900", expiresOn: "2026-10-01" }],
  cost: "10.0000",
  currency: "USD",
  expectedExpiry: "2026-12-23",
  isAnnounced: false,
  madeOn: "2026-11-23",
  sinceDeadlineMs: 0,
};
export const renewal: Attempt = {
  ...order,
  action: "renew",
  remoteServiceId: "900",
  listBefore: [{ id: "900", expiresOn: "2026-12-23" }],
  expectedExpiry: "2027-01-23",
};
