// What does the account hold that the ledger does not explain, and the other way round? One look, read and judged only.
import { createHash } from "node:crypto";
import type { LicenceRow, ModuleRow, Read, Tariff } from "../ispmanager/account.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import { isLive } from "./action.ts";
import { type Awaits, openAwaited } from "./awaited.ts";
import type { AccountEngine } from "./engine.ts";
import type { Breach } from "./invariants/breach.ts";
import { type AccountModule, listOwned, type Picture } from "./invariants/picture.ts";
import {
  checkAutoRenewal,
  compareTerms,
  listEnded,
  listFlaggedInVain,
  listRenewing,
  type TermDifference,
} from "./invariants/terms.ts";
import { breachOf, listConcerned, listUnclaimed, listUnmarked, type Unclaimed } from "./invariants/unclaimed.ts";
import type { Adoption } from "./ledger/adoptions.ts";
import type { EndedTerm } from "./ledger/announcements.ts";
import type { Holding } from "./ledger/holdings.ts";
import { isDeletedByUs } from "./lifecycle.ts";
import { complete, isAccountTrouble, type View } from "./view.ts";

export interface AccountReview {
  /** The account's name. */
  readonly account: string;
  /** I8 and I20. */
  readonly breaches: readonly Breach[];
  readonly unclaimed: readonly Unclaimed[];
  readonly differences: readonly TermDifference[];
  /** Modules that have run out. */
  readonly ended: readonly EndedTerm[];
  /** Modules that pay for purchases, or are adopted, and renew themselves. */
  readonly renewing: readonly string[];
  /** Purchases that are flagged although their module does not renew itself any more. */
  readonly flaggedInVain: readonly string[];
  readonly modules: readonly AccountModule[];
  readonly holdings: readonly Holding[];
  readonly adoptions: readonly Adoption[];
  readonly licences: readonly LicenceRow[];
  /** Services whose modules another account of the settings holds, with its name. */
  readonly heldElsewhere: ReadonlyMap<ServiceRef, string>;
  /** sha256 over the modules that concern the ledger, hexadecimal; two looks with the same one agree. */
  readonly digest: string;
  /** Ids of modules whose form would tell more and was not read. */
  readonly unreadForms: readonly string[];
  /** Ids of live modules since buying began that nothing explains, while no module shows a marker. */
  readonly unmarked: readonly string[];
  /** Reads ids of modules of ours that are paid for longer than the ledger knows, while no purchase that waits would take that. */
  readonly findPaidAhead: () => Promise<string[]>;
}

/** How many forms of unclaimed modules to read at most; those in `known` were read before and do not change. */
export interface FormReading {
  readonly most: number;
  readonly known: Map<string, ModuleRow>;
}

/** One look at the account against the ledger. Changes nothing. @throws DatabaseError when WHMCS cannot be read. */
export async function reviewAccount(engine: AccountEngine, forms: FormReading): Promise<Read<AccountReview>> {
  const { ledger, looker, account } = engine;
  const before = await ledger.listHoldings(account.name);
  const view = await looker.look();
  if (view.kind !== "ok") return view;
  // Read behind the list: an attempt is stored before its module can be there.
  const holdings = await ledger.listHoldings(account.name);
  const adoptions = await ledger.listAdoptions(account.name);
  const filled = await fillIn(engine, { view: view.value, owned: listOwned({ holdings, adoptions }) }, forms);
  if (filled.kind !== "ok") return filled;
  const { modules, unreadForms } = filled.value;
  const { paidSince } = await ledger.readBuying();
  const day = (await ledger.readClock()).toISOString().slice(0, 10);
  const picture: Picture = {
    account: account.name,
    modules,
    holdings,
    adoptions,
    paidSince: paidSince?.slice(0, 10) ?? null,
    day,
  };
  const awaits = openAwaited(engine, { view: view.value, holdings });
  const bindable = await findBindable(picture, awaits);
  const unclaimed = listUnclaimed(picture, bindable);
  const terms = compareTerms(picture);
  const wasSo = new Set(compareTerms({ ...picture, holdings: before }).map(({ key }) => key));
  return {
    kind: "ok",
    value: {
      account: account.name,
      breaches: [...checkAutoRenewal(picture), ...unclaimed.filter(({ isSuspect }) => isSuspect).map(breachOf)],
      unclaimed,
      // What was bought or bound while the list was read is no difference.
      differences: await withoutDeleted(
        engine,
        terms.filter(({ key }) => wasSo.has(key)),
      ),
      ended: listEnded(picture),
      renewing: listRenewing(picture),
      flaggedInVain: listFlaggedInVain(picture),
      modules,
      holdings,
      adoptions,
      licences: view.value.licences,
      heldElsewhere: await listHeldElsewhere(engine),
      digest: digestOf(listConcerned(picture)),
      unreadForms,
      unmarked: listUnmarked(picture, unclaimed).filter((id) => !unreadForms.includes(id)),
      findPaidAhead: () => findPaidAhead(picture, { terms, awaits }),
    },
  };
}

async function listHeldElsewhere({ ledger, accounts, account }: AccountEngine): Promise<Map<ServiceRef, string>> {
  const held = new Map<ServiceRef, string>();
  for (const { name } of accounts.map((each) => each.account)) {
    if (name === account.name) continue;
    for (const ref of await ledger.listServicesAt(name)) held.set(ref, name);
  }
  return held;
}

/** A module that we have deleted for its ended service is not missing. */
async function withoutDeleted(
  { ledger, account }: AccountEngine,
  terms: readonly TermDifference[],
): Promise<TermDifference[]> {
  const missing = terms.filter(({ kind }) => kind === "missing").map(({ moduleId }) => moduleId);
  const steps = await ledger.listModuleSteps(account.name, missing);
  const isDeleted = ({ kind, moduleId }: TermDifference) =>
    kind === "missing" && isDeletedByUs(steps.filter((step) => step.moduleId === moduleId));
  return terms.filter((term) => !isDeleted(term));
}

/** The account's modules with what their forms tell beyond the list. */
async function fillIn(
  { account }: AccountEngine,
  { view, owned }: { view: View; owned: ReadonlySet<string> },
  { most, known }: FormReading,
): Promise<Read<{ modules: AccountModule[]; unreadForms: string[] }>> {
  const modules: AccountModule[] = [];
  let read = 0;
  const unreadForms: string[] = [];
  for (const row of view.modules) {
    const needsForm = isLive(row) && !owned.has(row.id) && isOpen(row, view);
    if (needsForm && !known.has(row.id) && read < most) {
      read += 1;
      const form = await account.readModule(row.id);
      if (form.kind === "refused" && isAccountTrouble(form)) return form;
      if (form.kind === "ok") known.set(row.id, form.value);
    }
    const form = needsForm ? known.get(row.id) : undefined;
    if (needsForm && form === undefined) unreadForms.push(row.id);
    modules.push(toModule(form === undefined ? row : complete(row, form), view));
  }
  return { kind: "ok", value: { modules, unreadForms } };
}

/** The list leaves open whose the module is. */
function isOpen(row: ModuleRow, view: View): boolean {
  const { licence, tariff, createdOn, remoteid } = toModule(row, view);
  return licence === null || tariff === null || createdOn === null || remoteid === null;
}

function toModule(row: ModuleRow, { licences, tariffs }: View): AccountModule {
  const { item, tariffName, ...same } = row;
  return { ...same, licence: licenceOf(item, licences), tariff: row.tariff ?? tariffOf(tariffName, tariffs) };
}

/** The licence that a row's text means; the same reading as `matchLicence`, for all licences at once. */
function licenceOf(item: string | null, licences: readonly LicenceRow[]): string | null {
  if (item === null || item === "") return null;
  const named = licences.filter((row) => row.name === item || row.ip === item);
  const isId = licences.some((row) => row.id === item) || (/^\d+$/.test(item) && named.length === 0);
  if (isId) return named.some((row) => row.id !== item) ? null : item;
  return named.length === 1 ? (named[0]?.id ?? null) : null;
}

function tariffOf(name: string | null, tariffs: readonly Tariff[] | null): string | null {
  const ids = new Set((tariffs ?? []).filter((tariff) => tariff.name === name).map(({ id }) => id));
  const [only] = ids;
  return name !== null && ids.size === 1 && only !== undefined ? only : null;
}

/** Unclaimed modules that the buyer would take for a purchase that waits, as soon as it may. */
async function findBindable(picture: Picture, awaits: Awaits): Promise<Set<string>> {
  const bindable = new Set<string>();
  for (const module of listUnclaimed(picture).filter(({ isSuspect, isUnexplained }) => isSuspect || isUnexplained)) {
    if (await awaits(module)) bindable.add(module.moduleId);
  }
  return bindable;
}

/** A renewal carries no marker: all that shows one which a restored ledger has forgotten is its term. */
async function findPaidAhead(
  { holdings, adoptions }: Picture,
  { terms, awaits }: { terms: readonly TermDifference[]; awaits: Awaits },
): Promise<string[]> {
  const ahead: string[] = [];
  for (const { moduleId } of terms.filter(({ kind }) => kind === "beyond")) {
    const paid =
      holdings.find(({ term }) => term?.moduleId === moduleId) ?? adoptions.find((each) => each.moduleId === moduleId);
    const { licence = null, tariff = null } = paid ?? {};
    if (!(await awaits({ moduleId, licence, tariff }))) ahead.push(moduleId);
  }
  return ahead;
}

function digestOf(modules: readonly AccountModule[]): string {
  const rows = modules
    .map(({ id, licence, tariff, createdOn, expiresOn, status }) =>
      JSON.stringify([id, licence, tariff, createdOn, expiresOn, status]),
    )
    .sort();
  return createHash("sha256").update(rows.join("\n")).digest("hex");
}
