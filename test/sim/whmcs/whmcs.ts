// What can happen in the WHMCS of the simulation? The sandbox's shop in memory: it writes the same, without a database.
import type { Decimal } from "../../../src/money.ts";
import type { AddonIds, AddonOrder, NewAddon } from "../../../src/sandbox/shop/addons.ts";
import type { NewProduct, PriceChange, ProductIds } from "../../../src/sandbox/shop/catalog.ts";
import type { NewClient } from "../../../src/sandbox/shop/clients.ts";
import type { OrderState, ServiceState } from "../../../src/sandbox/shop/services.ts";
import * as addons from "./addons.ts";
import { addClient, addProduct, fillField, setPrice } from "./catalogue.ts";
import * as invoices from "./invoices.ts";
import * as services from "./services.ts";
import { addRow, createTables, type RowOf, rowOf, type TableName, type Tables } from "./tables.ts";
import type { World } from "./world.ts";

/** One entry of WHMCS's activity log. */
export interface Activity {
  /** WHMCS local time. */
  readonly at: string;
  readonly clientId: number;
  readonly description: string;
}

/** Every action takes effect at once and whole. Nothing is sent: which event tells of it is the script's to say. */
export interface SimulatedWhmcs {
  /** All rows by id as they stand now: `tables.rows.invoices.get(id)?.status`. */
  readonly tables: Tables;
  readonly activities: readonly Activity[];
  addProduct(product: NewProduct): ProductIds;
  addAddon(addon: NewAddon): AddonIds;
  setPrice(change: PriceChange): void;
  addClient(client?: NewClient): number;
  addCredit(clientId: number, amount: Decimal): void;
  placeOrder(order: services.NewOrder): services.PlacedOrder;
  payInvoice(invoiceId: number, payment?: { amount?: Decimal }): void;
  payInvoiceByCredit(invoiceId: number): void;
  openMassPayment(invoiceIds: readonly number[]): invoices.IssuedInvoice;
  /** `openMassPayment`, paid; the id of the parent invoice. */
  massPay(invoiceIds: readonly number[]): number;
  setInvoiceUnpaid(invoiceId: number): void;
  cancelInvoice(invoiceId: number): void;
  /** All of it, or `amount` of its transactions: a part leaves the invoice Paid. */
  refundInvoice(invoiceId: number, amount?: Decimal): void;
  /** One cent goes back. */
  partialRefund(invoiceId: number): void;
  issueRenewalInvoice(serviceId: number): invoices.IssuedInvoice & { lineId: number };
  orderAddon(order: AddonOrder): addons.OrderedAddon;
  issueAddonInvoice(serviceAddonId: number): invoices.IssuedInvoice & { lineId: number };
  setAddonStatus(serviceAddonId: number, status: ServiceState): void;
  orderUpgrade(upgrade: { serviceId: number; amount: Decimal }): ReturnType<typeof services.orderUpgrade>;
  /** Exactly as typed. */
  setLicence(serviceId: number, text: string): void;
  setAddress(serviceId: number, text: string): void;
  setServiceStatus(serviceId: number, status: ServiceState): void;
  requestCancellation(request: { serviceId: number; type: "Immediate" | "End of Billing Period" }): void;
  setOrderStatus(orderId: number, status: OrderState): void;
  acceptOrder(orderId: number): void;
  deleteService(serviceId: number): void;
  deleteLine(lineId: number): void;
  moveLine(lineId: number, invoiceId: number): void;
  setSetting(setting: string, value: string): void;
  /** Whether the server module is installed, without which `ModuleCreate` is refused; it is at first. */
  setServerModule(isInstalled: boolean): void;
  hasServerModule(): boolean;
  logActivity(clientId: number, description: string): void;
  /** What no action does: odd rows, as imports and other modules write them. */
  add<Name extends TableName>(table: Name, row: Partial<Omit<RowOf<Name>, "id">>): number;
  edit<Name extends TableName>(table: Name, id: number, change: Partial<Omit<RowOf<Name>, "id">>): void;
  remove(table: TableName, id: number): void;
}

export interface SimulatedWhmcsOptions {
  /** WHMCS local `YYYY-MM-DD HH:MM:SS`. */
  readonly localTime: () => string;
  /** Their ids count from 1. Currencies are USD (1, the default) and EUR (2). */
  readonly products: readonly NewProduct[];
}

export function createSimulatedWhmcs({ localTime, products }: SimulatedWhmcsOptions): SimulatedWhmcs {
  const tables = createTables();
  const world: World = { tables, now: localTime, today: () => localTime().slice(0, 10) };
  addRow(tables, "currencies", { code: "USD", isDefault: 1 });
  addRow(tables, "currencies", { code: "EUR" });
  for (const product of products) addProduct(world, product);
  return {
    tables,
    ...describeStaff(world),
    ...describeMoney(world),
    ...describeServices(world),
    ...describeRows(tables),
  };
}

function describeStaff(world: World) {
  const activities: Activity[] = [];
  let isInstalled = true;
  return {
    activities,
    addProduct: (product: NewProduct) => addProduct(world, product),
    addAddon: (addon: NewAddon) => addons.addAddon(world, addon),
    setPrice: (change: PriceChange) => setPrice(world, change),
    addClient: (client?: NewClient) => addClient(world, client),
    setSetting: (setting: string, value: string) => {
      world.tables.settings.set(setting, value);
    },
    setServerModule: (isThere: boolean) => {
      isInstalled = isThere;
    },
    hasServerModule: () => isInstalled,
    logActivity: (clientId: number, description: string) => {
      activities.push({ at: world.now(), clientId, description });
    },
  };
}

function describeMoney(world: World) {
  return {
    addCredit: (clientId: number, amount: Decimal) => invoices.changeCredit(world, clientId, amount),
    payInvoice: (invoiceId: number, payment?: { amount?: Decimal }) => invoices.payInvoice(world, invoiceId, payment),
    payInvoiceByCredit: (invoiceId: number) => invoices.payInvoiceByCredit(world, invoiceId),
    openMassPayment: (invoiceIds: readonly number[]) => invoices.openMassPayment(world, invoiceIds),
    massPay: (invoiceIds: readonly number[]) => {
      const { invoiceId } = invoices.openMassPayment(world, invoiceIds);
      invoices.payInvoice(world, invoiceId);
      return invoiceId;
    },
    setInvoiceUnpaid: (invoiceId: number) => invoices.setInvoiceUnpaid(world, invoiceId),
    cancelInvoice: (invoiceId: number) => invoices.cancelInvoice(world, invoiceId),
    refundInvoice: (invoiceId: number, amount?: Decimal) => invoices.refundInvoice(world, invoiceId, amount),
    partialRefund: (invoiceId: number) => invoices.refundInvoice(world, invoiceId, "0.01"),
  };
}

function describeServices(world: World) {
  const { tables } = world;
  const setOrderStatus = (orderId: number, status: OrderState) => {
    rowOf(tables, "orders", orderId).status = status;
  };
  return {
    placeOrder: (order: services.NewOrder) => services.placeOrder(world, order),
    issueRenewalInvoice: (serviceId: number) => services.issueRenewalInvoice(world, serviceId),
    orderAddon: (order: AddonOrder) => addons.orderAddon(world, order),
    issueAddonInvoice: (serviceAddonId: number) => addons.issueAddonInvoice(world, serviceAddonId),
    setAddonStatus: (serviceAddonId: number, status: ServiceState) => {
      rowOf(tables, "serviceAddons", serviceAddonId).status = status;
    },
    orderUpgrade: (upgrade: { serviceId: number; amount: Decimal }) => services.orderUpgrade(world, upgrade),
    setLicence: (serviceId: number, text: string) => fillField(world, { serviceId, role: "licence", value: text }),
    setAddress: (serviceId: number, text: string) => fillField(world, { serviceId, role: "ip", value: text }),
    setServiceStatus: (serviceId: number, status: ServiceState) => {
      rowOf(tables, "services", serviceId).status = status;
    },
    requestCancellation: (request: { serviceId: number; type: "Immediate" | "End of Billing Period" }) => {
      addRow(tables, "cancelRequests", { ...request, date: world.now() });
    },
    setOrderStatus,
    acceptOrder: (orderId: number) => setOrderStatus(orderId, "Active"),
    deleteService: (serviceId: number) => services.deleteService(world, serviceId),
    deleteLine: (lineId: number) => services.deleteLine(world, lineId),
    moveLine: (lineId: number, invoiceId: number) => {
      rowOf(tables, "invoiceLines", lineId).invoiceId = invoiceId;
    },
  };
}

function describeRows(tables: Tables): Pick<SimulatedWhmcs, "add" | "edit" | "remove"> {
  return {
    add: (table, row) => addRow(tables, table, row),
    edit: (table, id, change) => {
      Object.assign(rowOf(tables, table, id), change);
    },
    remove: (table, id) => {
      tables.rows[table].delete(id);
    },
  };
}
