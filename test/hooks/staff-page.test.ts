// What do staff see on the page of a product and on that of a service?
import { describe, expect, test } from "vitest";
import { runWhmcs } from "../../src/sandbox/php.ts";
import { type Answers, activeService, choosingService, startAnsweringBridge } from "./answering-bridge.ts";
import { useModuleShop } from "./module-shop.ts";

const whmcs = useModuleShop();
const { call } = whmcs;
const done = { result: "success", message: "Done.", purchases: [] };

describe("the product page", () => {
  const tariff = { id: "23221", name: "DDoS <GUARD>", additionintname: "DDoSGUARD" };

  test("has the eight options as text fields, with the account's tariffs beside the first", async () => {
    const { returned } = await call("ConfigOptions", { tariffs: { result: "success", tariffs: [tariff] } });
    const options = Object.entries(returned as Record<string, { Type: string; Description: string }>);
    expect(options.map(([name]) => name)).toEqual([
      "Tariff",
      "additionintname",
      "intname",
      "Highest cost per month",
      "Sell in panels",
      "Extra order fields",
      "Sale at a loss",
      "At the end of a service",
    ]);
    expect(options.every(([, { Type }]) => Type === "text")).toBe(true);
    expect(options[0]?.[1].Description).toContain(
      "<strong>23221</strong> DDoS &lt;GUARD&gt; (additionintname DDoSGUARD)",
    );
  });

  test.each<[string, Answers]>([
    ["away", { tariffs: 503 }],
    ["without its account", { tariffs: { result: "error", message: "The account is away." } }],
  ])("keeps its eight options while the bridge is %s", async (_, answers) => {
    const { returned } = await call("ConfigOptions", answers);
    expect(Object.keys(returned as object)).toHaveLength(8);
    expect(JSON.stringify(returned)).toContain("The list of tariffs cannot be read");
  });
});

describe("the service's page for staff", () => {
  test("shows state, expiry, id, what to do, what to tell the customer and the purchases, escaped", async () => {
    const purchase = { id: "ABCDEFGH23456723", state: "NeedsOperator", reason: "bad_licence", invoice_id: 5 };
    const staffText = "Correct <the> licence.";
    const service = { ...choosingService, staff_text: staffText };
    const { returned } = await call("AdminServicesTabFields", { status: { ...done, purchases: [purchase], service } });
    expect(returned).toMatchObject({
      State: "attention",
      "Paid until": "–",
      "ispmanager id": "–",
      "What to do": "Correct &lt;the&gt; licence.",
      "Tell the customer": "The licence is not known to us.<br>Лицензия нам не известна.",
    });
    const { Purchases } = returned as { Purchases: string };
    expect(Purchases).toContain(
      "<td>ABCDEFGH23456723</td><td>NeedsOperator</td><td>bad_licence</td><td>5</td><td>–</td>",
    );
  });

  test("shows the last error of what the account said, escaped, and nothing where there was none", async () => {
    const show = async (lastError: object) => {
      const service = { ...activeService, ...lastError };
      return (await call("AdminServicesTabFields", { status: { ...done, service } })).returned as object;
    };
    expect(await show({ last_error: "msg <b>low</b> balance" })).toMatchObject({
      "Last error": "msg &lt;b&gt;low&lt;/b&gt; balance",
    });
    for (const none of [{}, { last_error: null }, { last_error: "" }]) {
      expect(await show(none)).not.toHaveProperty(["Last error"]);
    }
  });

  test("says that the bridge is away, and skips the network for the next page", async () => {
    const { serviceId } = whmcs;
    const bridge = await startAnsweringBridge({ status: 500 });
    const site = whmcs.site(bridge.url);
    const page = { function: "AdminServicesTabFields", serviceId };
    const run = await runWhmcs(site, [page, page]);
    expect(run.results.map(({ returned }) => returned)).toEqual([
      { State: "ispmodules: the bridge answered HTTP 500." },
      { State: "ispmodules: the bridge did not answer a moment ago." },
    ]);
    expect(bridge.calls).toHaveLength(1);
  });
});
