// What becomes of services in a shop: suspended, resumed, ended, called off by their clients? Told by a hook, or left to be found.
import { rememberState } from "../../src/sandbox/account/model.ts";
import type { ServiceState } from "../../src/sandbox/shop/services.ts";
import type { Sold } from "./deeds.ts";
import { type Life, productId } from "./life.ts";
import { sideWith } from "./sides.ts";

/** The event of each status that WHMCS's own actions set; statuses typed into the service's page tell nothing. */
const events: Readonly<Partial<Record<ServiceState, string>>> = {
  Active: "service.unsuspended",
  Suspended: "service.suspended",
  Terminated: "service.terminated",
};

export function setStatus(life: Life, serviceId: number, status: ServiceState, telling = 1): void {
  if (!life.whmcs.tables.rows.services.has(serviceId)) return;
  life.change((whmcs) => whmcs.setServiceStatus(serviceId, status));
  const type = events[status];
  if (type !== undefined && telling > 0) life.tell(type, { service_id: serviceId }, telling);
}

/** Product option 8: what becomes of the module of an ended service. */
export function setEnd(life: Life, atEnd: "delete" | "expire" | ""): void {
  life.change((whmcs) => whmcs.edit("products", productId, { option8: atEnd }));
}

export function requestCancellation(
  life: Life,
  serviceId: number,
  type: "Immediate" | "End of Billing Period",
  telling = 1,
): void {
  life.change((whmcs) => whmcs.requestCancellation({ serviceId, type }));
  if (telling > 0) life.tell("service.cancellation_requested", { service_id: serviceId }, telling);
}

export function withdrawCancellations(life: Life, serviceId: number): void {
  const { cancelRequests } = life.whmcs.tables.rows;
  const own = [...cancelRequests.values()].filter((row) => row.serviceId === serviceId);
  life.change((whmcs) => {
    for (const { id } of own) whmcs.remove("cancelRequests", id);
  });
}

/** Staff of the vendor, or of the host in the vendor's pages, stop a module of the licence or let it run again. */
export function stopByHand(life: Life, licence: string, status: 2 | 3): void {
  const { model, changes } = sideWith(life, licence);
  const module = model.state.modules.find((row) => row.licence === licence && (row.status === 2 || row.status === 3));
  if (module === undefined || module.status === status) return;
  rememberState(model);
  module.status = status;
  changes.noteByOthers(module.id);
}

/** Staff let a service run for a licence that has one already, before anything is paid for it. */
export function runUnpaid(life: Life, licence: string): void {
  life.change((whmcs) => {
    const { serviceId, orderId } = whmcs.placeOrder({ licence, clientId: life.dice.oneOf(life.clientIds) });
    whmcs.acceptOrder(orderId);
    whmcs.setServiceStatus(serviceId, "Active");
  });
}

/** One thing that happens to a service; most services that stop go on again. */
export function changeService(life: Life, { serviceId, licence }: Sold, telling: number): void {
  const { dice } = life;
  const deeds: readonly (() => void)[] = [
    () => setStatus(life, serviceId, "Suspended", telling),
    () => setStatus(life, serviceId, "Suspended", telling),
    () => setStatus(life, serviceId, "Active", telling),
    () => setStatus(life, serviceId, "Active", telling),
    () => setStatus(life, serviceId, "Terminated", telling),
    () => setStatus(life, serviceId, dice.oneOf(["Cancelled", "Fraud", "Completed"]), telling),
    () => setEnd(life, dice.oneOf(["delete", "delete", "delete", "expire", ""])),
    () => requestCancellation(life, serviceId, dice.oneOf(["Immediate", "End of Billing Period"]), telling),
    () => withdrawCancellations(life, serviceId),
    () => stopByHand(life, licence, dice.oneOf([2, 3])),
    () => runUnpaid(life, licence),
  ];
  dice.oneOf(deeds)();
}
