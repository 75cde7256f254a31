// Was money lost or spent twice? The account's debits against WHMCS's paid lines; the ledger only says who answers for what.
import type { Debit } from "../../src/sandbox/account/model.ts";
import type { Shop } from "../../src/sandbox/shop/shop.ts";
import { listBreaches, type Witnesses } from "../purchases/oracle.ts";
import { judgeLifecycle } from "./oracle-lifecycle.ts";

/** One sentence for each finding; three empty lists when all is well. */
export interface Findings {
  readonly lost: readonly string[];
  readonly double: readonly string[];
  readonly broken: readonly string[];
}

/** Everything that chaos sells has a licence of its own for each service: what was paid for it is what was paid for the service. */
interface PaidLine {
  readonly lineId: number;
  readonly licence: string;
}

interface Answerable {
  readonly lineId: number;
  readonly licence: string;
  readonly state: string;
  readonly reason: string | null;
  readonly sends: number;
}

/** To be asked when all rests. */
export async function judge(witnesses: Witnesses & { readonly shop: Shop }): Promise<Findings> {
  const { account, shop, ledgerSql } = witnesses;
  const paid = await listPaidLines(shop);
  const purchases = await listAnswerable(ledgerSql);
  const debits = account.debits();
  return {
    lost: findLost({ paid, purchases, debits, buying: await readBuying(ledgerSql) }),
    double: findDouble(paid, debits),
    broken: [
      ...(await findUnclaimed(ledgerSql, { purchases, debits })),
      ...(await listBreaches(witnesses)),
      ...(await judgeLifecycle(witnesses)),
      ...purchases.filter(({ lineId }) => !paid.some((line) => line.lineId === lineId)).map(unpaid),
    ],
  };
}

const unpaid = ({ lineId }: Answerable) => `I10: line ${lineId} has a purchase and was never paid`;

/** What WHMCS has been paid for. */
export async function listPaidLines(shop: Shop): Promise<PaidLine[]> {
  const rows = await shop.sql(`SELECT l.id, v.value AS licence FROM tblinvoiceitems l
    JOIN tblinvoices i ON i.id = l.invoiceid AND i.status = 'Paid'
    JOIN tblcustomfieldsvalues v ON v.relid = l.relid
    JOIN tblcustomfields f ON f.id = v.fieldid AND f.fieldname = 'License ID'
    WHERE l.type = 'Hosting' ORDER BY l.id`);
  return rows.map(({ id, licence }) => ({ lineId: Number(id), licence: String(licence) }));
}

async function listAnswerable(ledgerSql: Witnesses["ledgerSql"]): Promise<Answerable[]> {
  const rows = await ledgerSql(
    "SELECT invoice_line_id AS line, licence, state, reason, sends FROM mod_ispmodules_purchases",
  );
  return rows.map(({ line, ...row }) => ({ ...(row as Omit<Answerable, "lineId">), lineId: Number(line) }));
}

const of = <T extends { readonly licence: string }>(all: readonly T[], licence: string) =>
  all.filter((each) => each.licence === licence);

function findLost(all: {
  readonly paid: readonly PaidLine[];
  readonly purchases: readonly Answerable[];
  readonly debits: readonly Debit[];
  readonly buying: string;
}): string[] {
  const { paid, purchases, debits } = all;
  const unanswered = paid.flatMap(({ lineId }) => {
    const purchase = purchases.find((each) => each.lineId === lineId);
    if (purchase === undefined) return [`paid line ${lineId} has no purchase`];
    return isAnswered(purchase, all) ? [] : [`paid line ${lineId} is left in ${nameOf(purchase)}`];
  });
  const licences = [...new Set(paid.map(({ licence }) => licence))];
  const pretended = licences.filter(
    (licence) => of(purchases, licence).filter(isPurchased).length > of(debits, licence).length,
  );
  return [...unanswered, ...pretended.map((licence) => `licence ${licence}: Purchased and the account was never paid`)];
}

const isPurchased = ({ state }: Answerable) => state === "Purchased";

const nameOf = ({ state, reason }: Answerable) => (reason === null ? state : `${state}(${reason})`);

interface Surroundings {
  readonly purchases: readonly Answerable[];
  readonly buying: string;
}

/** Bought, with a person, or waiting for what is truly so. Chaos sets no cap, holds nobody and mends whatever it broke: no other wait has a cause. */
function isAnswered(purchase: Answerable, { purchases, buying }: Surroundings): boolean {
  const { state, reason } = purchase;
  if (state === "Purchased" || state === "NeedsOperator") return true;
  if (state !== "Pending") return false;
  if (reason === "buying_off") return buying === "off";
  if (reason === "shadow") return buying === "shadow";
  const isBefore = (other: Answerable) => other.lineId < purchase.lineId && other.licence === purchase.licence;
  return reason === "earlier_period" && purchases.some((other) => isBefore(other) && isUndecided(other));
}

/** A person has yet to say what became of a request. */
const isUndecided = ({ state, sends }: Answerable) => state === "NeedsOperator" && sends > 0;

async function readBuying(ledgerSql: Witnesses["ledgerSql"]): Promise<string> {
  const [row] = await ledgerSql("SELECT value FROM mod_ispmodules_switches WHERE name = 'buying'");
  return String(row?.value);
}

function findDouble(paid: readonly PaidLine[], debits: readonly Debit[]): string[] {
  return [...new Set(debits.map(({ licence }) => licence))].flatMap((licence) => {
    const own = of(debits, licence);
    const orders = own.filter(({ kind }) => kind === "order").length;
    const lines = of(paid, licence).length;
    return [
      ...(own.length > lines ? [`licence ${licence}: ${own.length} debits for ${lines} paid lines`] : []),
      ...(orders > 1 ? [`licence ${licence}: ordered ${orders} times`] : []),
    ];
  });
}

/** Debits that no purchase is bound to, and nobody looks into. */
async function findUnclaimed(
  ledgerSql: Witnesses["ledgerSql"],
  { purchases, debits }: { readonly purchases: readonly Answerable[]; readonly debits: readonly Debit[] },
): Promise<string[]> {
  const bindings = await ledgerSql("SELECT remote_service_id AS module FROM mod_ispmodules_bindings");
  return [...new Set(debits.map(({ moduleId }) => moduleId))].flatMap((moduleId) => {
    const own = debits.filter((debit) => debit.moduleId === moduleId);
    const bound = bindings.filter(({ module }) => module === moduleId).length;
    const watched = of(purchases, own[0]?.licence ?? "").filter(({ state }) => state === "NeedsOperator").length;
    const free = own.length - bound - watched;
    return free > 0 ? [`I20: module ${moduleId} was paid ${own.length} times, ${free} of them for nobody`] : [];
  });
}
