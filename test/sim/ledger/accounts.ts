// Which account holds what in the simulated ledger?
import {
  type AccountUse,
  distinctModules,
  type HeldModule,
  keepHeld,
  sumUp,
} from "../../../src/purchases/ledger/accounts.ts";
import { daysKept } from "../../../src/purchases/period.ts";
import { byNumber, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { BindingRow, Row } from "./store.ts";

/** Bought or adopted, and not over for so long that the account has certainly deleted it. */
function listHeld({ store, now }: Server, isOne: (row: { readonly licence: string }) => boolean = () => true) {
  const from = now(-daysKept * 86_400_000).slice(0, 10);
  const hold = (
    { account, serviceRef, tariff, createdAt: since }: BindingRow | Row<"adoptions">,
    paidUntil: string,
  ) => ({
    ...{ account, serviceRef, tariff, since },
    mayBeThere: paidUntil >= from ? 1 : 0,
  });
  return keepHeld([
    ...rowsWhere(store.bindings, isOne).map((row) => hold(row, row.expiryAfter)),
    ...rowsWhere(store.adoptions, isOne).map((row) => hold(row, row.expiresOn)),
  ]);
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

export async function listHeldOfLicence(server: Server, licence: string): Promise<HeldModule[]> {
  return await server.read("listHeldOfLicence", () =>
    distinctModules(listHeld(server, (row) => row.licence === licence)),
  );
}

export async function listServicesAt(server: Server, account: string): Promise<string[]> {
  return await server.read("listServicesAt", () =>
    distinct(listHeld(server).flatMap((row) => (row.account === account ? row.serviceRef : []))),
  );
}

export async function listAccountsBeside(server: Server, known: readonly string[]): Promise<AccountUse[]> {
  const { purchases, attempts, bindings, adoptions } = server.store;
  const isOther = ({ account }: { readonly account: string }) => !known.includes(account);
  return await server.read("listAccountsBeside", () => {
    const sending = rowsWhere(purchases, ({ inflightKey }) => inflightKey !== null);
    const asked = sending.flatMap(({ id, attempts: n }) => attempts.get(`${id}:${n}`) ?? []).filter(isOther);
    const isHeld = rowsWhere(bindings, isOther).length > 0 || rowsWhere(adoptions, isOther).length > 0;
    return sumUp(isHeld ? listHeld(server).filter(isOther) : [], asked);
  });
}

export async function listAccountsOf(server: Server, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { attempts, bindings } = server.store;
  const wanted = [...new Set(ids)];
  const sent = await server.read("listAccountsOf", () =>
    wanted.flatMap((purchaseId) => attempts.where({ purchaseId }).sort(byNumber)),
  );
  const bound = await server.read("listAccountsOf", () => wanted.flatMap((id) => bindings.get(id) ?? []));
  return new Map([...sent, ...bound].map(({ purchaseId, account }) => [purchaseId, account]));
}
