// Is this licence one of our account, and may a customer choose it for a service?
import { isIP } from "node:net";
import type { LicenceRow } from "../ispmanager/account.ts";
import type { Text } from "../purchases/licence-wanted.ts";
import { isLicence } from "../purchases/rules.ts";
import type { AccountLists } from "./account-lists.ts";
import type { Call } from "./call.ts";
import { licenceTexts } from "./texts.ts";

export interface FoundLicences {
  readonly result: "success";
  /** Whether the account has the licence asked for; null when nobody can say now, or none was asked for. */
  readonly known: boolean | null;
  /** Those with one of the addresses. */
  readonly licences: readonly { readonly id: string; readonly ip: string | null; readonly name: string | null }[];
}

const deletedStatus = 4;

/** For the cart and for choosing: a guess from a list that is at most a minute old. */
export async function findLicences(
  { listLicences }: Pick<AccountLists, "listLicences">,
  { licence, ips }: Extract<Call, { kind: "licences" }>,
): Promise<FoundLicences> {
  const rows = await listLicences();
  if (rows === null) return { result: "success", known: null, licences: [] };
  const wanted = new Set(ips.map(canonicalAddress));
  const isCandidate = ({ ip, status }: LicenceRow) =>
    status !== deletedStatus && ip !== null && wanted.has(canonicalAddress(ip));
  return {
    result: "success",
    known: licence === null ? null : rows.some(({ id }) => id === licence),
    licences: rows.filter(isCandidate).map(({ id, ip, name }) => ({ id, ip, name })),
  };
}

export interface LicenceVerdict {
  readonly result: "success" | "error";
  readonly message: Text;
}

/**
 * Whether a licence may become the service's: `isOpen` says that the service still waits for one. The buyer checks it
 * again before anything is sent. Nothing is told of a licence that is another customer's.
 */
export async function judgeLicence(
  { listLicencesAnew }: Pick<AccountLists, "listLicencesAnew">,
  { licence, ip }: Pick<Extract<Call, { kind: "licence" }>, "licence" | "ip">,
  isOpen: boolean,
): Promise<LicenceVerdict> {
  if (!isOpen) return refuse(licenceTexts.closed);
  if (!isLicence(licence)) return refuse(licenceTexts.malformed);
  const rows = await listLicencesAnew();
  if (rows === null) return refuse(licenceTexts.uncheckable);
  const row = rows.find(({ id }) => id === licence);
  if (row === undefined) return refuse(licenceTexts.foreign);
  return isElsewhere(row, ip)
    ? refuse(licenceTexts.otherAddress)
    : { result: "success", message: licenceTexts.accepted };
}

function refuse(message: Text): LicenceVerdict {
  return { result: "error", message };
}

/** Only two addresses can differ: where one side says none, nothing is known against it. */
function isElsewhere({ ip }: LicenceRow, wanted: string | null): boolean {
  if (ip === null || wanted === null || isIP(ip) === 0) return false;
  return canonicalAddress(ip) !== canonicalAddress(wanted);
}

/** One spelling for each IPv6 address; anything else as it is. */
function canonicalAddress(text: string): string {
  return isIP(text) === 6 && !text.includes("%") ? new URL(`http://[${text}]/`).hostname : text;
}
