// What belongs to one account of a life, and to which account does a purchase or a licence belong?
import { type Billing, type Credentials, createBilling } from "../../src/sandbox/account/billing.ts";
import { defaultTariffs } from "../../src/sandbox/account/catalogue.ts";
import { createModel, type Model } from "../../src/sandbox/account/model.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import type { Dice } from "../dice.ts";
import { type ChangeWitness, createChangeWitness } from "./changes.ts";
import type { VirtualClock } from "./clock.ts";
import { type CutWitness, createCutWitness } from "./cuts.ts";
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";
import { Table } from "./ledger/table.ts";
import type { Life } from "./life.ts";
import type { NetworkFault } from "./network/fault.ts";
import { createNetwork, type Network, type NetworkCall } from "./network/network.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";
import { type Witness, witnessAt } from "./witness.ts";

/** One account; what the ledger and the witness know of another account is not in it. */
export interface Side {
  /** As the settings name it. */
  readonly account: string;
  readonly model: Model;
  readonly network: Network;
  readonly witness: Witness;
  readonly changes: ChangeWitness;
  readonly cuts: CutWitness;
  /** Attempts, terms, links and steps of this account; everything else whole. */
  store(): LedgerStore;
}

interface Surroundings {
  readonly account: string;
  /** The life has no other account. */
  readonly isOnly: boolean;
  readonly variants: Variants;
  readonly credentials: Credentials;
  readonly clock: VirtualClock;
  readonly latencyMs: () => number;
  readonly faultFor: (call: NetworkCall) => NetworkFault | null;
  readonly whmcs: SimulatedWhmcs;
  /** Of the whole life. */
  readonly witness: Witness;
  readonly store: () => LedgerStore;
}

/** An account with money and without licences. */
export function createSide(around: Surroundings): Side {
  const { account, isOnly, variants, clock, whmcs } = around;
  const money = { currency: "EUR", balance: "100000.00", tariffs: defaultTariffs, licences: [] };
  const model = createModel({ clock, variants, ...money });
  const billing: Billing = createBilling(model, around.credentials);
  const witness = isOnly ? around.witness : witnessAt(around.witness, account);
  const store = isOnly ? around.store : () => storeAt(around.store(), account);
  const seen = { nowMs: clock.nowMs, store, whmcs, model, witness };
  const changes = createChangeWitness(seen);
  const cuts = createCutWitness({ ...seen, changes });
  const network = createNetwork({
    ...{ clock, wall: clock.now, billing, latencyMs: around.latencyMs, faultFor: around.faultFor },
    onFired: ({ kind }) => witness.noteFault(kind),
  });
  return { account, model, network, witness, changes, cuts, store };
}

function storeAt(store: LedgerStore, account: string): LedgerStore {
  const own = <R extends { readonly account: string }>(rows: Table<R>) =>
    Table.of([...rows].filter(([, row]) => row.account === account));
  const { attempts, bindings, adoptions, moduleSteps } = store;
  return {
    ...store,
    attempts: own(attempts),
    bindings: own(bindings),
    adoptions: own(adoptions),
    moduleSteps: own(moduleSteps),
  };
}

/** Where a new licence is: at the only account; at one of several, now and then at all of them or at none. */
export function chooseHomes(dice: Dice, accounts: readonly string[]): readonly string[] {
  if (accounts.length === 1) return accounts;
  const alone = accounts.map((account) => [account]);
  return dice.oneOf([...alone, ...alone, ...alone, accounts, []]);
}

/** Whether the account has the licence, whatever its status short of deleted. */
export function hasLicence({ state }: Model, licence: string): boolean {
  return state.licences.some(({ id, status }) => id === licence && status !== 4);
}

/** The life seen from where a module of the licence is, else from where the licence is, else from its first account. */
export function sideWith(life: Life, licence: string | null): Life {
  const [first, ...others] = life.sides();
  if (first === undefined || others.length === 0) return life;
  const sides = [first, ...others];
  const hasModule = ({ model }: Life) => model.state.modules.some((row) => row.licence === licence && row.status !== 4);
  return sides.find(hasModule) ?? sides.find(({ model }) => hasLicence(model, licence ?? "")) ?? first;
}

/** The life seen from where the purchase has its term, else from where it was sent last, else from where its licence is. */
export function sideOf(life: Life, { id, licence }: Pick<PurchaseRow, "id" | "licence">): Life {
  if (life.sides().length === 1) return life;
  const account = accountOf(life, id);
  return life.sides().find((side) => side.account === account) ?? sideWith(life, licence);
}

/** Null for a purchase that no account was ever asked for and none holds. */
function accountOf(life: Life, purchaseId: string): string | null {
  const rows = life.sides().map((side) => ({ account: side.account, store: side.store() }));
  const holding = rows.find(({ store }) => store.bindings.has(purchaseId));
  if (holding !== undefined) return holding.account;
  const asked = rows.flatMap(({ account, store }) =>
    store.attempts.where({ purchaseId }).map(({ n }) => ({ account, n })),
  );
  return asked.toSorted((a, b) => a.n - b.n).at(-1)?.account ?? null;
}
