// What does a person who decides see of the account, and of which one?
import { describeError } from "../log.ts";
import type { costOf } from "./cost.ts";
import type { AccountReading, BoundElsewhere, Decision } from "./decision.ts";
import { type AccountEngine, atAccount, atEach, type Engine } from "./engine.ts";
import { detailOf, findHome } from "./home.ts";
import type { BoundModule } from "./ledger/evidence.ts";
import { judgeAttempt, lookFor, searchCart } from "./look.ts";
import { ownerOf } from "./owners.ts";
import type { Attempt, Purchase } from "./purchase.ts";

export type Tariffs = Parameters<typeof costOf>[1];

interface Reading {
  readonly account: AccountReading;
  readonly tariffs: Tariffs;
}

interface Wanted {
  readonly purchase: Purchase;
  /** The newest, when something was sent. */
  readonly attempt: Attempt | null;
  readonly licence: string;
  readonly tariff: string;
}

const unread = (account: AccountReading): Reading => ({ account, tariffs: null });

/** Where the purchase belongs; to bind a module, the account that was named, else the only one that shows it. */
export async function readAccount(
  engine: Engine,
  { purchase, attempt }: { purchase: Purchase; attempt: Attempt | null },
  decision: Decision,
): Promise<Reading> {
  const { licence, tariff } = attempt ?? purchase;
  if (licence === null || tariff === null) return unread({ kind: "nothing-to-look-for" });
  const wanted = { purchase, attempt, licence, tariff };
  if (decision.kind === "bind" && decision.account !== undefined) {
    const named = atAccount(engine, decision.account);
    if (named !== null) return await readAt(named, wanted);
    return unread({ kind: "unreadable", detail: { account_not_configured: decision.account } });
  }
  const home = await findHome(engine, wanted, async ({ looker }) => {
    const list = await looker.licences();
    return list.kind === "ok" ? list : { unread: list.kind };
  });
  const atHome =
    home.kind === "home" ? await readAt(home.at, wanted) : unread({ kind: "unreadable", detail: detailOf(home) });
  if (decision.kind !== "bind" || isShown(atHome, decision.moduleId)) return atHome;
  // A service that was moved may have its module where the ledger does not look for it.
  const others = atEach(engine).filter(({ account }) => home.kind !== "home" || account.name !== home.at.account.name);
  const readings = await Promise.all(others.map((at) => readAt(at, wanted)));
  const [showing, ...more] = readings.filter((reading) => isShown(reading, decision.moduleId));
  if (showing === undefined) return atHome;
  if (more.length === 0) return showing;
  const names = [showing, ...more].flatMap(({ account }) => (account.kind === "seen" ? [account.name] : []));
  return unread({ kind: "several", accounts: names });
}

function isShown({ account }: Reading, moduleId: string): boolean {
  return account.kind === "seen" && account.seen.modules.some(({ id }) => id === moduleId);
}

/** Of what was sent to one account another one shows nothing, and its cart holds nothing. */
async function readAt(at: AccountEngine, { purchase, attempt, licence, tariff }: Wanted): Promise<Reading> {
  const { name } = at.account;
  const own = attempt?.account === name ? attempt : null;
  const fence = await at.ledger.readFence({ purchase, licence, tariff });
  const looked = await lookFor(at, { licence, tariff, also: own?.remoteServiceId ?? null });
  if (looked.kind === "unreadable") return unread(looked);
  const { seen, view } = looked;
  const ids = seen.modules.map(({ id }) => id);
  const bound = await readOwners(at, purchase, ids);
  const verdict = own === null ? null : await judgeAttempt(at, own, seen);
  const cart = own !== null && verdict?.kind === "absent" ? await searchCart(at, own) : null;
  return { account: { kind: "seen", name, licence, tariff, seen, bound, fence, verdict, cart }, tariffs: view.tariffs };
}

async function readOwners(
  engine: AccountEngine,
  purchase: Purchase,
  ids: readonly string[],
): Promise<BoundElsewhere[]> {
  const bound = await engine.ledger.listBindings(engine.account.name, ids, purchase.id);
  const owned = bound.map(async (each) => ({ ...each, owner: await readOwner(engine, purchase, each) }));
  return (await Promise.all(owned)).flatMap(freeAdopted);
}

/** Terms from before the module was linked pay for its service: a person may bind them, but for those of purchases. */
function freeAdopted({ boundExpiry, adopted: _, ...each }: BoundModule & BoundElsewhere): BoundElsewhere[] {
  if (each.owner === "another-service" || each.owner === "unknown") return [each];
  return boundExpiry === null ? [] : [{ ...each, newestExpiry: boundExpiry }];
}

async function readOwner(
  { reader, log }: Engine,
  purchase: Purchase,
  bound: BoundModule,
): Promise<BoundElsewhere["owner"]> {
  try {
    return (await ownerOf(reader, purchase, bound)).kind;
  } catch (error) {
    log.warn("whmcs.unreachable", describeError(error));
    return "unknown";
  }
}
