// What becomes of modules that are sold as product addons? Ordered, renewed, suspended, ended, by themselves or with their server.
import type { ServiceState } from "../../src/sandbox/shop/services.ts";
import { pay, type Sold, type Telling } from "./deeds.ts";
import { type Life, tariff } from "./life.ts";
import { setStatus } from "./service-deeds.ts";
import { rowsWhere } from "./whmcs/tables.ts";

/** `serviceId` is the server on which it stands. */
export interface SoldAddon extends Sold {
  readonly serviceAddonId: number;
  /** What was on sale. */
  readonly addonId: number;
}

/** The same module ordered as an addon of a server that has another product and carries the licence; unpaid and accepted. */
export function sellAddon(life: Life, licence = life.newLicence()): SoldAddon {
  const clientId = life.dice.oneOf(life.clientIds);
  return life.change((whmcs) => {
    const prices = { USD: { monthly: "15.00" } };
    const server = whmcs.addProduct({ name: "Server", serverType: "virtualizor", prices });
    const parent = whmcs.placeOrder({ productId: server.productId, licence, clientId });
    whmcs.setServiceStatus(parent.serviceId, "Active");
    const sold = { name: "DDoS-GUARD", packages: [server.productId], options: [tariff, "DDoSGUARD"], prices };
    const { addonId } = whmcs.addAddon({ ...sold, autoSetup: "on" });
    const order = whmcs.orderAddon({ serviceId: parent.serviceId, addonId });
    whmcs.acceptOrder(order.orderId);
    return { ...order, addonId, serviceId: parent.serviceId, licence, clientId };
  });
}

/** The next invoice of an addon, paid. */
export function renewAddonPaid(life: Life, serviceAddonId: number, telling: Telling = 1): void {
  pay(life, life.change((whmcs) => whmcs.issueAddonInvoice(serviceAddonId)).invoiceId, telling);
}

/** WHMCS tells of each status that an addon gets but of Active where it was not suspended. */
const events: Readonly<Partial<Record<ServiceState, string>>> = {
  Active: "addon.unsuspended",
  Suspended: "addon.suspended",
  Terminated: "addon.terminated",
  Cancelled: "addon.cancelled",
  Fraud: "addon.fraud",
};

function setAddonStatus(life: Life, serviceAddonId: number, status: ServiceState, telling: Telling): void {
  life.change((whmcs) => whmcs.setAddonStatus(serviceAddonId, status));
  const type = events[status];
  if (type !== undefined && telling > 0) life.tell(type, { service_addon_id: serviceAddonId }, telling);
}

/** The eighth setting of an addon on sale: what becomes of the modules of those that have ended. */
function setEnd({ change, whmcs }: Life, addonId: number, value: string): void {
  const isIt = ({ entityId, name }: { entityId: number; name: string }) =>
    entityId === addonId && name === "configoption8";
  const [row] = rowsWhere(whmcs.tables, "moduleSettings", isIt);
  const setting = { entity: "addon", entityId: addonId, name: "configoption8", value };
  change((shop) =>
    row === undefined ? shop.add("moduleSettings", setting) : shop.edit("moduleSettings", row.id, { value }),
  );
}

/** For `Storm.meanwhile`: addons come, are renewed, stop, go on and end between the deeds of a storm. */
export function createAddonLife(): (life: Life, sold: readonly Sold[]) => Promise<number> {
  const addons: SoldAddon[] = [];
  return async (life, sold) => {
    const { dice } = life;
    const telling = dice.oneOf([0, 1, 1, 2]);
    if (addons.length === 0 || dice.happens(0.2)) {
      const shared = sold.length > 0 && dice.happens(0.2) ? dice.oneOf(sold).licence : undefined;
      const addon = sellAddon(life, shared);
      setEnd(life, addon.addonId, dice.oneOf(["delete", "delete", "", "expire"]));
      pay(life, addon.invoiceId, telling);
      addons.push(addon);
      return 1;
    }
    const { serviceAddonId, serviceId, addonId } = dice.oneOf(addons);
    const become = (status: ServiceState) => () => setAddonStatus(life, serviceAddonId, status, telling);
    const deeds: readonly (() => void)[] = [
      () => renewAddonPaid(life, serviceAddonId, telling),
      () => renewAddonPaid(life, serviceAddonId, telling),
      ...[become("Suspended"), become("Suspended"), become("Active"), become("Active"), become("Terminated")],
      become(dice.oneOf(["Cancelled", "Fraud", "Completed"])),
      () => setStatus(life, serviceId, dice.oneOf(["Suspended", "Active", "Active", "Terminated"]), telling),
      () => setEnd(life, addonId, dice.oneOf(["delete", "delete", ""])),
    ];
    dice.oneOf(deeds)();
    return 1;
  };
}
