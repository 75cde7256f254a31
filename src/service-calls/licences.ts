// Is this licence one of our account, and may a customer choose it for a service?
import type { LicenceRow } from "../ispmanager/account.ts";
import type { AccountLists } from "../purchases/account-lists.ts";
import type { Text } from "../purchases/licence-wanted.ts";
import { addressesIn, canonicalAddress } from "../purchases/licences/addresses.ts";
import { judgeLicence, type LicenceProblem, mayBeActive } from "../purchases/licences/judge.ts";
import { isLicence } from "../purchases/rules.ts";
import type { Call } from "./call.ts";
import { licenceTexts } from "./texts.ts";

export interface FoundLicences {
  readonly result: "success";
  /** Whether the account has the licence asked for; null when nobody can say now, or none was asked for. */
  readonly known: boolean | null;
  /** Whether it can be used in each of the ways asked for, in their order; absent when nobody can say, or none was. */
  readonly fits?: readonly boolean[];
  /** Those with one of the addresses. */
  readonly licences: readonly { readonly id: string; readonly ip: string | null; readonly name: string | null }[];
}

/** For the cart and for choosing: a guess from a list that is at most a minute old. */
export async function findLicences(
  { listLicences }: Pick<AccountLists, "listLicences">,
  { licence, uses, ips }: Extract<Call, { kind: "licences" }>,
): Promise<FoundLicences> {
  const rows = await listLicences();
  if (rows === null) return { result: "success", known: null, licences: [] };
  const wanted = new Set(ips.map(canonicalAddress));
  const isCandidate = (row: LicenceRow) =>
    mayBeActive(row) && [...addressesIn(row.ip)].some((address) => wanted.has(address));
  const fits = licence === null ? [] : uses.map((use) => judgeLicence(rows, { ...use, licence }) === null);
  return {
    result: "success",
    known: licence === null ? null : rows.some(({ id }) => id === licence),
    ...(fits.length === 0 ? {} : { fits }),
    licences: rows.filter(isCandidate).map(({ id, ip, name }) => ({ id, ip, name })),
  };
}

export interface LicenceVerdict {
  readonly result: "success" | "error";
  readonly message: Text;
}

const refusals: Readonly<Record<LicenceProblem, Text>> = {
  licence_not_ours: licenceTexts.foreign,
  licence_inactive: licenceTexts.inactive,
  licence_ip: licenceTexts.otherAddress,
  licence_edition: licenceTexts.otherEdition,
};

/**
 * Whether a licence may become the service's, for a module of `tariff`; null when the service does not wait for one. The
 * buyer checks it again before anything is sent. Nothing is told of a licence that is another customer's.
 */
export async function judgeChoice(
  { listLicencesAnew }: Pick<AccountLists, "listLicencesAnew">,
  { licence, ip }: Pick<Extract<Call, { kind: "licence" }>, "licence" | "ip">,
  waiting: { readonly tariff: string | null } | null,
): Promise<LicenceVerdict> {
  if (waiting === null) return refuse(licenceTexts.closed);
  if (!isLicence(licence)) return refuse(licenceTexts.malformed);
  const rows = await listLicencesAnew();
  if (rows === null) return refuse(licenceTexts.uncheckable);
  const problem = judgeLicence(rows, { licence, ip, tariff: waiting.tariff });
  return problem === null ? { result: "success", message: licenceTexts.accepted } : refuse(refusals[problem]);
}

function refuse(message: Text): LicenceVerdict {
  return { result: "error", message };
}
