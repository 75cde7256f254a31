// What do cart and client area learn about licences and tariffs, while the account answers and while it does not?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Stage, type StageOptions, useStages } from "../purchases/stage.ts";
import { type Answered, type Calling, startCalling } from "./calling.ts";

const raise = useStages();
let stage: Stage;
let here: Calling;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
  here = await startCalling(stage.engine);
};
beforeEach(() => begin());
afterEach(() => here.stop());
const begunAnew = async (options: StageOptions) => {
  await here.stop();
  await begin(options);
};

const asked = (func: string) => stage.account.requests(func).length;
const licences = async (licence: string | null, ips: readonly string[] = []) =>
  (await here.ask("licences", { licence, ips })).body;

describe("the cart", () => {
  it("is told whether the account has a licence, and which have one of the customer's addresses", async () => {
    stage.account.addLicence({ id: "31", licname: "six", ip: "2001:db8::1" });
    stage.account.addLicence({ id: "32", licname: "gone", ip: "192.0.2.10", status: 4 });
    expect(await licences("1234567", ["192.0.2.10", "2001:DB8:0:0::0001", "203.0.113.1"])).toEqual({
      result: "success",
      known: true,
      licences: [
        { id: "1234567", ip: "192.0.2.10", name: "web01" },
        { id: "31", ip: "2001:db8::1", name: "six" },
      ],
    });
    expect(await licences("7654321")).toEqual({ result: "success", known: false, licences: [] });
    expect(await licences("typo")).toMatchObject({ known: false });
    expect(await licences(null, ["192.0.2.11"])).toMatchObject({ known: null, licences: [{ id: "1234568" }] });
  });

  it("is told for each use of a licence whether it certainly cannot carry the module", async () => {
    const fits = async (licence: string, ...uses: { ip?: string; tariff?: string }[]) =>
      (await here.ask("licences", { licence, uses })).body.fits;
    const server = { ip: "::ffff:192.0.2.10" };
    expect(
      await fits("1234567", server, { ip: "192.0.2.11" }, { tariff: "55363" }, { ...server, tariff: "55362" }),
    ).toEqual([true, false, false, true]);
    expect([await fits("1234571", {}), await fits("7654321", {}), await fits("1234567")]).toEqual([
      [false],
      [false],
      undefined,
    ]);
  });

  it("of many customers costs the account one reading", async () => {
    await Promise.all(Array.from({ length: 20 }, () => licences("1234567")));
    await licences("1234568");
    expect(asked("soft")).toBe(1);
  });

  it.each([
    ["refuses", { kind: "refused", type: "access" }],
    ["gives half a list", { kind: "missing-rows" }],
    ["answers nonsense", { kind: "bad-gateway" }],
  ] as const)("is told that nobody knows while the account %s, which is not asked again at once", async (_, fault) => {
    const armed = stage.account.arm({ func: "soft", fault, times: 9 });
    for (let customer = 0; customer < 5; customer++) {
      expect(await licences("1234567", ["192.0.2.10"])).toEqual({ result: "success", known: null, licences: [] });
    }
    const readings = stage.account.requests("soft").filter(({ params }) => params.p_num === undefined);
    expect([armed.fired() > 0, readings.length]).toEqual([true, 1]);
  });

  it("does not wait for an account that hangs", async () => {
    const armed = stage.account.arm({ func: "soft", fault: { kind: "hang" } });
    const answer = licences("1234567");
    await armed.reached;
    const beganMs = stage.engine.clock.monotonicMs();
    expect(await answer).toMatchObject({ known: null });
    expect(stage.engine.clock.monotonicMs() - beganMs).toBeLessThan(1_000);
  });

  it("makes nobody ask the account while buying is off, or while the login is refused", async () => {
    await begunAnew({ isBuying: false });
    expect(await licences("1234567")).toMatchObject({ known: null });
    expect(asked("soft")).toBe(0);
    await stage.engine.ledger.setBuying({
      position: "on",
      paidSince: "2020-01-01 00:00:00",
      actor: "test",
      why: "test",
    });
    await stage.engine.ledger.pauseAccount({
      account: "main",
      reason: "account_paused",
      errorType: "auth",
      stepMs: 60_000,
    });
    expect(await licences("1234567")).toMatchObject({ known: null });
    expect(asked("soft")).toBe(0);
    await stage.engine.ledger.resumeAccount("main");
    expect(await licences("1234567")).toMatchObject({ known: true });
  });
});

describe("a customer who has paid", () => {
  const waiting = async (licence = "typo") => {
    const sold = await stage.sellPaid({ licence });
    await here.call(sold.serviceId, "check");
    return sold;
  };
  const choose = async (serviceId: number, licence: string, ip?: string | null) => {
    const { result, message } = (await here.call(serviceId, "licence", { licence, ip })).body;
    return [result, message];
  };
  const both = (text: string) => ({ en: expect.stringContaining(text), ru: expect.stringMatching(/[а-я]/) });

  it("may choose a licence of the account, and the purchase goes on without staff", async () => {
    const { serviceId, lineId } = await waiting();
    const licence = stage.newLicence();
    expect(await choose(serviceId, licence)).toEqual(["success", both("accepted")]);
    // What the PHP side does then.
    await stage.shop.setLicence(serviceId, licence);
    await here.call(serviceId, "check");
    const purchase = await stage.reach(lineId, "Purchased");
    expect([purchase.licence, asked("addition.order.param")]).toEqual([licence, 1]);
  });

  it("is refused a malformed licence without the account being asked", async () => {
    const { serviceId } = await waiting();
    for (const licence of ["", "0123", "12345678901", "web01", "12 34"]) {
      expect(await choose(serviceId, licence)).toEqual(["error", both("1 to 10 digits")]);
    }
    expect(asked("soft")).toBe(0);
  });

  it("is refused a licence that is not ours, and one of another server, without learning whose it is", async () => {
    const { serviceId } = await waiting();
    expect(await choose(serviceId, "7654321", "192.0.2.10")).toEqual(["error", both("not bought from us")]);
    const [result, message] = await choose(serviceId, "1234568", "192.0.2.10");
    expect([result, message]).toEqual(["error", both("another server address")]);
    expect(JSON.stringify(message)).not.toMatch(/192\.0\.2\.11|web02/);
    expect(await choose(serviceId, "1234571")).toEqual(["error", both("not active")]);
  });

  it("is refused a licence of another edition than the module, which is bought for one of the right", async () => {
    const sold = await stage.sellPaid({ productId: stage.catalogue.products.drWeb, licence: "1234570", ip: "" });
    await stage.reach(sold.lineId, "NeedsOperator", "licence_edition");
    expect(await choose(sold.serviceId, "1234570")).toEqual(["error", both("another edition")]);
    expect((await choose(sold.serviceId, "1234568"))[0]).toBe("success");
  });

  it.each([
    ["the same address", "192.0.2.11"],
    ["no address", null],
    ["an empty address", ""],
  ])("is let through with %s", async (_, ip) => {
    const { serviceId } = await waiting();
    expect((await choose(serviceId, "1234568", ip))[0]).toBe("success");
  });

  it("is asked for patience while the account is away", async () => {
    const { serviceId } = await waiting();
    await stage.account.refuseConnections();
    expect(await choose(serviceId, "1234567")).toEqual(["error", both("try again")]);
    await stage.account.acceptConnections();
  });

  it("cannot choose once the module is on its way, before anything is paid, or for a service that is not ours", async () => {
    const bought = await stage.sellPaid();
    await stage.reach(bought.lineId, "Purchased");
    const unpaid = await stage.sell({ licence: "typo" });
    for (const serviceId of [bought.serviceId, unpaid.serviceId, 999_999]) {
      expect(await choose(serviceId, "1234567")).toEqual(["error", both("no longer be chosen")]);
    }
  });
});

describe("a product's settings", () => {
  const named = { id: "23221", name: "DDoS-GUARD" };
  const tariffsIn = ({ body }: Answered) => body.tariffs as { id: string }[];

  it("show the account's tariffs, also while buying is off, and once for all their currencies", async () => {
    await begunAnew({ isBuying: false });
    const one = { id: "23221", name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "addition", currency: "EUR" };
    stage.account.setTariff({ ...one, costs: { 1: "9" }, otherPrices: [{ currency: "USD", costs: { 1: "10" } }] });
    expect(tariffsIn(await here.ask("tariffs"))).toContainEqual({ ...named, additionintname: null });
    await here.stop();
    here = await startCalling(stage.engine);
    stage.account.set({ additionintname: "shown" });
    const tariffs = tariffsIn(await here.ask("tariffs"));
    expect(tariffs.filter(({ id }) => id === "23221")).toEqual([{ ...named, additionintname: "DDoSGUARD" }]);
  });

  it("show the list of a moment ago while the account is away, and say so when there is none", async () => {
    await here.ask("tariffs");
    await stage.account.refuseConnections();
    expect((await here.ask("tariffs")).body.result).toBe("success");
    await here.stop();
    here = await startCalling(stage.engine);
    expect((await here.ask("tariffs")).body).toEqual({
      result: "error",
      message: "The ispmanager account does not answer.",
    });
    await stage.account.acceptConnections();
  });
});
