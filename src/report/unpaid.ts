// Whose module ends within two days while its invoice is not paid?
import type { Database } from "../database/connection.ts";
import type { Engine } from "../purchases/engine.ts";
import { type ExpiringModule, listExpiring } from "../purchases/ledger/expiring.ts";
import { addDays } from "../purchases/period.ts";

const days = 2;

export interface Unpaid extends ExpiringModule {
  /** Null when the service is gone. */
  readonly clientId: number | null;
  readonly invoiceId: number;
  readonly invoiceStatus: string;
}

/** Invoices with one of these are paid, or nobody waits for their money. */
const settled = ["paid", "refunded", "cancelled", "draft"];

/** One entry per unpaid invoice of a module that ends today, tomorrow or the day after, by WHMCS's calendar. */
export async function listUnpaid(engine: Engine, ledger: Database): Promise<Unpaid[]> {
  const { accounts, reader, localTime, clock } = engine;
  const today = localTime(clock.now()).slice(0, 10);
  const span = { from: today, until: addDays(today, days) };
  const ofEach = accounts.map(({ account }) => listExpiring(ledger, { account: account.name, ...span }));
  const expiring = (await Promise.all(ofEach)).flat();
  const refs = [...new Set(expiring.map(({ serviceRef }) => serviceRef))];
  const lines = await reader.listLinesOfServices(refs);
  const unpaid: Unpaid[] = [];
  for (const module of expiring) {
    const { serviceRef } = module;
    const open = lines.filter(
      (line) => line.serviceRef === serviceRef && !settled.includes(line.invoiceStatus.toLowerCase()),
    );
    if (open.length === 0) continue;
    const clientId = (await reader.readService(serviceRef))?.clientId ?? null;
    for (const { invoiceId, invoiceStatus } of open) {
      unpaid.push({ ...module, clientId, invoiceId, invoiceStatus });
    }
  }
  return unpaid;
}
