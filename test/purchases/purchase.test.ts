import { describe, expect, it } from "vitest";
import { markerOf, purchaseIdOf } from "../../src/purchases/purchase.ts";

describe("the id of a purchase", () => {
  // Computed elsewhere: base32(sha256("https://…\nHosting\n1")), lower case, the first sixteen characters.
  it.each([
    ["https://billing.example.com", "Hosting", 1, "zo5o4l7kps6lmwmk"],
    ["https://billing.example.com/", "Hosting", 1, "zo5o4l7kps6lmwmk"],
    ["https://billing.example.com", "Upgrade", 1, "2ep4wybh27jlow3g"],
    ["https://billing.example.com/whmcs", "Hosting", 4294967295, "4xguhuy3f5ku232f"],
    ["https://счёт.example", "Hosting", 42, "kkwdxc22uwli7flf"],
  ])("of %s, %s %d is %s", (url, type, line, id) => {
    expect(purchaseIdOf(url, type, line)).toBe(id);
  });

  it("is made of sixteen characters that a marker may carry", () => {
    for (let line = 1; line <= 200; line++)
      expect(purchaseIdOf("https://a.example", "Hosting", line)).toMatch(/^[a-z2-7]{16}$/);
  });
});

it("a marker names purchase and attempt", () => {
  expect(markerOf("zo5o4l7kps6lmwmk", 2)).toBe("im-zo5o4l7kps6lmwmk-2");
});
