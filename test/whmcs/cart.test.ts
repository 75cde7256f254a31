// Is the cart link the one of section 3.2 of the contract?
import { expect, test } from "vitest";
import { cartLink } from "../../src/whmcs/cart.ts";

const cart = { whmcsUrl: "https://billing.example.com", template: null };

test("the link names product, cycle, currency and fields, in this order", () => {
  const link = cartLink(cart, {
    productId: 7,
    currencyId: 2,
    fields: [
      [11, "1234567"],
      [12, "2001:db8::1"],
    ],
  });
  expect(decodeURIComponent(link)).toBe(
    "https://billing.example.com/cart.php?a=add&pid=7&billingcycle=monthly&currency=2&customfield[11]=1234567&customfield[12]=2001:db8::1",
  );
});

test("the order form template is appended when set", () => {
  const link = cartLink({ ...cart, template: "standard_cart" }, { productId: 7, currencyId: 2, fields: [] });
  expect(link).toMatch(/&currency=2&carttpl=standard_cart$/);
});

test("a WHMCS in a folder keeps its folder, with or without a final slash", () => {
  for (const whmcsUrl of ["https://example.com/clients", "https://example.com/clients/"]) {
    expect(cartLink({ ...cart, whmcsUrl }, { productId: 7, currencyId: 2, fields: [] })).toMatch(
      /^https:\/\/example\.com\/clients\/cart\.php\?a=add&/,
    );
  }
});

test("a value cannot become a parameter, a path or a header", () => {
  const link = cartLink(cart, { productId: 7, currencyId: 2, fields: [[11, "1&pid=9#/../\r\nX: y"]] });
  expect(new URL(link).searchParams.getAll("pid")).toEqual(["7"]);
  expect(new URL(link).hash).toBe("");
  expect(link).not.toMatch(/[\r\n ]/);
});
