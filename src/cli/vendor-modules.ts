// May buying be switched on beside the vendor's own modules, which renew by themselves?
import { describeVendorModule, vendorModuleRemedy } from "../doctor/vendor-modules.ts";
import type { Databases } from "../main.ts";
import {
  acceptVendorModules as keepAccepted,
  readAcceptedVendorModules as readAccepted,
} from "../purchases/ledger/vendor-modules.ts";
import { readVendorModules } from "../whmcs/vendor-modules.ts";
import { nameActor } from "./actor.ts";
import { Refused, UsageError } from "./command.ts";

const longestReason = 255;

/** The reason as typed; throws `UsageError` when it says nothing or too much. */
export function readDespite(text: string | undefined): string | null {
  if (text === undefined) return null;
  const reason = text.trim();
  if (reason === "" || reason.length > longestReason) {
    throw new UsageError(`--despite-noc takes a reason of 1 to ${longestReason} characters`);
  }
  return reason;
}

/** Throws `Refused` when WHMCS has a vendor's module that nobody has accepted, now or before. */
export async function refuseVendorModules({ ledger, whmcs }: Databases, despite: string | null): Promise<void> {
  if (despite !== null) return;
  const [found, { modules }] = await Promise.all([readVendorModules(whmcs.query), readAccepted(ledger)]);
  const unknown = found.filter(({ name }) => !modules.includes(name));
  if (unknown.length > 0) throw new Refused([...unknown.map(describeVendorModule), vendorModuleRemedy].join("\n"));
}

/** Keeps in the ledger who accepts the vendor's modules that WHMCS has now, and why. */
export async function acceptVendorModules({ ledger, whmcs }: Databases, why: string): Promise<void> {
  const names = (await readVendorModules(whmcs.query)).map(({ name }) => name);
  await keepAccepted(ledger, names, { actor: nameActor(), why });
}
