// What does the shop of the demo sell, and to whom?
import type { Shop } from "./shop.ts";

export interface DemoShop {
  readonly groupId: number;
  readonly products: {
    readonly ddosGuard: number;
    readonly bitNinja: number;
    readonly drWeb: number;
    readonly hosting: number;
  };
  /** The first pays in US dollars, the second in euros. */
  readonly clientIds: readonly [number, number];
}

/** Fills an empty shop: two currencies, three modules, one product of another server module, two clients. */
export async function fillDemoShop(shop: Shop): Promise<DemoShop> {
  await shop.addCurrency({ code: "USD", prefix: "$", isDefault: true });
  await shop.addCurrency({ code: "EUR", prefix: "€", rate: "0.92000" });
  const groupId = await shop.addProductGroup({ name: "ispmanager modules" });
  const ddosGuard = await shop.addProduct({
    name: "DDoS-GUARD",
    groupId,
    options: ["23221", "DDoSGUARD"],
    prices: {
      USD: { monthly: "15.00", semiannually: "85.00", annually: "160.00" },
      EUR: { monthly: "13.80", semiannually: "78.20", annually: "147.20" },
    },
  });
  const bitNinja = await shop.addProduct({
    name: "BitNinja",
    groupId,
    options: ["55371", "bitninja"],
    prices: { USD: { monthly: "20.00", annually: "210.00" }, EUR: { monthly: "18.40", annually: "193.20" } },
  });
  const drWeb = await shop.addProduct({
    name: "Dr.Web pro",
    groupId,
    options: ["55362", "drwebpro"],
    prices: { USD: { monthly: "9.90" }, EUR: { monthly: "9.10" } },
  });
  const hosting = await shop.addProduct({
    name: "Web hosting",
    groupId: await shop.addProductGroup({ name: "Hosting" }),
    serverType: "ispmanager",
    showsDomainOptions: true,
    fields: [],
    prices: { USD: { monthly: "5.00" }, EUR: { monthly: "4.60" } },
  });
  const anna = await shop.addClient({ firstName: "Anna", lastName: "Weber", email: "anna@example.com" });
  const piotr = await shop.addClient({
    firstName: "Piotr",
    lastName: "Nowak",
    email: "piotr@example.com",
    currency: "EUR",
  });
  return {
    groupId,
    products: {
      ddosGuard: ddosGuard.productId,
      bitNinja: bitNinja.productId,
      drWeb: drWeb.productId,
      hosting: hosting.productId,
    },
    clientIds: [anna, piotr],
  };
}
