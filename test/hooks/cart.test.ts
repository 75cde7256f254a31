// Which carts does WHMCS refuse, and what does the customer read?
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook, type WhmcsRun, type WhmcsSite } from "../../src/sandbox/php.ts";
import { rootUrlOf } from "../sandbox-database.ts";
import { secret } from "../webhook/signing.ts";
import { addModule, openTestShop, type TestShop } from "../whmcs/test-shop.ts";
import { freePort, listen, startBridge, stop } from "./bridge.ts";

const licence = "1234567";
const owned = "7654321";
const foreign = "9999999";

let phpPath: string;
let here: TestShop;
/** WHMCS's own user may do everything. */
let databaseUrl: string;
let guard: Awaited<ReturnType<typeof addModule>>;
let ninja: Awaited<ReturnType<typeof addModule>>;
let hostingId: number;
let clientId: number;
let serviceId: number;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  phpPath = await requirePhp();
  here = await openTestShop({ hidden: ["tblorders.invoiceid"] });
  databaseUrl = rootUrlOf(new URL(here.readerUrl).pathname.slice(1));
  guard = await addModule(here.shop);
  ninja = await addModule(here.shop, { name: "Bit<Ninja>", options: ["55371", "bitninja"] });
  ({ productId: hostingId } = await here.shop.addProduct({ name: "Hosting", serverType: "other", fields: [] }));
  clientId = await here.shop.addClient({ email: "anna@example.com" });
  const order = await here.shop.placeOrder({ clientId, items: [{ productId: guard.productId, licence: owned }] });
  serviceId = order.serviceIds[0] ?? 0;
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(() => here.close());

interface CartItem {
  readonly pid: number;
  readonly customfields?: Readonly<Record<number, string>>;
}

function item(
  module: { productId: number; licenceFieldId: number; ipFieldId: number },
  text: string,
  ip = "",
): CartItem {
  return { pid: module.productId, customfields: { [module.licenceFieldId]: text, [module.ipFieldId]: ip } };
}

interface Situation {
  readonly products: readonly CartItem[];
  readonly session?: object;
  readonly vars?: object;
  readonly site?: Partial<WhmcsSite>;
}

function runCart(point: string, { products, session, vars = {}, site }: Situation): Promise<WhmcsRun> {
  const settings = { url: "http://127.0.0.1:1", secret };
  const request = { session: { cart: { products }, ...session } };
  return runHook({ phpPath, settings, database: databaseUrl, request, ...site, point, vars });
}

/** What the customer reads at checkout; whatever else reaches the page fails the test. */
async function checkout(situation: Situation): Promise<unknown> {
  const run = await runCart("ShoppingCartValidateCheckout", situation);
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
  return run.results[0]?.returned;
}

/** The same when the first product of the cart is configured, with these values typed into its fields. */
async function configure(typed: NonNullable<CartItem["customfields"]>, situation: Situation): Promise<unknown> {
  const vars = { a: "confproduct", i: "0", customfield: typed, ...situation.vars };
  const run = await runCart("ShoppingCartValidateProductUpdate", { ...situation, vars });
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
  return run.results[0]?.returned;
}

const nothing = [[]];

describe("without a bridge that answers", () => {
  test("a sound cart is let through, and so is one without our products", async () => {
    const products = [item(guard, licence), item(ninja, licence, "2001:db8::1"), { pid: hostingId, customfields: {} }];
    expect(await checkout({ products })).toEqual(nothing);
    expect(await checkout({ products: products.slice(2) })).toEqual(nothing);
    expect(await checkout({ products: [] })).toEqual(nothing);
  });

  test.each(["", "0123", "12a", "12345678901", "-5", "1 2"])("a licence of %j is refused", async (text) => {
    const sentences = await checkout({ products: [item(guard, licence), item(ninja, text)] });
    expect(sentences).toEqual([
      [expect.stringMatching(/^Bit&lt;Ninja&gt;: enter the number of your ispmanager licence/)],
    ]);
  });

  test("a field that the cart says nothing of is nobody's fault", async () => {
    expect(await checkout({ products: [{ pid: guard.productId, customfields: {} }] })).toEqual(nothing);
    expect(await checkout({ products: [{ pid: guard.productId }] })).toEqual(nothing);
    const typed = { [guard.ipFieldId]: "192.0.2.10" };
    expect(await configure(typed, { products: [{ pid: guard.productId }] })).toEqual(nothing);
    expect(await checkout({ products: [{ pid: guard.productId, customfields: { [guard.ipFieldId]: "x" } }] })).toEqual([
      [expect.stringContaining("the IP address is not valid")],
    ]);
  });

  test.each([{ isOnOrderForm: false }, { isOnOrderForm: true, isAdminOnly: true }])(
    "a licence field with %j is not asked for, whatever the cart says of it",
    async (flags) => {
      const fields = [
        { name: "License ID", isRequired: true, ...flags },
        { name: "Licence", isOnOrderForm: true },
      ];
      const bare = await addModule(here.shop, { fields });
      const products = ["", "x"].map((text) => ({
        pid: bare.productId,
        customfields: { [bare.licenceFieldId]: text },
      }));
      expect(await checkout({ products })).toEqual(nothing);
    },
  );

  test("spaces around a licence do not count", async () => {
    expect(await checkout({ products: [item(guard, ` ${licence} `)] })).toEqual(nothing);
  });

  test.each(["300.1.1.1", "192.0.2", "example.com", "fe80::1%eth0"])("an address of %j is refused", async (ip) => {
    const sentences = await checkout({ products: [item(guard, licence, ip)] });
    expect(sentences).toEqual([[expect.stringMatching(/^DDoS-GUARD: the IP address is not valid/)]]);
  });

  test("one module twice for one licence is refused once, also where two products sell it", async () => {
    const twin = await addModule(here.shop, { name: "DDoS-GUARD (new)" });
    const products = [item(guard, licence), item(ninja, licence), item(twin, licence)];
    expect(await checkout({ products })).toEqual([
      [`DDoS-GUARD (new) is in the cart twice for licence ${licence}. Remove one of them.`],
    ]);
  });

  test("every problem of a cart is told, one sentence an item", async () => {
    const products = [item(guard, "x"), item(ninja, licence, "y"), item(ninja, licence)];
    expect(await checkout({ products })).toEqual([
      [
        expect.stringMatching(/^DDoS-GUARD: enter/),
        expect.stringMatching(/^Bit&lt;Ninja&gt;: the IP/),
        expect.stringContaining("twice"),
      ],
    ]);
  });

  test("the customer reads Russian where Russian was chosen in the session or in the profile", async () => {
    const products = [item(guard, "x")];
    const russian = [[expect.stringContaining("DDoS-GUARD: укажите номер вашей лицензии")]];
    expect(await checkout({ products, session: { Language: "russian" } })).toEqual(russian);
    const russianClient = await here.shop.addClient({ email: "ivan@example.com" });
    await here.shop.sql("UPDATE tblclients SET language = 'russian' WHERE id = ?", [russianClient]);
    expect(await checkout({ products, session: { uid: russianClient } })).toEqual(russian);
  });

  test("at configuration what was just typed counts, and only this product is spoken of", async () => {
    const products = [item(guard, ""), item(ninja, "x")];
    expect(await configure({ [guard.licenceFieldId]: "12a" }, { products })).toEqual([
      [expect.stringMatching(/^DDoS-GUARD: enter/)],
    ]);
    expect(await configure({ [guard.licenceFieldId]: licence }, { products })).toEqual(nothing);
  });

  test("at configuration a licence that another item of the cart has already is refused", async () => {
    const products = [item(guard, ""), item(guard, licence)];
    expect(await configure({ [guard.licenceFieldId]: licence }, { products })).toEqual([
      [expect.stringContaining("twice")],
    ]);
  });

  test.each([{ i: "7" }, { i: ["0"] }, { i: undefined }])(
    "a step of %j without a field of ours is let through",
    async (vars) => {
      expect(await configure({}, { products: [item(guard, "x")], vars })).toEqual(nothing);
    },
  );

  describe("a configuration step whose variables name no place in the cart", () => {
    const vars = { i: undefined };
    const refused = [[expect.stringMatching(/^Bit&lt;Ninja&gt;: enter/)]];
    const products = () => [item(guard, licence), item(ninja, "")];

    test.each([
      ["get", { i: "1" }, true],
      ["post", { i: "1" }, true],
      ["get", { i: "1x" }, false],
      ["get", { i: "9" }, false],
    ])("is known by %s %j of the request: %s", async (method, sent, isRefused) => {
      const site = { request: { session: { cart: { products: products() } }, [method]: sent } };
      const typed = { 999999: "of another product" };
      expect(await configure(typed, { products: [], vars, site })).toEqual(isRefused ? refused : nothing);
    });

    test("is known by the only product of the cart that has one of its fields", async () => {
      const typed = { [ninja.licenceFieldId]: "12a" };
      expect(await configure(typed, { products: products(), vars })).toEqual(refused);
      expect(await configure(typed, { products: [...products(), item(ninja, "7")], vars })).toEqual(nothing);
      expect(await configure(typed, { products: [item(guard, licence)], vars })).toEqual(nothing);
    });

    test("may have its fields in the request alone", async () => {
      const session = { cart: { products: products() } };
      const post = { customfield: { [ninja.licenceFieldId]: "12a" } };
      const site = { request: { session, post } };
      expect(await configure({}, { products: [], vars: { ...vars, customfield: undefined }, site })).toEqual(refused);
    });
  });
});

describe("what the client already has", () => {
  const products = () => [item(guard, owned)];
  const refused = () => [
    [expect.stringMatching(new RegExp(`already have DDoS-GUARD .*${owned}.*service #${serviceId}`))],
  ];

  test.each(["Pending", "Active", "Suspended"] as const)("as %s is refused", async (status) => {
    await here.shop.setServiceStatus(serviceId, status);
    expect(await checkout({ products: products(), session: { uid: clientId } })).toEqual(refused());
    expect(await configure({}, { products: products(), session: { uid: clientId } })).toEqual(refused());
  });

  test("counts for the client that WHMCS's own class names, whoever the session names", async () => {
    const currentUser = (body: string) =>
      `class_alias(get_class(new class { public function client() { ${body} } }), 'WHMCS\\\\Authentication\\\\CurrentUser');`;
    await here.shop.setServiceStatus(serviceId, "Active");
    const named = { configuration: currentUser(`return (object) ['id' => ${clientId}];`) };
    expect(await checkout({ products: products(), site: named, session: { uid: 999 } })).toEqual(refused());
    const nobody = { configuration: currentUser("return null;") };
    expect(await checkout({ products: products(), site: nobody })).toEqual(nothing);
    const failing = { configuration: currentUser("throw new Exception('x');") };
    expect(await checkout({ products: products(), site: failing, session: { uid: clientId } })).toEqual(refused());
  });

  test("is not told to a visitor who names another client in the request", async () => {
    await here.shop.setServiceStatus(serviceId, "Active");
    const vars = { clientId, clientid: clientId, userid: clientId };
    expect(await checkout({ products: products(), vars })).toEqual(nothing);
    expect(await configure({}, { products: products(), vars })).toEqual(nothing);
    const another = await here.shop.addClient({ email: "eve@example.com" });
    expect(await checkout({ products: products(), vars, session: { uid: another } })).toEqual(nothing);
  });

  test.each(["Terminated", "Cancelled", "Fraud"] as const)("as %s may be ordered again", async (status) => {
    await here.shop.setServiceStatus(serviceId, status);
    expect(await checkout({ products: products(), session: { uid: clientId } })).toEqual(nothing);
  });

  test("an order whose invoice was cancelled is not waited for", async () => {
    const { invoiceId, serviceIds } = await here.shop.placeOrder({
      clientId,
      items: [{ productId: ninja.productId, licence: "555" }],
    });
    const again = { products: [item(ninja, "555")], session: { uid: clientId } };
    expect(await checkout(again)).toEqual([[expect.stringContaining(`service #${serviceIds[0]}`)]]);
    await here.shop.cancelInvoice(invoiceId);
    expect(await checkout(again)).toEqual(nothing);
  });

  test("without a licence does not stand for one that the cart says nothing of", async () => {
    await here.shop.placeOrder({ clientId, items: [{ productId: guard.productId, licence: "" }] });
    const silent = [{ pid: guard.productId }];
    expect(await checkout({ products: silent, session: { uid: clientId } })).toEqual(nothing);
  });

  describe("as an addon of a server", () => {
    /** The server carries the licence 8001; the addon is DDoS-GUARD and may have a licence of its own. */
    async function orderAddon(own?: string) {
      const server = await addModule(here.shop, { name: "Server", serverType: "other" });
      const items = [{ productId: server.productId, licence: "8001" }];
      const { serviceIds } = await here.shop.placeOrder({ clientId, items });
      const { addonId } = await here.shop.addAddon({
        ...{ name: "DDoS-GUARD", packages: [server.productId], options: ["23221", "DDoSGUARD"] },
        ...{ fields: [{ name: "License ID" }], prices: { USD: { monthly: "15.00" } } },
      });
      const parentId = serviceIds[0] ?? 0;
      const licenceOf = own === undefined ? {} : { licence: own };
      return { parentId, ...(await here.shop.orderAddon({ serviceId: parentId, addonId, ...licenceOf })) };
    }
    const buy = (text: string) => checkout({ products: [item(guard, text)], session: { uid: clientId } });
    const seen = (id: number) => [[expect.stringMatching(new RegExp(`already have DDoS-GUARD .*service #${id}`))]];

    test("is refused for the licence of the server, until server or addon has ended", async () => {
      const { parentId, serviceAddonId } = await orderAddon("");
      expect(await buy("8001")).toEqual(seen(parentId));
      await here.shop.setAddonStatus(serviceAddonId, "Active");
      expect(await buy("8001")).toEqual(seen(parentId));
      expect(await buy("8002")).toEqual(nothing);
      await here.shop.setAddonStatus(serviceAddonId, "Cancelled");
      expect(await buy("8001")).toEqual(nothing);
      await here.shop.setAddonStatus(serviceAddonId, "Active");
      await here.shop.setServiceStatus(parentId, "Terminated");
      expect(await buy("8001")).toEqual(nothing);
    });

    test("is refused for its own licence, and not for that of the server", async () => {
      const { parentId, serviceAddonId, invoiceId } = await orderAddon("8003");
      expect([await buy("8003"), await buy("8001")]).toEqual([seen(parentId), nothing]);
      await here.shop.cancelInvoice(invoiceId);
      expect(await buy("8003")).toEqual(nothing);
      await here.shop.setAddonStatus(serviceAddonId, "Cancelled");
    });
  });

  test("another module, another licence and a stranger are let through", async () => {
    await here.shop.setServiceStatus(serviceId, "Active");
    expect(await checkout({ products: [item(ninja, owned)], session: { uid: clientId } })).toEqual(nothing);
    expect(await checkout({ products: [item(guard, licence)], session: { uid: clientId } })).toEqual(nothing);
    expect(await checkout({ products: products() })).toEqual(nothing);
  });

  test("the newest value of the licence field counts", async () => {
    await here.shop.sql("INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (?, ?, '4444')", [
      guard.licenceFieldId,
      serviceId,
    ]);
    expect(await checkout({ products: products(), session: { uid: clientId } })).toEqual(nothing);
    expect(await checkout({ products: [item(guard, "4444")], session: { uid: clientId } })).not.toEqual(nothing);
    await here.shop.sql("DELETE FROM tblcustomfieldsvalues WHERE value = '4444'");
  });
});

describe("what the bridge knows of a licence", () => {
  /** Knows every licence but the foreign one; `known` overrides what it says. */
  async function startKnower(known?: unknown, fits?: unknown) {
    const asked: unknown[] = [];
    const server = createServer(async (request, response) => {
      const body = (await json(request)) as { licence: string };
      asked.push({ path: request.url, ...body });
      const answer = {
        result: "success",
        known: known === undefined ? body.licence !== foreign : known,
        fits,
        licences: [],
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    const port = await listen(server);
    closers.push(() => stop(server));
    return { asked, site: { settings: { url: `http://127.0.0.1:${port}`, secret } } };
  }

  test("a foreign licence is refused, and the bridge was asked once for each licence", async () => {
    const { asked, site } = await startKnower();
    const products = [item(guard, licence), item(guard, foreign), item(ninja, foreign)];
    expect(await checkout({ products, site })).toEqual([
      [
        expect.stringContaining(`DDoS-GUARD: licence ${foreign} was not bought from us`),
        expect.stringContaining(`Bit&lt;Ninja&gt;: licence ${foreign}`),
      ],
    ]);
    expect(asked).toEqual(
      [licence, foreign].map((each) => ({
        path: "/whmcs/licences",
        action: "licences",
        licence: each,
        uses: (each === licence ? ["23221"] : ["23221", "55371"]).map((tariff) => ({ ip: null, tariff })),
        ips: [],
        timestamp: expect.any(String),
      })),
    );
  });

  test("a module that could not work on the licence is refused, and the others for it are not", async () => {
    const { asked, site } = await startKnower(true, [true, false]);
    const products = [item(guard, licence), item(ninja, licence, "192.0.2.10")];
    expect(await checkout({ products, site })).toEqual([
      [expect.stringContaining(`Bit&lt;Ninja&gt; cannot be added to licence ${licence}`)],
    ]);
    const uses = [
      { ip: null, tariff: "23221" },
      { ip: "192.0.2.10", tariff: "55371" },
    ];
    expect(asked).toEqual([expect.objectContaining({ licence, uses })]);
  });

  test.each([[null], ["x"], [[]], [[null]], [["false"]], [{ 1: false }]])(
    "fits %j lets the customer through",
    async (fits) => {
      const { site } = await startKnower(true, fits);
      expect(await checkout({ products: [item(guard, licence)], site })).toEqual(nothing);
    },
  );

  test("a malformed licence is not asked about", async () => {
    const { asked, site } = await startKnower();
    expect(await checkout({ products: [item(guard, "x")], site })).not.toEqual(nothing);
    expect(asked).toEqual([]);
  });

  test.each([[null], ["false"], [0], [true]])("known %j lets the customer through", async (known) => {
    const { asked, site } = await startKnower(known);
    expect(await checkout({ products: [item(guard, foreign)], site })).toEqual(nothing);
    expect(asked).toHaveLength(1);
  });

  test.each([401, 404, 500])("HTTP %i lets the customer through, with one line in the log", async (status) => {
    const bridge = await startBridge({ status });
    closers.push(() => bridge.stop());
    const site = { settings: { url: bridge.url, secret } };
    const products = [item(guard, foreign), item(ninja, licence)];
    const run = await runCart("ShoppingCartValidateCheckout", { products, site });
    expect(run.results[0]?.returned).toEqual(nothing);
    expect(run.activityLog).toEqual([
      `ispmodules: the licences of a cart were not checked: the bridge answered HTTP ${status}.`,
    ]);
    expect(bridge.calls).toHaveLength(1);
  });

  test("a bridge that is silent costs a cart with many licences one second in all", async () => {
    const bridge = await startBridge("never");
    closers.push(() => bridge.stop());
    const products = ["11", "12", "13", "14"].map((each) => item(guard, each));
    const site = { settings: { url: bridge.url, secret } };
    const run = await runCart("ShoppingCartValidateCheckout", { products, site });
    expect(run.results[0]?.returned).toEqual(nothing);
    expect(bridge.calls).toHaveLength(1);
    expect(run.elapsedMs).toBeGreaterThan(900);
    expect(run.elapsedMs).toBeLessThan(1_500);
  });
});

describe("a WHMCS that is not well", () => {
  test("whose database is away lets every cart through", async () => {
    const site = { database: `mysql://nobody:x@127.0.0.1:${await freePort()}/whmcs` };
    const run = await runCart("ShoppingCartValidateCheckout", { products: [item(guard, "x")], site });
    expect(run).toMatchObject({ stdout: "", exitCode: 0, results: [{ returned: [null] }] });
    expect(run.activityLog).toEqual(["ispmodules: ShoppingCartValidateCheckout ended with PDOException."]);
  });

  test("that cannot say what the client has still refuses a malformed licence", async () => {
    const session = { cart: { products: [item(guard, "x")] }, uid: clientId };
    const run = await runCart("ShoppingCartValidateCheckout", {
      products: [],
      session,
      site: { database: here.readerUrl },
    });
    expect(run.results[0]?.returned).toEqual([[expect.stringContaining("enter the number")]]);
    expect(run.activityLog).toEqual(["ispmodules: the services of a client were not checked: PDOException."]);
  });

  test.each([[null], ["text"], [[null]], [[{ pid: [1], customfields: "x" }]]])(
    "a cart of %j harms nobody",
    async (products) => {
      const site = { settings: { url: `http://127.0.0.1:${await freePort()}`, secret } };
      expect(await checkout({ products: products as never, site })).toEqual(nothing);
    },
  );
});
