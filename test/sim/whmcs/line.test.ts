// What does production hear from the simulated WHMCS when the line to it fails, or WHMCS changes while it is read?
import { expect, test } from "vitest";
import { DatabaseError } from "../../../src/errors.ts";
import { apiOf } from "./api.ts";
import { type ReadLine, readerOf } from "./reader.ts";
import { createSimulatedWhmcs } from "./whmcs.ts";

const localTime = () => "2026-11-23 12:00:00";
const products = [{ name: "DDoS-GUARD", options: ["23221"], prices: { USD: { monthly: "15.00" } } }];
const lost = () => new DatabaseError("whmcs_unreadable", "the line is down");

test("a line that fails before the call leaves WHMCS as it was", async () => {
  const whmcs = createSimulatedWhmcs({ localTime, products });
  const { serviceId, lineId } = whmcs.placeOrder({ licence: "1" });
  const down: ReadLine = { run: () => Promise.reject(lost()) };
  await expect(readerOf(whmcs, down).readLines([lineId])).rejects.toBeInstanceOf(DatabaseError);
  expect(await apiOf(whmcs, down).call("ModuleCreate", { serviceid: serviceId })).toEqual({
    kind: "unreachable",
    detail: "whmcs_unreadable",
  });
  expect(whmcs.tables.rows.services.get(serviceId)?.status).toBe("Pending");
});

test("a line that fails after the call leaves it open what WHMCS has done", async () => {
  const whmcs = createSimulatedWhmcs({ localTime, products });
  const { clientId } = whmcs.placeOrder({ licence: "1" });
  const deaf: ReadLine = {
    run: async (_name, body) => {
      body();
      throw lost();
    },
  };
  const answer = await apiOf(whmcs, deaf).call("LogActivity", { clientid: clientId, description: "bought" });
  expect(answer.kind).toBe("unreachable");
  expect(whmcs.activities).toEqual([{ at: localTime(), clientId, description: "bought" }]);
});

test("what is paid between two queries of one question is seen by the second only", async () => {
  const whmcs = createSimulatedWhmcs({ localTime, products });
  const { invoiceId, lineId } = whmcs.placeOrder({ licence: "1" });
  let queries = 0;
  const slow: ReadLine = {
    run: async (_name, body) => {
      queries += 1;
      if (queries === 2) whmcs.payInvoice(invoiceId);
      return body();
    },
  };
  const [facts] = await readerOf(whmcs, slow).readLines([lineId]);
  expect(queries).toBe(2);
  expect(facts?.invoice).toMatchObject({ status: "Unpaid", paidAt: null, newestTransactionAt: localTime() });
});
