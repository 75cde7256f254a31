// How does one case of F15 go in which something is bought? Provoke the moment, kill, start again on the same rows, wait until all rests, ask the oracle.
import { expect } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { MariaDb } from "../../src/sandbox/mariadb.ts";
import { runCommand, type Serving, startCommand } from "../serve/serving.ts";
import type { KillPoint, Moment, Stand } from "./kill-points.ts";
import { createScene, type Scene } from "./scene.ts";
import type { Played } from "./tally.ts";

type Story = "order" | "renewal";

export interface KillCase {
  readonly story: Story;
  /** Null: `ispmodules migrate` is killed in the middle of its work. */
  readonly point: KillPoint | null;
  /** Null: exactly at the moment, and what was seen never goes on. Else it goes on, and death comes so much later. */
  readonly delayMs: number | null;
}

export async function playKill(server: MariaDb, { story, point, delayMs }: KillCase): Promise<Played> {
  const scene = await createScene(server);
  try {
    await scene.startBuying();
    const sold = await scene.sell();
    const buyer = story === "renewal" ? await buyInPeace(scene, sold.invoiceId) : null;
    const { invoiceId } = story === "renewal" ? await scene.shop.issueRenewalInvoice(sold.serviceId) : sold;
    const played = { story, invoiceId, delayMs, buyer };
    const fired = point === null ? await killMigration(scene, played) : await killBridge(scene, point, played);
    await scene.waitForRest();
    const newest = "SELECT state, reason FROM mod_ispmodules_purchases ORDER BY invoice_line_id DESC LIMIT 1";
    const [purchase] = await scene.ledgerSql(newest);
    const ends = point?.ends === "absent" ? ["NeedsOperator", "absent"] : ["Purchased", null];
    if (delayMs === null) expect([purchase?.state, purchase?.reason]).toEqual(ends);
    return { fired, findings: await scene.judge() };
  } finally {
    await scene.end();
  }
}

/** Buys the module of which the case is about; the bridge that did it goes on. */
export async function buyInPeace(
  scene: Scene,
  invoiceId: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  await scene.shop.payInvoice(invoiceId);
  const bridge = await scene.serve(settings);
  await scene.waitForRest();
  expect(scene.account.debits()).toHaveLength(1);
  return bridge;
}

interface Playing {
  readonly story: Story;
  readonly invoiceId: number;
  readonly delayMs: number | null;
  /** Serves already, if there was something to buy before. */
  readonly buyer: Serving | null;
}

/** How often the moment was seen by a bridge that was alive when death came. */
async function killBridge(
  scene: Scene,
  point: KillPoint,
  { story, invoiceId, delayMs, buyer }: Playing,
): Promise<number> {
  // Else its first walk might come before the event.
  await scene.setSweepDue(false);
  const bridge = buyer ?? (await scene.serve());
  await scene.shop.payInvoice(invoiceId);
  const event = { id: "evt_paid", type: "invoice.paid", data: { invoice_id: invoiceId } };
  const begin = () => scene.tell(bridge, event);
  const { fired, isStored } = await strikeDown(point, { scene, bridge, story, event, begin }, delayMs);
  // What no event tells any more is for the sweep; all else must be found again without it.
  if (!isStored) await scene.setSweepDue(true);
  await scene.serve();
  return fired;
}

/** Waits for the moment and kills; `fired` counts only what was seen by a bridge that was alive when death came. */
export async function strikeDown(
  moment: Moment,
  stand: Omit<Stand, "isExact">,
  delayMs: number | null,
): Promise<{ fired: number; isStored: boolean }> {
  const { scene, bridge } = stand;
  const strike = await moment.strike({ ...stand, isExact: delayMs === null });
  if (delayMs !== null) await systemClock.sleep(delayMs);
  const isKilled = await bridge.kill();
  scene.calm();
  const answer = await strike.answer;
  const [stored] = await scene.ledgerSql("SELECT webhook_id FROM mod_ispmodules_inbox");
  if (answer === 202) expect(stored).toBeDefined();
  return { fired: isKilled ? strike.fired() : 0, isStored: stored !== undefined };
}

/** A new ledger that gets its tables, or one in use whose migrations were never written down as done. */
async function killMigration(scene: Scene, { story, invoiceId, delayMs, buyer }: Playing): Promise<number> {
  await buyer?.stop();
  await scene.shop.payInvoice(invoiceId);
  const fired = await killMigrating(scene, story, delayMs);
  const again = await runCommand(scene.environment, "migrate");
  expect(again.status, again.stderr).toBe(0);
  if (story === "order") await scene.startBuying();
  await scene.setSweepDue(true);
  await scene.serve();
  return fired;
}

/** A migration that was over before death came is undone, and dies sooner the next time. */
async function killMigrating(scene: Scene, story: Story, delayMs: number | null): Promise<number> {
  const undo = story === "order" ? "CREATE OR REPLACE DATABASE ??" : "DELETE FROM ??.mod_ispmodules_migrations";
  await scene.ledgerSql(undo, [new URL(scene.ledgerUrl).pathname.slice(1)]);
  const isPurchases = /CREATE TABLE IF NOT EXISTS `mod_ispmodules_purchases`/;
  const trap = scene.ledgerLine.trap({
    when: ({ statement }) => isPurchases.test(statement),
    fate: delayMs === null ? "hold" : "pass",
  });
  const migration = startCommand(scene.environment, "migrate");
  await trap.reached;
  if (delayMs !== null) await systemClock.sleep(delayMs);
  const isKilled = await migration.kill();
  scene.calm();
  if (isKilled) return trap.fired();
  return delayMs === null || delayMs === 0 ? 0 : await killMigrating(scene, story, Math.floor(delayMs / 2));
}
