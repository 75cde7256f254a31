// How are services and product addons, which have ids of their own, walked through page by page as one list?
import { readRef, type ServiceRef } from "./service-ref.ts";

interface Page {
  /** The last row of the page before; null at the start. */
  readonly after: ServiceRef | null;
  readonly limit: number;
}

/** Rows with ids above `afterId`, ascending, at most the page's limit. */
type ListRows<P, T> = (page: P, afterId: number) => Promise<T[]>;

/** One page: services first, which addons fill up once the services have come to their end; null where no addons can be read. */
export async function listPage<P extends Page, T>(
  page: P,
  listServices: ListRows<P, T>,
  listAddons: ListRows<P, T> | null,
): Promise<T[]> {
  const after = page.after === null ? null : readRef(page.after);
  const isPastServices = after?.isAddon === true;
  const ofServices = isPastServices ? [] : await listServices(page, after?.id ?? 0);
  const left = page.limit - ofServices.length;
  if (left <= 0 || listAddons === null) return ofServices;
  return [...ofServices, ...(await listAddons({ ...page, limit: left }, isPastServices ? after.id : 0))];
}
