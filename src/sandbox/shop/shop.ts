// What can be done in a WHMCS-shaped shop?
import type { RowDataPacket } from "mysql2/promise";
import type { Clock } from "../../clock.ts";
import type { Decimal } from "../../money.ts";
import * as addons from "./addons.ts";
import * as catalog from "./catalog.ts";
import * as clients from "./clients.ts";
import { openShopDatabase, type ShopDatabase } from "./database.ts";
import { writeValue } from "./fields.ts";
import { type NewOrder, placeOrder } from "./orders.ts";
import * as payments from "./payments.ts";
import * as reversals from "./reversals.ts";
import { absentColumns, schemaStatements } from "./schema.ts";
import * as services from "./services.ts";
import type { Release, Shape } from "./table.ts";

export interface ShopOptions {
  /** `mysql://` URL of an empty database, of a user who may create tables. */
  readonly url: string;
  readonly clock: Clock;
  /** IANA name of the zone in which dates are stored; default UTC. */
  readonly timezone?: string;
  /** Default: 8.13 as it is installed today. */
  readonly shape?: Shape;
}

/**
 * Everything the sandbox's shop can do. Each action writes what WHMCS writes and returns, as data, the hooks that WHMCS
 * would run; none is fired here. Provisioning modules do not exist: a paid service stays Pending whatever its `autosetup`.
 */
export type Shop = ReturnType<typeof describeShop>;

/** Creates the tables of a WHMCS in an empty database, with its default rows, and opens it. */
export async function createShop(options: ShopOptions): Promise<Shop> {
  const { url, clock, timezone = "UTC", shape = { release: "8.13" } } = options;
  const database = openShopDatabase({ url, clock, timezone, absent: absentColumns(shape) });
  try {
    for (const statement of schemaStatements(shape)) await database.run(statement);
    await insertDefaultRows(database, shape.release);
    return describeShop(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

const versions: Readonly<Record<Release, string>> = {
  "8.4": "8.4.0-release.1",
  "8.13": "8.13.1-release.1",
  "9.0": "9.0.3-release.1",
};

async function insertDefaultRows(database: ShopDatabase, release: Release): Promise<void> {
  await database.atomically(async (statements) => {
    for (const [index, title] of ["Pending", "Active", "Fraud", "Cancelled"].entries()) {
      const flags = { showpending: title === "Pending" ? 1 : 0, showactive: title === "Active" ? 1 : 0 };
      const row = { title, color: "#888888", ...flags, showcancelled: index > 1 ? 1 : 0, sortorder: (index + 1) * 10 };
      await statements.insert("tblorderstatuses", row);
    }
    const settings = {
      Version: versions[release],
      CompanyName: "Example Hosting",
      NoAutoApplyCredit: "on",
      AutoProvisionExistingOnly: "",
      CutUtf8Mb4: "on",
      DateFormat: "YYYY-MM-DD",
    };
    const times = catalog.rowTimes(database);
    for (const [setting, value] of Object.entries(settings)) {
      await statements.insert("tblconfiguration", { setting, value, ...times });
    }
  });
}

function describeShop(database: ShopDatabase) {
  return {
    addCurrency: (currency: catalog.NewCurrency) => catalog.addCurrency(database, currency),
    addProductGroup: (group: { name: string; isHidden?: boolean }) => catalog.addProductGroup(database, group),
    addProduct: (product: catalog.NewProduct) => catalog.addProduct(database, product),
    addAddon: (addon: addons.NewAddon) => addons.addAddon(database, addon),
    orderAddon: (order: addons.AddonOrder) => addons.orderAddon(database, order),
    issueAddonInvoice: (serviceAddonId: number) => addons.issueAddonInvoice(database, serviceAddonId),
    setAddonStatus: (serviceAddonId: number, status: services.ServiceState) =>
      addons.setAddonStatus(database, serviceAddonId, status),
    setPrice: (change: catalog.PriceChange) => catalog.setPrice(database, change),
    addClient: (client: clients.NewClient = {}) => clients.addClient(database, client),
    addCredit: (clientId: number, amount: Decimal) => clients.addCredit(database, clientId, amount),
    placeOrder: (order: NewOrder) => placeOrder(database, order),
    payInvoice: (invoiceId: number, payment?: payments.Payment) => payments.payInvoice(database, invoiceId, payment),
    payInvoiceByCredit: (invoiceId: number) => payments.payInvoiceByCredit(database, invoiceId),
    openMassPayment: (invoiceIds: readonly number[]) => payments.openMassPayment(database, invoiceIds),
    setInvoiceUnpaid: (invoiceId: number) => reversals.setInvoiceUnpaid(database, invoiceId),
    cancelInvoice: (invoiceId: number) => reversals.cancelInvoice(database, invoiceId),
    refundInvoice: (invoiceId: number, amount?: Decimal) => reversals.refundInvoice(database, invoiceId, amount),
    issueRenewalInvoice: (serviceId: number) => services.issueRenewalInvoice(database, serviceId),
    setServiceStatus: (serviceId: number, status: services.ServiceState) =>
      services.setServiceStatus(database, serviceId, status),
    runModuleAction: (serviceId: number, action: services.ModuleAction) =>
      services.runModuleAction(database, serviceId, action),
    setOrderStatus: (orderId: number, status: services.OrderState) =>
      services.setOrderStatus(database, orderId, status),
    setLicence: (serviceId: number, text: string) => services.setLicence(database, serviceId, text),
    /** A custom field of a service, by its `tblcustomfields.id`. */
    setField: (field: { serviceId: number; fieldId: number; value: string }) =>
      writeValue(database, database.now(), field),
    orderUpgrade: (upgrade: services.Upgrade) => services.orderUpgrade(database, upgrade),
    requestCancellation: (request: services.CancellationRequest) => services.requestCancellation(database, request),
    deleteService: (serviceId: number) => services.deleteService(database, serviceId),
    deleteLine: (lineId: number) => services.deleteLine(database, lineId),
    /** Writes a row of `tblconfiguration`. */
    setSetting: async (setting: string, value: string): Promise<void> => {
      await database.run(
        "INSERT INTO tblconfiguration SET ? ON DUPLICATE KEY UPDATE value = VALUES(value), updated_at = VALUES(updated_at)",
        [{ setting, value, ...catalog.rowTimes(database) }],
      );
    },
    /** Any statement, for odd rows and for looking: rows with dates and decimals as text, or none. */
    sql: async (text: string, params: readonly unknown[] = []): Promise<RowDataPacket[]> => {
      const rows: RowDataPacket[] | object = await database.rows(text, params);
      return Array.isArray(rows) ? rows : [];
    },
    now: () => database.now(),
    today: () => database.today(),
    close: () => database.close(),
  };
}
