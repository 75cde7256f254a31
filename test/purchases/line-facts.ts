// What does a line look like about which nothing is odd? Paid, monthly, with a licence; tests change what they are about.
import type { LineFacts } from "../../src/whmcs/facts.ts";

/** A line of the invoice. */
export type ChangedLine = Omit<LineFacts["invoiceLines"][number], "isTaxed"> & { readonly isTaxed?: boolean };

/** Parts of the facts to change; each part keeps what it does not name. */
export interface Changes {
  readonly line?: Partial<LineFacts["line"]>;
  readonly invoice?: Partial<LineFacts["invoice"]>;
  readonly service?: Partial<LineFacts["service"]>;
  readonly product?: Partial<LineFacts["product"]>;
  readonly client?: Partial<NonNullable<LineFacts["client"]>> | null;
  readonly rest?: Partial<
    Pick<
      LineFacts,
      "order" | "licence" | "ip" | "prices" | "provisionsExistingClientsOnly" | "tax" | "currencies" | "cancellations"
    >
  > & {
    /** Not taxed unless they say so. */
    readonly invoiceLines?: readonly ChangedLine[];
  };
}

/** `configoption1` … `configoption8` with some of them changed, by their number. */
export function options(changed: Readonly<Record<number, string>> = {}): string[] {
  return ["23221", "DDoSGUARD", "", "", "", "", "", ""].map((text, index) => changed[index + 1] ?? text);
}

const price = (amount: string, setupFee = "0.00") => ({ price: amount, setupFee });

export function lineFacts(changes: Changes = {}): LineFacts {
  const client = {
    id: 5,
    status: "Active",
    email: "buyer@example.com",
    createdOn: "2020-02-02",
    hasOtherActiveService: false,
  };
  const line = {
    id: 71,
    invoiceId: 61,
    type: "Hosting" as const,
    amount: "15.00",
    isTaxed: false,
    dueDate: "2026-11-23",
    isFirstOfService: true,
    ...changes.line,
  };
  const { invoiceLines = [{ type: "Hosting", relid: 41, amount: line.amount, isTaxed: line.isTaxed }], ...rest } =
    changes.rest ?? {};
  return {
    line,
    invoiceLines: invoiceLines.map((each) => ({ isTaxed: false, ...each })),
    invoice: {
      id: 61,
      status: "Paid",
      date: "2026-11-20",
      dueDate: "2026-11-24",
      paidAt: "2026-11-21 12:00:00",
      newestTransactionAt: "2026-11-21 11:59:00",
      taxRates: ["0.000", "0.000"],
      currencyId: 1,
      ...changes.invoice,
    },
    service: {
      id: 41,
      parentId: null,
      clientId: 5,
      status: "Pending",
      billingCycle: "Monthly",
      amount: "15.00",
      firstPaymentAmount: "15.00",
      quantity: 1,
      ...changes.service,
    },
    product: { id: 31, options: options(), isProrated: false, autoSetup: "", ...changes.product },
    order: { id: 51, status: "Active" },
    client: changes.client === null ? null : { ...client, ...changes.client },
    licence: "1234567",
    ip: "192.0.2.10",
    prices: {
      monthly: price("15.00", "3.00"),
      quarterly: price("42.00"),
      semiannually: price("80.00", "5.00"),
      annually: price("150.00"),
      biennially: null,
      triennially: null,
    },
    provisionsExistingClientsOnly: false,
    tax: { isInclusive: false, isCompound: false },
    cancellations: [],
    currencies: [
      { id: 1, code: "USD", rate: "1.00000" },
      { id: 2, code: "EUR", rate: "0.92000" },
    ],
    ...rest,
  };
}

/** Both changes; where they name the same, the second. */
export function merge(a: Changes, b: Changes): Changes {
  const client = a.client === null || b.client === null ? null : { ...a.client, ...b.client };
  return {
    line: { ...a.line, ...b.line },
    invoice: { ...a.invoice, ...b.invoice },
    service: { ...a.service, ...b.service },
    product: { ...a.product, ...b.product },
    client,
    rest: { ...a.rest, ...b.rest },
  };
}
