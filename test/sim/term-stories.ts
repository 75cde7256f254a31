// Is a period bought once where months end oddly, where renewals are not allowed yet, and where they lie unpaid in the cart?
import { payCart } from "../../src/sandbox/account/cart.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { renewPaid, sellPaid } from "./deeds.ts";
import type { Case, Played } from "./family.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { owning } from "./stories.ts";

const dayMs = 86_400_000;

/** Time in which nobody is there. */
async function passAlone(life: Life, ms: number): Promise<void> {
  for (const bridge of life.bridges()) bridge.kill();
  await life.pass(ms);
  life.start();
  await life.rest();
}

function expectNewest(
  life: Life,
  { state, reason, charges }: { state: string; reason: string | null; charges: number },
) {
  const newest = [...life.store().purchases.values()].toSorted((a, b) => a.lineId - b.lineId).at(-1);
  const seen = `${newest?.state}(${newest?.reason}) with ${life.model.debits.length} charges`;
  const wanted = `${state}(${reason}) with ${charges} charges`;
  if (seen !== wanted) life.witness.find("broken", `${seen} instead of ${wanted}`);
}

const monthEnds = ["2026-01-29", "2026-01-30", "2026-01-31", "2026-08-31", "2026-12-31", "2028-02-29"];

/** Ordered on that day, and renewed shortly before each term ends. */
async function playMonthEnd(startAt: string, variants: Partial<Variants>, seed: number): Promise<Played> {
  const life = await beginLife({ seed, startAt, variants });
  life.start();
  const { serviceId } = sellPaid(life);
  await life.rest();
  const renewals = 3;
  for (let times = 0; times < renewals; times++) {
    const ends = life.model.state.modules[0]?.expiredate ?? "";
    await passAlone(life, Math.max(0, Date.parse(ends) - 3 * dayMs - life.clock.nowMs()));
    renewPaid(life, serviceId);
    await life.rest();
  }
  await judge(life);
  const bought = [...life.store().purchases.values()].filter(({ state }) => state === "Purchased").length;
  if (bought !== renewals + 1 || life.model.debits.length !== bought) {
    life.witness.find("broken", `${bought} periods bought, ${life.model.debits.length} charged`);
  }
  return { fired: renewals + 1, findings: life.witness.findings };
}

const openDays = 7;

/** Paid weeks before it is due: it waits for the day that the account names, or is bought at once where that has come. */
async function playWindow(refusesForm: boolean, daysBeforeExpiry: number, seed: number): Promise<Played> {
  const renewalWindow = { daysBeforeExpiry, error: { type: "value", object: "" }, refusesForm };
  const life = await beginLife({ seed, variants: { renewalWindow } });
  life.start();
  const { serviceId } = await owning(life);
  await passAlone(life, 10 * dayMs);
  renewPaid(life, serviceId);
  await life.rest();
  const isOpen = daysBeforeExpiry > openDays;
  if (!isOpen) {
    expectNewest(life, { state: "Pending", reason: "remote_date", charges: 1 });
    await passAlone(life, (20 - openDays) * dayMs + dayMs);
  }
  await judge(life);
  expectNewest(life, { state: "Purchased", reason: null, charges: 2 });
  return { fired: 1, findings: life.witness.findings };
}

/** So many days late; by then the account has suspended the module, or deleted it. */
async function playLate(days: number, variants: Partial<Variants>, seed: number): Promise<Played> {
  const life = await beginLife({ seed, startAt: "2027-01-31T10:00:00Z", variants });
  life.start();
  const { serviceId } = await owning(life);
  const ends = life.model.state.modules[0]?.expiredate ?? "";
  await passAlone(life, Date.parse(ends) + days * dayMs - life.clock.nowMs());
  for (let paid = 0; paid < 3; paid++) {
    renewPaid(life, serviceId);
    await life.rest();
    await passAlone(life, 20 * dayMs);
  }
  await judge(life);
  expectNewest(life, { state: "Purchased", reason: null, charges: 4 });
  return { fired: life.model.state.modules.length, findings: life.witness.findings };
}

/** Suspended by the account long before its term ends: what a renewal would lose of the term is a person's to decide. */
async function playSuspended(variants: Partial<Variants>, seed: number): Promise<Played> {
  const life = await beginLife({ seed, variants });
  life.start();
  const { serviceId } = await owning(life);
  await passAlone(life, 10 * dayMs);
  const [module] = life.model.state.modules;
  if (module === undefined) throw new Error("nothing was bought");
  module.status = 3;
  renewPaid(life, serviceId);
  await life.rest();
  await judge(life);
  expectNewest(life, { state: "NeedsOperator", reason: "not_active", charges: 1 });
  module.status = 2;
  await life.rest();
  await judge(life);
  expectNewest(life, { state: "Purchased", reason: null, charges: 2 });
  return { fired: 1, findings: life.witness.findings };
}

const hourMs = 3_600_000;

/** The renewal is answered like one that was charged, and lies unpaid in the cart. */
async function playCart(paidAfterMs: number | null, seed: number): Promise<Played> {
  const life = await beginLife({ seed, variants: { renewal: "cart" } });
  life.start();
  const { serviceId } = await owning(life);
  renewPaid(life, serviceId);
  await life.rest();
  expectNewest(life, { state: "Ordered", reason: null, charges: 1 });
  const fired = life.model.state.cart.length;
  await passAlone(life, paidAfterMs ?? 25 * hourMs);
  if (paidAfterMs !== null) payCart(life.model);
  await life.rest();
  await judge(life);
  if (paidAfterMs === null) expectNewest(life, { state: "NeedsOperator", reason: "not_active", charges: 1 });
  else expectNewest(life, { state: "Purchased", reason: null, charges: 2 });
  return { fired, findings: life.witness.findings };
}

export function termCases(seed: number): Case[] {
  const forms = ["announces", "silent"] as const;
  const rules = ["clamp", "30-days"] as const;
  return [
    ...monthEnds.flatMap((day) =>
      rules.flatMap((monthEnd) =>
        forms.map((renewalForm) => ({
          name: `ordered on ${day}, ${monthEnd}, form ${renewalForm}/${seed}`,
          play: () => playMonthEnd(`${day}T10:00:00Z`, { monthEnd, renewalForm }, seed),
        })),
      ),
    ),
    ...[openDays, 30].flatMap((days) =>
      [true, false].map((refusesForm) => ({
        name: `renewed 20 days early, allowed ${days} days before${refusesForm ? ", form refused" : ""}/${seed}`,
        play: () => playWindow(refusesForm, days, seed),
      })),
    ),
    ...[0, 1, 3, 28, 29, 40].flatMap((days) =>
      (["from-today", "from-expiry"] as const).flatMap((suspendedRenewal) =>
        forms.map((renewalForm) => ({
          name: `paid ${days} days late, ${suspendedRenewal}, form ${renewalForm}/${seed}`,
          play: () => playLate(days, { suspendedRenewal, renewalForm, renewalReply: "ok" }, seed),
        })),
      ),
    ),
    ...forms.map((renewalForm) => ({
      name: `suspended before its end, form ${renewalForm}/${seed}`,
      play: () => playSuspended({ renewalForm }, seed),
    })),
    ...[1_000, 3 * hourMs, null].map((ms) => ({
      name: `renewal in the cart, ${ms === null ? "never paid" : `paid after ${ms / 1_000} s`}/${seed}`,
      play: () => playCart(ms, seed),
    })),
  ];
}
