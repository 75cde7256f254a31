// What does the simulated WHMCS answer to a call of its API?
import { BridgeError } from "../../../src/errors.ts";
import type { ServiceState } from "../../../src/sandbox/shop/services.ts";
import type { ApiAnswer, WhmcsApi } from "../../../src/whmcs/api.ts";
import type { ReadLine } from "./reader.ts";
import type { SimulatedWhmcs } from "./whmcs.ts";

type Parameters = Readonly<Record<string, string | number>>;
type Action = (whmcs: SimulatedWhmcs, parameters: Parameters) => ApiAnswer;

const actions: Readonly<Record<string, Action>> = {
  ModuleCreate: createModule,
  UpdateClientProduct: updateService,
  UpdateClientAddon: updateAddon,
  AcceptOrder: acceptOrder,
  LogActivity: logActivity,
  SendEmail: sendEmail,
  TriggerNotificationEvent: () => success(),
};

/** The actions that production calls to write back; any other is refused. A failing line leaves it open what happened. */
export function apiOf(whmcs: SimulatedWhmcs, line: ReadLine): WhmcsApi {
  return {
    call: async (action, parameters) => {
      try {
        return await line.run(action, () => (actions[action] ?? refuseUnknown)(whmcs, parameters));
      } catch (error) {
        return { kind: "unreachable", detail: error instanceof BridgeError ? error.code : "failed" };
      }
    },
  };
}

function createModule(whmcs: SimulatedWhmcs, { serviceid }: Parameters): ApiAnswer {
  const { services, products } = whmcs.tables.rows;
  const service = services.get(Number(serviceid));
  if (service === undefined) return refused("Service ID not found");
  const module = products.get(service.productId)?.serverType ?? "";
  if (module === "" || !whmcs.hasServerModule()) return refused("Service not assigned to a module");
  whmcs.setServiceStatus(service.id, "Active");
  return success();
}

/** Of all that it may change, the status only. */
function updateService(whmcs: SimulatedWhmcs, { serviceid = "", status = "" }: Parameters): ApiAnswer {
  const service = whmcs.tables.rows.services.get(Number(serviceid));
  if (service === undefined) return refused("Service ID not found");
  if (status !== "") whmcs.setServiceStatus(service.id, status as ServiceState);
  return success({ serviceid: String(serviceid) });
}

/** The same. */
function updateAddon(whmcs: SimulatedWhmcs, { id = "", status = "" }: Parameters): ApiAnswer {
  const addon = whmcs.tables.rows.serviceAddons.get(Number(id));
  if (addon === undefined) return refused("Addon ID not found");
  if (status !== "") whmcs.setAddonStatus(addon.id, status as ServiceState);
  return success({ id: addon.id });
}

function acceptOrder(whmcs: SimulatedWhmcs, { orderid }: Parameters): ApiAnswer {
  const order = whmcs.tables.rows.orders.get(Number(orderid));
  if (order?.status !== "Pending") return refused("Order ID not found or Status not Pending");
  whmcs.acceptOrder(order.id);
  return success();
}

function logActivity(whmcs: SimulatedWhmcs, { description = "", clientid = 0 }: Parameters): ApiAnswer {
  if (description === "") return refused("The description is missing");
  whmcs.logActivity(Number(clientid), String(description));
  return success();
}

function sendEmail(whmcs: SimulatedWhmcs, { messagename = "", custommessage = "", id }: Parameters): ApiAnswer {
  const isKnown = (messagename !== "" || custommessage !== "") && whmcs.tables.rows.services.has(Number(id));
  return isKnown ? success() : refused("Sending Failed. Please see documentation.");
}

function refuseUnknown(): ApiAnswer {
  return refused("Command Not Found");
}

function success(fields: Readonly<Record<string, unknown>> = {}): ApiAnswer {
  return { kind: "success", fields: { result: "success", ...fields } };
}

function refused(message: string): ApiAnswer {
  return { kind: "refused", message };
}
