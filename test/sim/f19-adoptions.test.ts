// What if staff link modules that were bought before us, while bridges buy, die, and lines are paid before or after? (F19)
import { it } from "vitest";
import { adopt } from "../../src/purchases/adopt.ts";
import { addDays } from "../../src/purchases/period.ts";
import { buyByHand } from "./by-hand.ts";
import { pay, renewPaid, sell } from "./deeds.ts";
import { type Played, playFamily } from "./family.ts";
import { beginLife, type Life, tariff } from "./life.ts";
import { judge } from "./oracle.ts";
import { longestMs, seedsOf } from "./scale.ts";

const dayMs = 86_400_000;

interface Old {
  readonly moduleId: string;
  readonly licence: string;
  readonly expiresOn: string;
}

/** A module from long ago that is paid for so many months from now, and some days more or less. */
function keepOld(life: Life, months: number, days: number): Old {
  const licence = life.newLicence();
  const moduleId = buyByHand(life, licence, months);
  const module = life.model.state.modules.find(({ id }) => id === moduleId);
  if (module === undefined) throw new Error("staff have bought nothing");
  module.createdate = addDays(module.createdate, -60);
  module.expiredate = addDays(module.expiredate, days);
  if (life.dice.happens(0.3)) module.autoprolong = 1;
  return { moduleId, licence, expiresOn: module.expiredate };
}

/** Staff link it, again and again until it is linked: their process may die on the way, or others may be at work. */
async function link(life: Life, old: Old, serviceId: number): Promise<number> {
  const { dice } = life;
  const serviceRef = `h${serviceId}`;
  for (let tries = 1; tries <= 20; tries++) {
    const { engine, gate } = dice.oneOf(life.bridges());
    if (dice.happens(0.3)) void life.clock.sleep(dice.between(0, 200)).then(gate.kill);
    const said = { actor: "operator", why: "bought before" };
    const links = [{ ...old, serviceRef, tariff }, ...(dice.happens(0.3) ? [{ ...old, serviceRef, tariff }] : [])];
    void adopt({ ...engine, ...engine.accounts[0] }, links, said).catch(() => {});
    await life.pass(dice.between(1_000, 60_000));
    while (life.bridges().length < 2) life.start();
    if (life.store().adoptions.size > 0) return tries;
  }
  throw new Error("the module was never linked");
}

async function play(seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  const { dice } = life;
  const [months, lines] = [dice.between(1, 3), dice.between(2, 5)];
  const days = dice.oneOf([0, 0, 1, 5, -12]);
  const old = keepOld(life, months, days);
  const sold = sell(life, { licence: old.licence });
  life.start();
  life.start();
  /** So many lines are paid before the link; the first of them may be under check while it is made. */
  const before = dice.between(0, Math.min(lines, months));
  const payNext = (at: number) => (at === 0 ? pay(life, sold.invoiceId) : void renewPaid(life, sold.serviceId));
  for (let at = 0; at < before; at++) payNext(at);
  await life.pass(dice.oneOf([0, 100, 1_000, 300_000]));
  const tries = await link(life, old, sold.serviceId);
  // From the second day on it is plain that a line was paid behind the link.
  if (dice.happens(0.1)) await life.pass(2 * dayMs);
  for (let at = before; at < lines; at++) {
    if (dice.happens(0.4)) await life.rest();
    payNext(at);
  }
  await life.rest();
  await judge(life);
  judgeCharges(life, { lines, months, isShort: days < -1, areAllPaidBefore: before >= months });
  return { fired: tries, findings: life.witness.findings };
}

interface Expected {
  readonly lines: number;
  readonly months: number;
  /** The old term ends within its last period: it is that of a line that was paid before the link, or of an earlier one. */
  readonly isShort: boolean;
  readonly areAllPaidBefore: boolean;
}

/** Not one month that was paid for before the link is paid for again, and every later one is bought, once. */
function judgeCharges({ model, store, witness }: Life, { lines, months, isShort, areAllPaidBefore }: Expected): void {
  const covered = Math.min(lines, isShort && !areAllPaidBefore ? months - 1 : months);
  const charges = model.debits.length;
  const all = [...store().purchases.values()];
  const rows = all.map(({ state, reason }) => `${state}(${reason})`).join(", ");
  const what = `${lines} lines, ${covered} of them paid for before the link, and ${charges} charges: ${rows}`;
  if (charges > lines - covered) witness.find("double", what);
  // On the day of the link nobody can tell what the customer had paid before it.
  const asked = isShort ? all.filter(({ state }) => state === "NeedsOperator").length : 0;
  if (charges + asked < lines - covered) witness.find("lost", what);
  const taken = all.filter(({ state, reason }) => state === "Purchased" && reason === "manual").length;
  if (!isShort && taken !== covered) witness.find("broken", `${taken} lines took a term that was there: ${what}`);
  if (model.debits.some(({ kind }) => kind === "order")) witness.find("double", `a second module was ordered: ${what}`);
  const [module] = model.state.modules;
  if (module?.autoprolong !== null) witness.find("broken", "I8: an adopted module renews itself");
}

it(
  "F19: modules bought before us",
  () =>
    playFamily(
      "F19",
      seedsOf(60, 1_000).map((seed) => ({ name: String(seed), play: () => play(seed) })),
    ),
  longestMs,
);
