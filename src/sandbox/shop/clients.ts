// How do clients and their credit come into the shop?
import { addMoney, type Decimal, formatMoney } from "../../money.ts";
import { rowTimes } from "./catalog.ts";
import type { ShopDatabase, Statements } from "./database.ts";

export interface NewClient {
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Currency code; default: the shop's default currency. */
  readonly currency?: string;
  readonly status?: "Active" | "Inactive" | "Closed";
  /** `YYYY-MM-DD`; default: today. */
  readonly createdOn?: string;
  readonly credit?: Decimal;
}

/** Adds a client; returns `tblclients.id`. */
export async function addClient(database: ShopDatabase, client: NewClient): Promise<number> {
  const [currency] = await database.rows(
    "SELECT id FROM tblcurrencies WHERE code = ? OR (? IS NULL AND `default` = 1) ORDER BY id LIMIT 1",
    [client.currency ?? null, client.currency ?? null],
  );
  const id = await database.insert("tblclients", {
    firstname: client.firstName ?? "Client",
    lastname: client.lastName ?? "",
    email: client.email ?? "client@example.com",
    country: "DE",
    currency: Number(currency?.id ?? 0),
    credit: "0.00",
    datecreated: client.createdOn ?? database.today(),
    status: client.status ?? "Active",
    ...rowTimes(database),
  });
  if (client.credit !== undefined) await addCredit(database, id, client.credit);
  return id;
}

/** Staff add credit to a client's balance. */
export function addCredit(database: ShopDatabase, clientId: number, amount: Decimal): Promise<void> {
  const movement = { clientId, amount, description: "Credit added", date: database.today() };
  return database.atomically((statements) => moveCredit(statements, movement));
}

/** Changes the balance and writes the movement; `amount` is signed. What `tblcredit.relid` means is not known: it stays 0. */
export async function moveCredit(
  statements: Statements,
  { clientId, amount, description, date }: { clientId: number; amount: Decimal; description: string; date: string },
): Promise<void> {
  const client = await statements.row("tblclients", clientId);
  const credit = formatMoney(addMoney(String(client.credit), amount), 2);
  if (credit.startsWith("-")) throw new RangeError("the client has less credit than that");
  await statements.update("tblclients", clientId, { credit });
  await statements.insert("tblcredit", { clientid: clientId, date, description, amount });
}
