// Do ispmanager's own modules for WHMCS run beside us, and has a person accepted that?
import type { AcceptedVendorModules } from "../purchases/ledger/vendor-modules.ts";
import type { VendorModule } from "../whmcs/vendor-modules.ts";
import { countOf, type Finding, fault, nameIds, ok } from "./finding.ts";

export const vendorModuleRemedy =
  "Switch its hooks and cron job off and move its products to ispmanagermodules; where it sells something else, run `ispmodules buying on --despite-noc REASON`.";

/** One sentence: where it is found and what it may do. */
export function describeVendorModule({ name, productIds, liveServices, hasHooks }: VendorModule): string {
  const products =
    productIds.length === 0
      ? []
      : [
          `${productIds.length === 1 ? "product" : "products"} ${nameIds(productIds)} with ${countOf(liveServices, "live service")}`,
        ];
  const where = [...products, ...(hasHooks ? ["hooks"] : [])].join(" and ");
  return `The vendor's own module ${name} has ${where} here, and its cron job renews by itself what is renewed here too.`;
}

/** `accepted` is null when the ledger could not be asked: then nothing is. */
export function checkVendorModules(found: readonly VendorModule[], accepted: AcceptedVendorModules | null): Finding[] {
  const id = "whmcs.vendor_modules";
  if (found.length === 0) return [ok(id, "None of the vendor's own modules runs beside this one.")];
  return found.map((module) => {
    if (!accepted?.modules.includes(module.name)) {
      return fault(`${id}:${module.name}`, describeVendorModule(module), vendorModuleRemedy);
    }
    const { actor, why, at } = accepted;
    return ok(`${id}:${module.name}`, `${actor} accepted ${module.name} on ${at.slice(0, 10)}: ${why}.`);
  });
}
