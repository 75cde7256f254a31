// What can be asked of a partner's billing account at ispmanager, and what may come back?
import type { Decimal } from "../money.ts";

/**
 * Why something could not be read. `refused`: a well-formed business error with its documented `type`
 * (`auth`, `access`, …). `unreadable`: no answer, a late one, or one that is not what was asked for.
 */
export type ReadFailure =
  | { readonly kind: "refused"; readonly errorType: string }
  | { readonly kind: "unreadable"; readonly detail: string };

export type Read<T> = { readonly kind: "ok"; readonly value: T } | ReadFailure;

/** One row of the list `soft`: an ispmanager licence of the account. */
export interface LicenceRow {
  readonly id: string;
  readonly name: string | null;
  readonly ip: string | null;
  /** Numeric status code, 2 = active; null when only text was given. */
  readonly status: number | null;
  /** What it was sold as: the numeric id, and the name, where the row carries them. */
  readonly tariff: string | null;
  readonly tariffName: string | null;
}

/** One row of the list `addition`: a module of the account, as read and not yet interpreted. */
export interface ModuleRow {
  readonly id: string;
  /** The licence: its id or display text (unknown until tried), trimmed; null when absent. */
  readonly item: string | null;
  /** Numeric tariff id when the row carries one (`pricelist_id`, or `pricelist` made of digits). */
  readonly tariff: string | null;
  readonly tariffName: string | null;
  /** `YYYY-MM-DD`; null when absent or localised text. */
  readonly createdOn: string | null;
  readonly expiresOn: string | null;
  /** Numeric status code (2 active, 4 deleted, 5 processing …); null when unreadable. */
  readonly status: number | null;
  /** False for `null`, `0`, `off`, `no` or an empty text; true for any other; null when the column is absent. */
  readonly hasAutoRenewal: boolean | null;
  /** The marker we sent, when the list shows it back. */
  readonly remoteid: string | null;
}

/** The form `addition.edit` of one module: whatever of this it shows. */
export interface ModuleForm extends ModuleRow {}

/** A tariff of the account's own price list; `costs` by period in months. */
export interface Tariff {
  readonly id: string;
  readonly name: string | null;
  /** The service name that panels match, where the account shows it. */
  readonly additionintname: string | null;
  readonly currency: string;
  readonly costs: ReadonlyMap<number, Decimal>;
}

/** A position of the cart. */
export interface CartItem {
  readonly id: string | null;
  /** Everything the row carries, lower-cased field name to text, to look for a licence or a tariff in it. */
  readonly fields: ReadonlyMap<string, string>;
}

export interface Balance {
  readonly amount: Decimal;
  readonly currency: string | null;
}

export interface OrderRequest {
  readonly licence: string;
  readonly tariff: string;
  readonly periodMonths: number;
  readonly marker: string;
  readonly extra: Readonly<Record<string, string>>;
}

export interface RenewalRequest {
  readonly moduleId: string;
  readonly periodMonths: number;
}

/** What one money-moving request is known to have done. Whatever is not listed is `unknown`. */
export type Outcome =
  | { readonly kind: "accepted"; readonly moduleId: string | null; readonly newExpiry: string | null }
  | { readonly kind: "refused"; readonly errorType: string; readonly until: string | null; readonly detail: string }
  | { readonly kind: "not-sent"; readonly detail: string }
  | { readonly kind: "unknown"; readonly detail: string };

/** What can be done to a module besides buying it; none of it moves money. */
export type ModuleChange = "suspend" | "resume" | "delete";

/** The port the purchase engine uses. No call ever throws for what the other side did. */
export interface Account {
  /** Identifies the account in keys and rows: `main`. */
  readonly name: string;
  listModules(): Promise<Read<ModuleRow[]>>;
  listLicences(): Promise<Read<LicenceRow[]>>;
  listTariffs(): Promise<Read<Tariff[]>>;
  readModule(moduleId: string): Promise<Read<ModuleForm>>;
  readCart(): Promise<Read<CartItem[]>>;
  /** `dashboard.info`, then `whoami`; unreadable when neither shows an amount. */
  readBalance(): Promise<Read<Balance>>;
  /** The form of `service.prolong` without `sok`: the announced new expiry, null when it shows none. */
  previewRenewal(request: RenewalRequest): Promise<Read<{ newExpiry: string | null }>>;
  /** Switches auto-renewal off by `addition.edit` with `autoprolong=null`. */
  stopAutoRenewal(moduleId: string): Promise<Read<null>>;
  /** Suspends, resumes or deletes a module, once: `addition.suspend`, `addition.resume`, `addition.delete`; due as an order is. */
  changeModule(moduleId: string, change: ModuleChange, isStillDue: () => boolean): Promise<Outcome>;
  /**
   * Sends one order, once. `isStillDue` is asked in the very moment before the request is written; false gives `not-sent`.
   */
  order(request: OrderRequest, isStillDue: () => boolean): Promise<Outcome>;
  renew(request: RenewalRequest, isStillDue: () => boolean): Promise<Outcome>;
  /** The parameters an order or renewal would carry, without credentials, for showing. */
  describeOrder(request: OrderRequest): Readonly<Record<string, string>>;
  describeRenewal(request: RenewalRequest): Readonly<Record<string, string>>;
}
