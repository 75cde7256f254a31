// What does the simulated WHMCS write when a product addon is set up, ordered for a service and renewed?
import { formatMoney, multiplyMoney } from "../../../src/money.ts";
import type { AddonIds, AddonOrder, NewAddon } from "../../../src/sandbox/shop/addons.ts";
import { monthsOfCycle } from "../../../src/sandbox/shop/cycles.ts";
import { sumMoney } from "../../../src/sandbox/shop/lines.ts";
import { roleOfField } from "../../../src/whmcs/fields.ts";
import { serverType } from "../../../src/whmcs/values.ts";
import { addPrices, priceOf } from "./catalogue.ts";
import { type IssuedInvoice, issueInvoice } from "./invoices.ts";
import { addRow, rowOf, rowsWhere } from "./tables.ts";
import type { World } from "./world.ts";

/** Adds an addon with its module settings, price rows and custom fields. */
export function addAddon({ tables }: World, addon: NewAddon): AddonIds {
  const addonId = addRow(tables, "addons", {
    ...{ packages: addon.packages.join(","), name: addon.name, billingCycle: addon.billingCycle ?? "recurring" },
    ...{ allowQuantity: addon.allowQuantity ?? 0, hidden: addon.isHidden ? 1 : 0, retired: addon.isRetired ? 1 : 0 },
    ...{ autoSetup: addon.autoSetup ?? "", module: addon.module ?? serverType, prorata: addon.isProrated ? 1 : 0 },
  });
  for (const [index, value] of (addon.options ?? []).entries()) {
    addRow(tables, "moduleSettings", {
      ...{ entity: "addon", entityId: addonId, name: `configoption${index + 1}`, value },
    });
  }
  addPrices(tables, { type: "addon", relid: addonId }, addon.prices);
  const fieldIds = (addon.fields ?? []).map(({ name }) =>
    addRow(tables, "customFields", { type: "addon", relid: addonId, name }),
  );
  return { addonId, fieldIds };
}

export interface OrderedAddon extends IssuedInvoice {
  readonly orderId: number;
  readonly serviceAddonId: number;
  readonly lineId: number;
}

/** A Pending order with a Pending addon of an existing service, and an invoice with one `Addon` line. */
export function orderAddon(world: World, order: AddonOrder): OrderedAddon {
  const { serviceId, addonId, billingCycle = "Monthly", quantity = 1 } = order;
  const { tables } = world;
  const { clientId } = rowOf(tables, "services", serviceId);
  const orderId = addRow(tables, "orders", { status: "Pending" });
  const price = priceOf(world, { clientId, sale: { type: "addon", relid: addonId }, cycle: billingCycle });
  const times = (amount: string) => formatMoney(multiplyMoney(amount, quantity), 2);
  const first = times(sumMoney([price.recurring, price.setupFee]));
  const serviceAddonId = addRow(tables, "serviceAddons", {
    ...{ orderId, serviceId, addonId, quantity, billingCycle },
    ...{ firstPaymentAmount: first, amount: times(price.recurring) },
    nextDueDate: monthsOfCycle(billingCycle) === 0 ? "0000-00-00" : world.today(),
  });
  const fields = rowsWhere(tables, "customFields", ({ type, relid }) => type === "addon" && relid === addonId);
  for (const role of ["licence", "ip"] as const) {
    const field = fields.find(({ name }) => roleOfField(name) === role);
    const value = order[role];
    if (field !== undefined && value !== undefined)
      addRow(tables, "customFieldValues", { fieldId: field.id, relid: serviceAddonId, value });
  }
  const line = { type: "Addon", relid: serviceAddonId, amount: first, dueDate: world.today() };
  const issued = issueInvoice(world, { clientId, dueDate: world.today(), lines: [line] });
  rowOf(tables, "orders", orderId).invoiceId = issued.invoiceId;
  return { ...issued, orderId, serviceAddonId, lineId: issued.lineIds[0] ?? 0 };
}

/** The next invoice of an addon: dated today, its line due when the addon is. */
export function issueAddonInvoice(world: World, serviceAddonId: number): IssuedInvoice & { lineId: number } {
  const { serviceId, amount, nextDueDate, billingCycle } = rowOf(world.tables, "serviceAddons", serviceAddonId);
  if (monthsOfCycle(billingCycle) === 0 || nextDueDate === null)
    throw new RangeError("an addon without a recurring cycle is never renewed");
  const { clientId } = rowOf(world.tables, "services", serviceId);
  const line = { type: "Addon", relid: serviceAddonId, amount, dueDate: nextDueDate };
  const issued = issueInvoice(world, { clientId, dueDate: nextDueDate, lines: [line] });
  return { ...issued, lineId: issued.lineIds[0] ?? 0 };
}
