// How do staff bring a ledger that comes from a backup back to buying? As the README tells them to.
import { decide } from "../../src/purchases/decisions.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { reconcileRestored } from "../../src/purchases/restore.ts";
import type { Life } from "./life.ts";

const minuteMs = 60_000;
const operator = { actor: "operator" };

/** A request of the backup whose answer is lost, and which was sent again since: the module is the purchase's all the same. */
async function bindByMarker(engine: Engine, blocker: string): Promise<void> {
  const [, moduleId, purchaseId] = /^module (\d+) carries the marker im-([a-z2-7]{16})-/.exec(blocker) ?? [];
  if (moduleId === undefined || purchaseId === undefined) return;
  const decision = { kind: "bind", moduleId } as const;
  await decide(engine, { purchaseId, version: null, decision, why: "it carries its marker", actor: operator.actor });
}

/** Starts a bridge; true when buying may go on. What blocks it is settled by `settle`, or explained by the modules it names. */
export async function followProcedure(life: Life, settle: () => readonly string[]): Promise<boolean> {
  const ledger = life.plainLedger();
  await ledger.throwRestore({ actor: operator.actor, why: "the ledger was restored" });
  const { engine } = life.start();
  let explained: readonly string[] = [];
  for (let tries = 0; tries < 20; tries++) {
    const run = reconcileRestored(engine, { ...operator, explained });
    await life.pass(6 * minuteMs);
    const { hasPassed, blockers } = (await run).restore;
    if (blockers.length > 0) explained = settle();
    const binding = Promise.all(blockers.map((what) => bindByMarker(engine, what)));
    await life.pass(minuteMs);
    await binding;
    if (hasPassed) {
      await ledger.setBuying({ position: "on", paidSince: null, actor: operator.actor, why: "it has passed" });
      return true;
    }
  }
  return false;
}
