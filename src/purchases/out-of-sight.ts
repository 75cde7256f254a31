// Is an invoice line that WHMCS does not show gone, or may the reading user only not see it?
import { describeError } from "../log.ts";
import { readRef } from "../whmcs/service-ref.ts";
import type { Engine } from "./engine.ts";
import type { Purchase } from "./purchase.ts";

/** Lines of product addons are shown only where all columns of addons are granted: until then nobody knows of them. */
export async function isOutOfSight(
  { reader, log }: Pick<Engine, "reader" | "log">,
  { serviceRef }: Pick<Purchase, "serviceRef">,
): Promise<boolean> {
  if (!readRef(serviceRef).isAddon) return false;
  try {
    await reader.readService(serviceRef);
    return false;
  } catch (error) {
    log.warn("whmcs.unreachable", describeError(error));
    return true;
  }
}
