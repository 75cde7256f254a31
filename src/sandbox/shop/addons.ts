// What does WHMCS write when a product addon is set up, ordered for a service, renewed and ended?
import { formatMoney, multiplyMoney } from "../../money.ts";
import {
  type CyclePrices,
  currencyIdOf,
  insertFields,
  insertPrices,
  type NewField,
  type NewProduct,
  rowTimes,
} from "./catalog.ts";
import { addMonths, type BillingCycle, monthsOfCycle } from "./cycles.ts";
import type { ShopDatabase } from "./database.ts";
import { type FieldRole, fieldNames, writeValue } from "./fields.ts";
import { hook, type WithHooks } from "./hook-calls.ts";
import { type InvoiceIds, insertInvoice, invoiceCreatedHooks } from "./lines.ts";
import { insertOrder, orderNumber, priceOf, serviceDates } from "./orders.ts";
import type { ServiceState } from "./services.ts";

export interface NewAddon
  extends Pick<NewProduct, "name" | "options" | "isHidden" | "isRetired" | "isProrated" | "autoSetup"> {
  /** Products whose services it can be added to. */
  readonly packages: readonly number[];
  /** Default `ispmanagermodules`. */
  readonly module?: string;
  /** Default `recurring`. */
  readonly billingCycle?: string;
  readonly allowQuantity?: 0 | 1;
  readonly prices?: Readonly<Record<string, CyclePrices>>;
  /** Default: none, so that licence and address are those of the service. */
  readonly fields?: readonly NewField[];
}

export interface AddonIds {
  readonly addonId: number;
  readonly fieldIds: readonly number[];
}

/** Adds an addon with its module settings, price rows and custom fields. */
export function addAddon(database: ShopDatabase, addon: NewAddon): Promise<AddonIds> {
  return database.atomically(async (statements) => {
    const times = rowTimes(database);
    const addonId = await statements.insert("tbladdons", {
      packages: addon.packages.join(","),
      name: addon.name,
      billingcycle: addon.billingCycle ?? "recurring",
      allowqty: addon.allowQuantity ?? 0,
      hidden: addon.isHidden ? 1 : 0,
      retired: addon.isRetired ? 1 : 0,
      autoactivate: addon.autoSetup ?? "",
      module: addon.module ?? "ispmanagermodules",
      prorate: addon.isProrated ? 1 : 0,
      ...times,
    });
    for (const [index, value] of (addon.options ?? []).entries()) {
      const setting = { entity_type: "addon", entity_id: addonId, setting_name: `configoption${index + 1}`, value };
      await statements.insert("tblmodule_configuration", { ...setting, ...times });
    }
    for (const [code, prices] of Object.entries(addon.prices ?? {})) {
      const currencyId = await currencyIdOf(statements, code);
      await insertPrices(statements, { type: "addon", relid: addonId, currencyId, prices });
    }
    const owner = { type: "addon", relid: addonId } as const;
    return { addonId, fieldIds: await insertFields(statements, { owner, fields: addon.fields ?? [], times }) };
  });
}

export interface AddonOrder {
  readonly serviceId: number;
  readonly addonId: number;
  /** Default Monthly. */
  readonly billingCycle?: BillingCycle;
  readonly quantity?: number;
  /** Typed into the addon's own fields; left out, or where it has none, nothing is written. */
  readonly licence?: string;
  readonly ip?: string;
}

export interface OrderedAddon extends InvoiceIds, WithHooks {
  readonly orderId: number;
  /** `tblhostingaddons.id`. */
  readonly serviceAddonId: number;
}

/** The client of a service orders an addon for it: a Pending order, a Pending addon, an invoice with one `Addon` line. */
export function orderAddon(database: ShopDatabase, order: AddonOrder): Promise<OrderedAddon> {
  const { serviceId, addonId, billingCycle = "Monthly", quantity = 1 } = order;
  return database.atomically(async (statements) => {
    const service = await statements.row("tblhosting", serviceId);
    const addon = await statements.row("tbladdons", addonId);
    const [clientId, paymentMethod] = [Number(service.userid), String(service.paymentmethod)];
    const orderId = await insertOrder(statements, database, { clientId, paymentMethod });
    const price = await priceOf(statements, { clientId, type: "addon", relid: addonId, cycle: billingCycle });
    const times = (amount: string) => formatMoney(multiplyMoney(amount, quantity), 2);
    const serviceAddonId = await statements.insert("tblhostingaddons", {
      orderid: orderId,
      hostingid: serviceId,
      addonid: addonId,
      userid: clientId,
      qty: quantity,
      firstpaymentamount: times(price.first),
      recurring: times(price.recurring),
      billingcycle: billingCycle,
      ...serviceDates(database.today(), billingCycle),
      paymentmethod: paymentMethod,
      ...rowTimes(database),
    });
    const fields = await statements.rows(
      "SELECT id, fieldname FROM tblcustomfields WHERE type = 'addon' AND relid = ? ORDER BY id",
      [addonId],
    );
    for (const role of ["licence", "ip"] satisfies FieldRole[]) {
      const field = fields.find((row) => fieldNames[role].test(String(row.fieldname)));
      const value = order[role];
      if (field === undefined || value === undefined) continue;
      await writeValue(statements, database.now(), { fieldId: Number(field.id), serviceId: serviceAddonId, value });
    }
    const line = { type: "Addon", relid: serviceAddonId, description: String(addon.name), amount: times(price.first) };
    const ids = await insertInvoice(statements, database, {
      ...{ clientId, paymentMethod, dueDate: database.today() },
      lines: [{ ...line, dueDate: database.today() }],
    });
    await statements.update("tblorders", orderId, { invoiceid: ids.invoiceId, amount: ids.total });
    const checkout = hook("AfterShoppingCartCheckout", {
      ...{ OrderID: orderId, OrderNumber: orderNumber(orderId), ServiceIDs: [], AddonIDs: [serviceAddonId] },
      ...{ DomainIDs: [], RenewalIDs: [], PaymentMethod: paymentMethod, InvoiceID: ids.invoiceId, TotalDue: ids.total },
    });
    return { ...ids, orderId, serviceAddonId, hooks: [...invoiceCreatedHooks(ids.invoiceId), checkout] };
  });
}

/** Issues the next invoice of an addon: dated today, its line due when the addon is. */
export function issueAddonInvoice(database: ShopDatabase, serviceAddonId: number): Promise<InvoiceIds & WithHooks> {
  return database.atomically(async (statements) => {
    const addon = await statements.row("tblhostingaddons", serviceAddonId);
    const service = await statements.row("tblhosting", Number(addon.hostingid));
    const dueDate = String(addon.nextduedate);
    const months = monthsOfCycle(String(addon.billingcycle));
    if (months === 0) throw new RangeError("an addon without a recurring cycle is never renewed");
    const line = {
      type: "Addon",
      relid: serviceAddonId,
      description: "Addon",
      amount: String(addon.recurring),
      dueDate,
    };
    const ids = await insertInvoice(statements, database, {
      ...{ clientId: Number(service.userid), dueDate, paymentMethod: String(addon.paymentmethod) },
      lines: [line],
    });
    await statements.update("tblhostingaddons", serviceAddonId, { nextinvoicedate: addMonths(dueDate, months) });
    return { ...ids, hooks: invoiceCreatedHooks(ids.invoiceId) };
  });
}

/** Staff, or the API, give an addon another status; no module function runs. */
export async function setAddonStatus(
  database: ShopDatabase,
  serviceAddonId: number,
  status: ServiceState,
): Promise<void> {
  await database.update("tblhostingaddons", serviceAddonId, { status, updated_at: database.now() });
}
