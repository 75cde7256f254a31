// Does the simulated WHMCS tell production what the sandbox's shop tells it through MariaDB?
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiAction, ApiAnswer } from "../../../src/whmcs/api.ts";
import { play } from "./scene.ts";
import { orderAddon, scenesOfAddons } from "./scenes-of-addons.ts";
import { scenesOfMoney } from "./scenes-of-money.ts";
import { scenesOfOddRows } from "./scenes-of-odd-rows.ts";
import { scenesOfServices } from "./scenes-of-services.ts";
import { createSimulatedShop, openSandboxShop, type SandboxShop, type ShopUnderTest } from "./shop-under-test.ts";

let sandbox: SandboxShop;

beforeAll(async () => {
  sandbox = await openSandboxShop();
});

afterAll(() => sandbox.close());

const scenes = [...scenesOfMoney, ...scenesOfServices, ...scenesOfOddRows, ...scenesOfAddons];

test.each(scenes.map((scene) => [scene.name, scene] as const))("%s", async (_name, scene) => {
  const truth = await play(scene, await sandbox.reopen());
  expect(truth.length).toBeGreaterThan(0);
  expect(await play(scene, createSimulatedShop())).toEqual(truth);
});

describe("the API", () => {
  type Call = readonly [action: string, parameters: Readonly<Record<string, string | number>>];

  /** Every answer, and where the services stand after it. */
  async function callAll(
    shop: ShopUnderTest,
    calls: readonly Call[],
  ): Promise<{ answers: ApiAnswer[]; seen: unknown[] }> {
    const { serviceIds } = await shop.placeOrder({ licence: "1", further: [{ licence: "2" }] });
    const answers: ApiAnswer[] = [];
    const seen: unknown[] = [];
    for (const [action, parameters] of calls) {
      answers.push(await shop.api.call(action as ApiAction, parameters));
      seen.push(await Promise.all(serviceIds.map((id) => shop.reader.readService(`h${id}`))));
    }
    return { answers, seen };
  }

  async function expectSame(calls: readonly Call[], kinds: readonly ApiAnswer["kind"][], hasModule = true) {
    const shops = [await sandbox.reopen(), createSimulatedShop()];
    for (const shop of shops) await shop.setServerModule(hasModule);
    const [truth, simulated] = await Promise.all(shops.map((shop) => callAll(shop, calls)));
    expect(truth?.answers.map((answer) => answer.kind)).toEqual(kinds);
    expect(simulated).toEqual(truth);
  }

  test("writes a purchase back, and refuses what it cannot do", async () => {
    const calls: Call[] = [
      ["ModuleCreate", { serviceid: 1 }],
      ["UpdateClientProduct", { serviceid: "2", status: "Active" }],
      ["AcceptOrder", { orderid: 1, autosetup: 0, sendemail: 0 }],
      ["AcceptOrder", { orderid: 1 }],
      ["LogActivity", { clientid: 1, description: "bought" }],
      ["LogActivity", { clientid: 1 }],
      ["ModuleCreate", { serviceid: 99 }],
      ["UpdateClientProduct", { serviceid: 99, status: "Active" }],
      ["UpdateClientProduct", { serviceid: 2 }],
      ["AcceptOrder", { orderid: 99 }],
      ["InventAction", {}],
    ];
    const refusals = Array<"refused">(3).fill("refused");
    const successes = Array<"success">(3).fill("success");
    await expectSame(calls, [...successes, "refused", "success", ...refusals, "success", "refused", "refused"]);
  });

  test("sets an addon active, which ModuleCreate is not told of", async () => {
    const shops = [await sandbox.reopen(), createSimulatedShop()];
    const seen = [];
    for (const shop of shops) {
      const { order } = await orderAddon(shop);
      const answers = [
        await shop.api.call("UpdateClientAddon", { id: order.serviceAddonId, status: "Active" }),
        await shop.api.call("UpdateClientAddon", { id: 99, status: "Active" }),
        await shop.api.call("UpdateClientAddon", { id: order.serviceAddonId }),
      ];
      expect(answers.map(({ kind }) => kind)).toEqual(["success", "refused", "success"]);
      seen.push({ answers, service: await shop.reader.readService(`a${order.serviceAddonId}`) });
    }
    expect(seen[0]?.service?.status).toBe("Active");
    expect(seen[1]).toEqual(seen[0]);
  });

  test("refuses ModuleCreate without the server module", async () => {
    await expectSame([["ModuleCreate", { serviceid: 1 }]], ["refused"], false);
  });
});
