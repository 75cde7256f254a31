// Of which ispmanager edition is a licence, and for which is a module's tariff meant? Pure, and only where it is documented.
import type { LicenceRow } from "../../ispmanager/account.ts";

export type Edition = "lite" | "pro" | "host" | "business";

/** https://docs.ispmanager.com/ispmanager6-business/reselling-modules: Dr.Web, at api-eu and at the Russian host. */
const editionsOfModules: ReadonlyMap<string, Edition> = new Map([
  ["55361", "lite"],
  ["55377", "lite"],
  ["55362", "pro"],
  ["55378", "pro"],
  ["55363", "host"],
  ["55379", "host"],
]);

/** https://www.ispmanager.com/docs/ispmanager/reselling-of-ispmanager-licenses-via-api: what licences are sold as. */
const editionsOfLicences: ReadonlyMap<string, Edition> = new Map([
  ["55227", "lite"],
  ["55228", "pro"],
  ["55229", "host"],
  ["55230", "business"],
]);

const licenceName = /^ispmanager (lite|pro|host|business)$/;

/** Null for a module that fits several editions, or of which nobody knows. */
export function editionOfModule(tariff: string): Edition | null {
  return editionsOfModules.get(tariff) ?? null;
}

/** By the licence's tariff, else by the name of it; null for a trial and for any other. */
export function editionOfLicence({ tariff, tariffName }: Pick<LicenceRow, "tariff" | "tariffName">): Edition | null {
  if (tariff !== null) return editionsOfLicences.get(tariff) ?? null;
  const [, edition] = licenceName.exec((tariffName ?? "").toLowerCase()) ?? [];
  return (edition as Edition | undefined) ?? null;
}
