// What does WHMCS say about one invoice line? Plain facts as read, judged by nobody yet.
import type { Decimal } from "../money.ts";
import type { ServiceRef } from "./service-ref.ts";

/** WHMCS local date `YYYY-MM-DD`; zero dates and NULL arrive as null. */
export type WhmcsDate = string;
/** WHMCS local date and time `YYYY-MM-DD HH:MM:SS`; zero dates and NULL arrive as null. */
export type WhmcsDateTime = string;

/** Prices of one product or addon in one currency; null where no row or the cycle is not offered (negative). */
export interface CyclePrices {
  readonly monthly: CyclePrice | null;
  readonly quarterly: CyclePrice | null;
  readonly semiannually: CyclePrice | null;
  readonly annually: CyclePrice | null;
  readonly biennially: CyclePrice | null;
  readonly triennially: CyclePrice | null;
}

/** The cycles that ispmanager sells, with their months. */
export const soldCycles: readonly (readonly [cycle: keyof CyclePrices, months: number])[] = [
  ["monthly", 1],
  ["semiannually", 6],
  ["annually", 12],
];

export interface CyclePrice {
  readonly price: Decimal;
  readonly setupFee: Decimal;
}

/**
 * One line of type `Hosting`, `Addon` or `Upgrade` whose service's product, or whose addon, has our server type, with everything
 * around it. A product addon that a client has is a service here, and the addon that was on sale is its product.
 */
export interface LineFacts {
  readonly line: {
    readonly id: number;
    readonly invoiceId: number;
    readonly type: LineType;
    readonly amount: Decimal;
    readonly isTaxed: boolean;
    readonly dueDate: WhmcsDate | null;
    /** True when no other line of its type (`Hosting`, `Addon`) of the same service has a lower id. */
    readonly isFirstOfService: boolean;
  };
  readonly invoice: InvoiceFacts;
  /** Every line of the same invoice, the one above included: discounts stand here. */
  readonly invoiceLines: readonly {
    readonly type: string;
    readonly relid: number;
    readonly amount: Decimal;
    readonly isTaxed: boolean;
  }[];
  readonly service: {
    /** `tblhosting.id`; of an addon `tblhostingaddons.id`. */
    readonly id: number;
    /** The `tblhosting.id` that an addon stands on; null of a service itself. */
    readonly parentId: number | null;
    readonly clientId: number;
    /** `tblhosting.domainstatus` as stored; of an addon its own status, or that of its service once the service has ended. */
    readonly status: string;
    /** As stored, e.g. `Monthly`, `Semi-Annually`. */
    readonly billingCycle: string;
    readonly amount: Decimal;
    readonly firstPaymentAmount: Decimal;
    /** 1 where the column does not exist. */
    readonly quantity: number;
  };
  readonly product: {
    /** `tblproducts.id`; of an addon `tbladdons.id`. */
    readonly id: number;
    /** `configoption1` … `configoption8`, trimmed; index 0 is `configoption1`. */
    readonly options: readonly string[];
    readonly isProrated: boolean;
    readonly autoSetup: string;
  };
  /** Null when the service has no order row. */
  readonly order: { readonly id: number; readonly status: string } | null;
  /** Null when the client row is missing. */
  readonly client: {
    readonly id: number;
    readonly status: string;
    readonly email: string;
    readonly createdOn: WhmcsDate | null;
    /** True when the client has another service with status Active. */
    readonly hasOtherActiveService: boolean;
  } | null;
  /**
   * The licence as typed, trimmed; null when there is no such field or value. An addon has its own, or else that of its
   * service.
   */
  readonly licence: string | null;
  /** The same; of an addon at last the dedicated IP of its service. */
  readonly ip: string | null;
  /** The product's prices in the invoice's currency; null when that currency has no price row. */
  readonly prices: CyclePrices | null;
  /** `tblconfiguration.AutoProvisionExistingOnly` is on. */
  readonly provisionsExistingClientsOnly: boolean;
  readonly tax: TaxRules;
  /** The client's requests to cancel the service, by id; those that WHMCS has acted on are among them. */
  readonly cancellations: readonly Cancellation[];
  /** All of WHMCS's currencies. */
  readonly currencies: readonly Currency[];
}

export type LineType = "Hosting" | "Addon" | "Upgrade";

export interface Cancellation {
  readonly requestedAt: WhmcsDateTime | null;
  /** False: at the end of the billing period. */
  readonly isImmediate: boolean;
}

/** How the shop counts tax now. */
export interface TaxRules {
  /** Amounts of taxed lines contain the tax: `tblconfiguration.TaxType` does not say `Exclusive`. */
  readonly isInclusive: boolean;
  /** The second rate is on top of the first: `tblconfiguration.TaxL2Compound` is not empty, or cannot be read. */
  readonly isCompound: boolean;
}

export interface Currency {
  readonly id: number;
  readonly code: string;
  /** So many of it are one of the default currency. */
  readonly rate: Decimal;
}

export interface InvoiceFacts {
  readonly id: number;
  /** One of Draft, Unpaid, Paid, Cancelled, Refunded, Collections, Payment Pending, or whatever staff's tools wrote. */
  readonly status: string;
  readonly date: WhmcsDate | null;
  readonly dueDate: WhmcsDate | null;
  readonly paidAt: WhmcsDateTime | null;
  /** Both rates of the invoice, in percent. */
  readonly taxRates: readonly [Decimal, Decimal];
  /** Newest `tblaccounts.date` of the invoice. */
  readonly newestTransactionAt: WhmcsDateTime | null;
  /** `tblcurrencies.id` of the client whom the line was billed to; null when nobody can tell. */
  readonly currencyId: number | null;
}

/**
 * The questions the purchase engine asks WHMCS. Every call throws `DatabaseError` when WHMCS cannot be read;
 * one unreadable row never throws: it is left out, or arrives as null fields.
 */
export interface PurchaseReader {
  /** Facts of the given lines; a line that is gone, or whose service or product is gone or not ours, is left out. */
  readLines(lineIds: readonly number[]): Promise<LineFacts[]>;
  /**
   * Ids of the lines of an invoice that are ours. Lines of type `Invoice` (mass payment) are followed one level: the
   * lines of the invoices they pay are included.
   */
  listLinesOfInvoice(invoiceId: number): Promise<number[]>;
  /** The services and addons of an order that are ours. */
  listServicesOfOrder(orderId: number): Promise<ServiceRef[]>;
  /** Addons of ours that stand on this service, which need not be ours. */
  listAddonsOfService(serviceId: number): Promise<ServiceRef[]>;
  /**
   * At most `limit` of our services, and after the last of them of our addons, each by id, behind `after` (null: from the
   * start); `openOnly` leaves out those whose own status has ended. Scans no WHMCS table but `tblproducts` and `tbladdons`; where
   * an addon is ours also `tblhostingaddons`, page by page, because it has no index on the addon.
   */
  listServices(page: { after: ServiceRef | null; limit: number; openOnly: boolean }): Promise<ServiceRef[]>;
  /**
   * Active services of our products, and after the last of them our active addons, whose next due date is one of the days `from` to
   * `until`; each by id, behind `after` (null: from the start), at most `limit`.
   */
  listUpcoming(page: UpcomingPage): Promise<Upcoming[]>;
  /** The services and behind them the addons of ours, each by id, that have not ended and are for this licence and tariff. */
  listServicesFor(module: { licence: string; tariff: string }): Promise<ServiceOfModule[]>;
  /** For each service its lines, upgrades among them, with the present status of their invoice. */
  listLinesOfServices(refs: readonly ServiceRef[]): Promise<LineStatus[]>;
  /** Where a service stands now, for the write-back; null when it is gone, or when the service of an addon is. */
  readService(ref: ServiceRef): Promise<ServiceStatus | null>;
  /** Status of each of these services; one that is gone is left out. */
  readServiceStatuses(refs: readonly ServiceRef[]): Promise<ReadonlyMap<ServiceRef, string>>;
  /** Of each the status with what its product says about its end; one that is gone or not ours any more is left out. */
  readServiceFates(refs: readonly ServiceRef[]): Promise<ReadonlyMap<ServiceRef, ServiceFate>>;
  /** What stands in the custom fields of a service that we fill in; of an addon nothing, because WHMCS's API cannot change them. */
  readProperties(ref: ServiceRef): Promise<ServiceProperties>;
}

export interface ServiceOfModule {
  readonly ref: ServiceRef;
  /** `tblhosting.domainstatus` as stored; of an addon its own status. */
  readonly status: string;
}

export interface ServiceFate {
  /** `tblhosting.domainstatus` as stored; of an addon its own status, or that of its service once the service has ended. */
  readonly status: string;
  /** `configoption8` of its product, or of the addon that was on sale, trimmed. */
  readonly atEnd: string;
}

/** Null where the product of the service has no such field, or the service is gone. */
export interface ServiceProperties {
  readonly paidUntil: Property | null;
  readonly moduleId: Property | null;
}

export interface Property {
  /** `tblcustomfields.id`. */
  readonly fieldId: number;
  /** Trimmed; null when empty. */
  readonly value: string | null;
}

export interface UpcomingPage {
  readonly from: WhmcsDate;
  readonly until: WhmcsDate;
  readonly after: ServiceRef | null;
  readonly limit: number;
}

/** A service or addon that is to be invoiced for its next period. */
export interface Upcoming {
  readonly ref: ServiceRef;
  readonly dueOn: WhmcsDate;
  readonly billingCycle: string;
  /** Of its product, or of the addon that was on sale: `configoption1` …, trimmed. */
  readonly options: readonly string[];
}

export interface LineStatus {
  readonly lineId: number;
  readonly serviceRef: ServiceRef;
  readonly invoiceId: number;
  readonly invoiceStatus: string;
}

export interface ServiceStatus {
  /** In its own table, as in the reference that was asked for. */
  readonly id: number;
  readonly clientId: number;
  readonly status: string;
  /** Null when the service has no order. */
  readonly orderId: number | null;
  readonly orderStatus: string | null;
  /** True when every service, addon and domain of that order is Active. */
  readonly isWholeOrderActive: boolean;
}
