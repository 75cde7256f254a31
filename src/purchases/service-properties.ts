// How do expiry and module id of a bought service come into WHMCS? As custom fields of the service, never as notes.
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import type { Property } from "../whmcs/facts.ts";
import { encodeCustomFields } from "../whmcs/properties.ts";
import { readRef } from "../whmcs/service-ref.ts";
import type { Engine } from "./engine.ts";
import type { Purchase } from "./purchase.ts";

/**
 * Fills in the fields `Paid until` and `Module ID` where the product has them and they say something else. The date is that
 * of the module's newest term that is bound, so that a late write-back never takes a later one back.
 * @returns the answer of WHMCS; null when there was nothing to write.
 */
export async function writeProperties(engine: Engine, api: WhmcsApi, purchase: Purchase): Promise<ApiAnswer | null> {
  const { remoteServiceId: moduleId } = purchase;
  if (moduleId === null) return null;
  const properties = await engine.reader.readProperties(purchase.serviceRef);
  const account = (await engine.ledger.listAccountsOf([purchase.id])).get(purchase.id);
  const [bound] = account === undefined ? [] : await engine.ledger.listBindings(account, [moduleId]);
  const values = new Map<number, string>();
  const set = (property: Property | null, value: string | null) => {
    if (property !== null && value !== null && property.value !== value) values.set(property.fieldId, value);
  };
  set(properties.moduleId, moduleId);
  set(properties.paidUntil, bound?.newestExpiry ?? purchase.expectedExpiry);
  if (values.size === 0) return null;
  const { id: serviceid } = readRef(purchase.serviceRef);
  return await api.call("UpdateClientProduct", { serviceid, customfields: encodeCustomFields(values) });
}
