// Which modules does the account hold for one licence and tariff? A look: its lists read to the end and interpreted.
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Account, LicenceRow, ModuleRow, Read, ReadFailure, Tariff } from "../ispmanager/account.ts";
import { isLive, type SeenModule } from "./action.ts";
import { createFreshRead, repeatFailure } from "./fresh-read.ts";

/** The account's lists, read to their ends after the question was asked. */
export interface View {
  readonly modules: readonly ModuleRow[];
  readonly licences: readonly LicenceRow[];
  /** Null where the price list was refused or could not be read. */
  readonly tariffs: readonly Tariff[] | null;
  /** The price list may be readable in a moment. */
  readonly isPriceListAway: boolean;
}

/** Rows of one licence and tariff, and the ids of rows that may be of them and could not be told apart. */
export interface SeenModules {
  readonly modules: readonly SeenModule[];
  readonly unresolved: readonly string[];
  /** sha256 of what was seen, hexadecimal. */
  readonly digest: string;
}

/** Looks are shared: many purchases that ask at the same time cause one reading. */
export interface Looker {
  look(): Promise<Read<View>>;
  /** The list `soft` alone, for telling several accounts apart. */
  licences(): Promise<Read<readonly LicenceRow[]>>;
  /** Interprets a look for one licence and tariff; `also` is a module id to include whatever its licence reads. */
  see(view: View, wanted: { licence: string; tariff: string; also?: string | null }): Promise<Read<SeenModules>>;
}

const formsPerLook = 50;

/**
 * `patience` is given for one of several accounts: when it could not be read it is not asked again for so long, else the
 * purchases of the others would have to wait behind each of its own.
 */
export function createLooker(account: Account, patience: { clock: Clock; forMs: number } | null = null): Looker {
  const readShared = <T>(read: () => Promise<Read<T>>) =>
    createFreshRead(patience === null ? read : repeatFailure(read, patience));
  return {
    look: readShared(() => readView(account)),
    licences: readShared(() => account.listLicences()),
    see: (view, wanted) => seeModules(account, view, wanted),
  };
}

async function readView(account: Account): Promise<Read<View>> {
  const [modules, licences, tariffs] = await Promise.all([
    account.listModules(),
    account.listLicences(),
    account.listTariffs(),
  ]);
  if (modules.kind !== "ok") return modules;
  if (licences.kind !== "ok") return licences;
  return {
    kind: "ok",
    // An unreadable price list blocks prices, not looking.
    value: {
      modules: modules.value,
      licences: licences.value,
      tariffs: tariffs.kind === "ok" ? tariffs.value : null,
      isPriceListAway: tariffs.kind === "unreadable",
    },
  };
}

type Match = "yes" | "no" | "maybe";

/**
 * Whether the text in a row's `item` means this licence: its id, or a name or address that exactly one licence
 * carries. Digits that are a known licence's id are that id.
 */
export function matchLicence(item: string | null, licence: string, licences: readonly LicenceRow[]): Match {
  if (item === null || item === "") return "maybe";
  const named = licences.filter((row) => row.name === item || row.ip === item);
  const isKnownId = licences.some((row) => row.id === item);
  if (isKnownId || (/^\d+$/.test(item) && named.length === 0)) {
    const isAmbiguous = named.some((row) => row.id !== item) && [item, ...named.map((row) => row.id)].includes(licence);
    return isAmbiguous ? "maybe" : item === licence ? "yes" : "no";
  }
  if (named.length === 0) return "maybe";
  if (!named.some((row) => row.id === licence)) return "no";
  return named.length === 1 ? "yes" : "maybe";
}

/** The same for the form of a row that the list leaves open: a number that no licence has does not clear it. */
function matchForm(item: string | null, licence: string, licences: readonly LicenceRow[]): Match {
  const match = matchLicence(item, licence, licences);
  const isKnown = licences.some((row) => row.id === item || row.name === item || row.ip === item);
  return match === "no" && !isKnown ? "maybe" : match;
}

/** Whether a row is of this tariff: by number, else by a name that the price list gives to one tariff only. */
function matchTariff(row: ModuleRow, tariff: string, tariffs: readonly Tariff[] | null): Match {
  if (row.tariff !== null) return row.tariff === tariff ? "yes" : "no";
  if (row.tariffName === null || tariffs === null) return "maybe";
  const ids = new Set(tariffs.filter((each) => each.name === row.tariffName).map((each) => each.id));
  if (ids.size === 0) return "maybe";
  if (!ids.has(tariff)) return "no";
  return ids.size === 1 ? "yes" : "maybe";
}

/** Whether lists of a moment ago show a module of this licence and tariff whose status is read as other than deleted. */
export function showsModule(
  { modules, licences, tariffs }: Pick<View, "modules" | "licences" | "tariffs">,
  wanted: { licence: string; tariff: string },
): boolean {
  return modules.some(
    (row) =>
      row.status !== null &&
      isLive(row) &&
      matchLicence(row.item, wanted.licence, licences) === "yes" &&
      matchTariff(row, wanted.tariff, tariffs) === "yes",
  );
}

async function seeModules(
  account: Account,
  view: View,
  wanted: { licence: string; tariff: string; also?: string | null },
): Promise<Read<SeenModules>> {
  const modules: SeenModule[] = [];
  const unresolved: string[] = [];
  let forms = 0;
  for (const row of view.modules) {
    const isWanted = row.id === wanted.also;
    let ofLicence = matchLicence(row.item, wanted.licence, view.licences);
    if (ofLicence === "no" && !isWanted) continue;
    const needsForm = ofLicence === "maybe" || row.tariff === null || isIncomplete(row);
    let full = row;
    if (needsForm && forms < formsPerLook && mayMatter(row, wanted.tariff, view)) {
      forms += 1;
      const form = await account.readModule(row.id);
      if (form.kind === "refused" && isAccountTrouble(form)) return form;
      if (form.kind === "ok") {
        full = complete(row, form.value);
        if (ofLicence === "maybe") ofLicence = matchForm(form.value.item, wanted.licence, view.licences);
      }
    }
    if (ofLicence === "no" && !isWanted) continue;
    const ofTariff = matchTariff(full, wanted.tariff, view.tariffs);
    if (isWanted || (ofLicence === "yes" && ofTariff === "yes")) modules.push(toSeen(full));
    else if (ofTariff !== "no" && full.status !== 4) unresolved.push(row.id);
  }
  const digest = createHash("sha256")
    .update(JSON.stringify([modules, unresolved]))
    .digest("hex");
  return { kind: "ok", value: { modules, unresolved, digest } };
}

function mayMatter(row: ModuleRow, tariff: string, view: View): boolean {
  return row.status !== 4 && matchTariff(row, tariff, view.tariffs) !== "no";
}

function isIncomplete(row: ModuleRow): boolean {
  return (
    row.expiresOn === null ||
    row.status === null ||
    row.createdOn === null ||
    row.hasAutoRenewal === null ||
    row.remoteid === null
  );
}

/** A login that is refused for one form is refused for all: that is the account's trouble, not the row's. */
export function isAccountTrouble(failure: ReadFailure): boolean {
  return failure.kind === "refused" && failure.errorType === "auth";
}

/** What the list leaves open, as the form shows it. */
export function complete(row: ModuleRow, form: ModuleRow): ModuleRow {
  return {
    id: row.id,
    item: row.item ?? form.item,
    tariff: row.tariff ?? form.tariff,
    tariffName: row.tariffName ?? form.tariffName,
    createdOn: row.createdOn ?? form.createdOn,
    expiresOn: row.expiresOn ?? form.expiresOn,
    status: row.status ?? form.status,
    hasAutoRenewal: row.hasAutoRenewal ?? form.hasAutoRenewal,
    remoteid: row.remoteid ?? form.remoteid,
  };
}

function toSeen(row: ModuleRow): SeenModule {
  const { id, createdOn, expiresOn, status, hasAutoRenewal, remoteid } = row;
  return { id, createdOn, expiresOn, status, hasAutoRenewal, remoteid };
}
