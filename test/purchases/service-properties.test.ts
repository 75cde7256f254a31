// Do expiry and module id reach WHMCS as custom fields, before the customer is welcomed, and never older than they are?
import { expect, it } from "vitest";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { encodeCustomFields } from "../../src/whmcs/properties.ts";
import { type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;

/** A product that has both fields, welcomes by the template 7, and whose name is not plain ASCII. */
async function begin(options: StageOptions = {}) {
  stage = await raise({ hasServerModule: true, ...options });
  const { productId, fieldIds } = await stage.shop.addProduct({
    name: "DDoS-GUARD für alle",
    groupId: stage.catalogue.groupId,
    options: ["23221", "DDoSGUARD"],
    prices: { USD: { monthly: "15.00" } },
    fields: [
      { name: "License ID" },
      { name: "Paid until", isAdminOnly: true },
      { name: "Module ID", isAdminOnly: true },
    ],
    columns: { welcomeemail: 7 },
  });
  const [, paidUntil = 0, moduleId = 0] = fieldIds;
  return { productId, paidUntil, moduleId };
}

const valuesOf = async (serviceId: number, fieldId: number) =>
  (
    await stage.shop.sql("SELECT value FROM tblcustomfieldsvalues WHERE relid = ? AND fieldid = ?", [
      serviceId,
      fieldId,
    ])
  ).map(({ value }) => String(value));

async function playUntilTold(lineId: number) {
  await sweepServices(stage.engine, false);
  const isTold = async () => {
    const sql = "SELECT written_back_at AS at FROM mod_ispmodules_purchases WHERE invoice_line_id = ?";
    return ((await stage.ledgerSql(sql, [lineId]))[0]?.at ?? null) !== null;
  };
  for (let rounds = 0; rounds < 100 && !(await isTold()); rounds++) {
    await stage.round();
    await stage.engine.clock.sleep(20);
  }
  expect(await isTold()).toBe(true);
}

const actions = () => stage.whmcsApi.calls.map(({ action }) => action);

it("a sale and a renewal fill them in, send one welcome e-mail, and leave the module queue empty", async () => {
  const { productId, paidUntil, moduleId } = await begin();
  const sold = await stage.sellPaid({ productId });
  await playUntilTold(sold.lineId);
  const bought = await stage.purchaseOf(sold.lineId);
  expect(actions()).toEqual(["UpdateClientProduct", "ModuleCreate", "AcceptOrder", "LogActivity"]);
  expect(await valuesOf(sold.serviceId, moduleId)).toEqual([bought.remoteServiceId]);
  const [module] = stage.account.modules();
  expect(await valuesOf(sold.serviceId, paidUntil)).toEqual([module?.expiredate]);

  const next = await stage.renewPaid(sold.serviceId);
  await playUntilTold(next.lineId);
  expect(actions().slice(4)).toEqual(["UpdateClientProduct", "LogActivity"]);
  const [renewed] = stage.account.modules();
  expect(renewed?.expiredate).not.toBe(module?.expiredate);
  expect(await valuesOf(sold.serviceId, paidUntil)).toEqual([renewed?.expiredate]);
  expect(stage.whmcsApi.mails).toEqual([{ template: "#7", serviceId: sold.serviceId }]);
  expect(await stage.shop.sql("SELECT * FROM tblmodulequeue")).toEqual([]);
});

it("a service whose product lacks the fields is written back without them", async () => {
  const { moduleId } = await begin();
  const sold = await stage.sellPaid();
  await playUntilTold(sold.lineId);
  expect(actions()).toEqual(["ModuleCreate", "AcceptOrder", "LogActivity"]);
  expect(await valuesOf(sold.serviceId, moduleId)).toEqual([]);
});

it("a field that staff let the customer see is written all the same", async () => {
  const { productId, moduleId } = await begin();
  await stage.shop.sql("UPDATE tblcustomfields SET adminonly = '' WHERE id = ?", [moduleId]);
  const sold = await stage.sellPaid({ productId });
  await playUntilTold(sold.lineId);
  expect(await valuesOf(sold.serviceId, moduleId)).toHaveLength(1);
});

it("a field of that name that the customer fills in stays the customer's", async () => {
  const { productId, moduleId } = await begin();
  await stage.shop.sql("UPDATE tblcustomfields SET adminonly = '', showorder = 'on' WHERE id = ?", [moduleId]);
  const sold = await stage.sellPaid({ productId });
  await playUntilTold(sold.lineId);
  expect(actions()[0]).toBe("UpdateClientProduct");
  expect(await valuesOf(sold.serviceId, moduleId)).toEqual([]);
});

it("what stands there already is not written again, and a refusal holds up the end only", async () => {
  const { productId } = await begin();
  stage.whmcsApi.setFault({ kind: "error", action: "UpdateClientProduct", message: "no" });
  const sold = await stage.sellPaid({ productId });
  await stage.settle(() => stage.whmcsApi.countFaults() >= 2);
  expect(actions()).not.toContain("LogActivity");
  expect(actions().slice(0, 3)).toEqual(["UpdateClientProduct", "ModuleCreate", "AcceptOrder"]);
  stage.whmcsApi.setFault({ kind: "error", action: "LogActivity", message: "no" });
  const before = actions().length;
  await stage.settle(
    () =>
      actions()
        .slice(before)
        .filter((action) => action === "LogActivity").length >= 2,
  );
  expect(
    actions()
      .slice(before)
      .filter((action) => action === "UpdateClientProduct"),
  ).toHaveLength(1);
  stage.whmcsApi.setFault(null);
  await playUntilTold(sold.lineId);
});

it("a module that refuses waits in the module queue, and leaves it when it succeeds", async () => {
  const { productId } = await begin();
  stage.whmcsApi.setModuleAnswer("The bridge does not answer");
  const sold = await stage.sell({ productId });
  const call = () => stage.api?.call("ModuleCreate", { serviceid: sold.serviceId });
  expect(await call()).toEqual({ kind: "refused", message: "The bridge does not answer" });
  const queue = () => stage.shop.sql("SELECT service_id, module_action, last_attempt_error FROM tblmodulequeue");
  expect(await queue()).toEqual([
    { service_id: sold.serviceId, module_action: "CreateAccount", last_attempt_error: "The bridge does not answer" },
  ]);
  stage.whmcsApi.setModuleAnswer("success");
  expect(await call()).toMatchObject({ kind: "success" });
  expect(await queue()).toEqual([]);
});

it("PHP is told the length of a text in bytes", () => {
  const values = new Map([
    [12, "naïve"],
    [7, "2026-12-24"],
  ]);
  const text = Buffer.from(encodeCustomFields(values), "base64").toString();
  expect(text).toBe('a:2:{i:12;s:6:"naïve";i:7;s:10:"2026-12-24";}');
});
