// How does the host's own automation hear what became of modules? One event after the other, until each has arrived.
import type { Automation, OutgoingEvent } from "../automation/client.ts";
import type { LineFacts } from "../whmcs/facts.ts";
import { shownId } from "../whmcs/service-ref.ts";
import type { AccountEngine, Engine } from "./engine.ts";
import type { Announced, Announcement, EndedTerm } from "./ledger/announcements.ts";
import type { Purchase } from "./purchase.ts";

const rowsPerRound = 50;
const firstRetryMs = 10_000;
const longestRetryMs = 3_600_000;
const givenUpAfterMs = 3 * 86_400_000;

/** What is told of a purchase that is done; null while nobody wants to hear it. */
export async function announcementOf(
  engine: AccountEngine,
  purchase: Purchase,
  moduleId: string,
): Promise<Announced | null> {
  if (engine.automation === null) return null;
  if (purchase.action !== null) return purchase.action === "renew" ? "renewed" : "purchased";
  // Bought by hand: a module that has paid for another purchase was there before.
  const others = await engine.ledger.listBindings(engine.account.name, [moduleId], purchase.id);
  return others.length > 0 ? "renewed" : "purchased";
}

/** Writes down which modules have run out since events are wanted; what ran out before is nobody's news. */
export async function announceEnded({ ledger, automation }: Engine, ended: readonly EndedTerm[]): Promise<void> {
  const since = await ledger.announcesSince(automation !== null);
  if (since !== null) await ledger.announceExpired(ended.filter(({ expiresOn }) => expiresOn >= since));
}

/**
 * Sends what is due, one by one; how many. Sent before it is noted: a process that ends in between has it sent again, with
 * the same id. A receiver that is slow holds up nothing but this.
 */
export async function runAnnouncements(engine: Engine): Promise<number> {
  const { automation, ledger, log } = engine;
  if (automation === null) return 0;
  for (let handled = 0; handled < rowsPerRound; handled++) {
    const announcement = engine.isStopping() ? null : await ledger.takeAnnouncement();
    if (announcement === null) return handled;
    const { type, purchase, tries, ageMs } = announcement;
    const key = { purchaseId: purchase.id, type };
    const failure = await tell(engine, automation, announcement);
    if (failure === null) {
      await ledger.finishAnnouncement(key);
      continue;
    }
    const isOver = ageMs >= givenUpAfterMs;
    const againInMs = isOver ? null : Math.min(firstRetryMs * 2 ** Math.min(tries, 10), longestRetryMs);
    await ledger.postponeAnnouncement(key, { failure, againInMs });
    const told = { purchase: purchase.id, type, why: failure };
    if (isOver) log.error("alert.event_given_up", told);
    else log.warn("event.postponed", told);
  }
  return rowsPerRound;
}

/** Why it has not arrived; null when it has, or need not any more. */
async function tell(engine: Engine, automation: Automation, announcement: Announcement): Promise<string | null> {
  if (announcement.type === "expired" && (await isRenewedSince(engine, announcement.purchase))) return null;
  let facts: LineFacts | undefined;
  try {
    [facts] = await engine.reader.readLines([announcement.purchase.lineId]);
  } catch {
    return "whmcs_unreachable";
  }
  const told = await automation.tell(eventOf(announcement, facts));
  return told.kind === "delivered" ? null : told.why;
}

async function isRenewedSince({ ledger }: Engine, { id, remoteServiceId }: Purchase): Promise<boolean> {
  const account = (await ledger.listAccountsOf([id])).get(id);
  if (remoteServiceId === null || account === undefined) return false;
  const [newest] = await ledger.listBindings(account, [remoteServiceId]);
  return newest !== undefined && newest.purchaseId !== id;
}

/** Address and module name are told only while WHMCS still shows the same licence and tariff. */
function eventOf({ type, purchase, expiresOn, at }: Announcement, facts: LineFacts | undefined): OutgoingEvent {
  const { id, licence, tariff } = purchase;
  const [shownTariff, module = ""] = facts?.product.options ?? [];
  return {
    id: `${id}-${type}`,
    type: `module.${type}`,
    timestamp: at.toISOString(),
    data: {
      licence,
      ip: facts?.licence === licence ? (facts?.ip ?? null) : null,
      module: shownTariff === tariff && module !== "" ? module : null,
      tariff,
      expires_on: expiresOn,
      service_id: shownId(purchase.serviceRef),
      purchase_id: id,
    },
  };
}
