// Which account holds what in the simulated ledger?
import {
  type AccountUse,
  distinctModules,
  type HeldModule,
  keepHeld,
  sumUp,
} from "../../../src/purchases/ledger/accounts.ts";
import { daysKept } from "../../../src/purchases/period.ts";
import { byNumber } from "./rows.ts";
import type { Server } from "./server.ts";
import type { BindingRow, Row } from "./store.ts";

/** Bought or adopted, and not over for so long that the account has certainly deleted it. */
function listHeld({ now }: Server, bound: readonly BindingRow[], adopted: readonly Row<"adoptions">[]) {
  const from = now(-daysKept * 86_400_000).slice(0, 10);
  const hold = (
    { account, serviceRef, tariff, createdAt: since }: BindingRow | Row<"adoptions">,
    paidUntil: string,
  ) => ({
    ...{ account, serviceRef, tariff, since },
    mayBeThere: paidUntil >= from ? 1 : 0,
  });
  return keepHeld([
    ...bound.map((row) => hold(row, row.expiryAfter)),
    ...adopted.map((row) => hold(row, row.expiresOn)),
  ]);
}

/** Of every service, of whatever licence. */
function listAllHeld(server: Server) {
  const { bindings, adoptions } = server.store;
  return listHeld(server, [...bindings.values()], [...adoptions.values()]);
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

export async function listHeldOfLicence(server: Server, licence: string): Promise<HeldModule[]> {
  const { bindings, adoptions } = server.store;
  return await server.read("listHeldOfLicence", () =>
    distinctModules(listHeld(server, bindings.where({ licence }), adoptions.where({ licence }))),
  );
}

export async function listServicesAt(server: Server, account: string): Promise<string[]> {
  return await server.read("listServicesAt", () =>
    distinct(listAllHeld(server).flatMap((row) => (row.account === account ? row.serviceRef : []))),
  );
}

export async function listAccountsBeside(server: Server, known: readonly string[]): Promise<AccountUse[]> {
  const { purchases, attempts, bindings, adoptions } = server.store;
  const isOther = (account: string) => !known.includes(account);
  return await server.read("listAccountsBeside", () => {
    const asked = purchases
      .distinct("inflightKey")
      .flatMap((inflightKey) => (inflightKey === null ? [] : purchases.where({ inflightKey })))
      .flatMap(({ id, attempts: n }) => attempts.get(`${id}:${n}`) ?? [])
      .filter(({ account }) => isOther(account));
    const isHeld = bindings.distinct("account").some(isOther) || adoptions.distinct("account").some(isOther);
    return sumUp(isHeld ? listAllHeld(server).filter(({ account }) => isOther(account)) : [], asked);
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
