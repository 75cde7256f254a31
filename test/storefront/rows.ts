// Rows of a WHMCS catalogue for tests of the pure rules: one sound product, to be spoilt by each test.
import type { CatalogRows, ProductRow } from "../../src/whmcs/catalog-rows.ts";
import type { PriceRow } from "../../src/whmcs/values.ts";

export function productRow(change: Partial<ProductRow> = {}): ProductRow {
  return {
    kind: "product",
    id: 1,
    name: "DDoS-GUARD",
    isHidden: false,
    isRetired: false,
    payType: "recurring",
    isOutOfStock: false,
    options: ["23221", "DDoSGUARD", "", "", "", ""],
    licenceFieldId: 11,
    ipFieldId: 12,
    takesLicenceOfService: false,
    autoSetup: "",
    isProrated: false,
    allowsQuantity: false,
    asksForDomain: false,
    ...change,
  };
}

export function priceRow(change: Partial<PriceRow> = {}): PriceRow {
  return {
    id: 1,
    type: "product",
    currencyId: 1,
    relid: 1,
    monthlySetup: "0.00",
    quarterlySetup: "0.00",
    semiannuallySetup: "0.00",
    annuallySetup: "0.00",
    bienniallySetup: "0.00",
    trienniallySetup: "0.00",
    monthly: "15.00",
    quarterly: "-1.00",
    semiannually: "-1.00",
    annually: "-1.00",
    biennially: "-1.00",
    triennially: "-1.00",
    ...change,
  };
}

export function catalogRows(change: Partial<CatalogRows> = {}): CatalogRows {
  return {
    products: [productRow()],
    currencies: [
      { id: 1, code: "USD", rate: "1.00000", isDefault: true },
      { id: 2, code: "EUR", rate: "0.92000", isDefault: false },
    ],
    prices: [priceRow()],
    ...change,
  };
}
