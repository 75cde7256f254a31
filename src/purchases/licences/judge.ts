// May a module be ordered for this licence? Asked when a customer presses Buy, fills the cart, chooses, and before sending. Pure.
import type { LicenceRow } from "../../ispmanager/account.ts";
import { areElsewhere } from "./addresses.ts";
import { editionOfLicence, editionOfModule } from "./editions.ts";

export interface LicenceUse {
  readonly licence: string;
  /** The address of the server it is for; null where nobody said. */
  readonly ip: string | null;
  /** What is to be ordered for it; null while that is open. */
  readonly tariff: string | null;
}

export type LicenceProblem = "licence_not_ours" | "licence_inactive" | "licence_ip" | "licence_edition";

const active = 2;

/** What is certainly wrong with it, the first that holds; null where the account's list says nothing against it. */
export function judgeLicence(
  licences: readonly LicenceRow[],
  { licence, ip, tariff }: LicenceUse,
): LicenceProblem | null {
  const row = licences.find(({ id }) => id === licence);
  if (row === undefined) return "licence_not_ours";
  if (!mayBeActive(row)) return "licence_inactive";
  if (areElsewhere(row.ip, ip)) return "licence_ip";
  return tariff !== null && isOfOtherEdition(row, tariff) ? "licence_edition" : null;
}

/** A status that is only text says nothing. */
export function mayBeActive({ status }: LicenceRow): boolean {
  return status === null || status === active;
}

function isOfOtherEdition(row: LicenceRow, tariff: string): boolean {
  const [wanted, had] = [editionOfModule(tariff), editionOfLicence(row)];
  return wanted !== null && had !== null && wanted !== had;
}
