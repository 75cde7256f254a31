import { it } from "vitest";
import { createDice } from "./dice.ts";
import { playStorm } from "./storm.ts";

it("trace", async () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= Number(process.env.N ?? 200); seed++) {
    const dice = createDice(seed * 7_919);
    const chances = {
      network: dice.oneOf([0, 0.05, 0.3]),
      ledger: dice.oneOf([0, 0.02]),
      whmcs: dice.oneOf([0, 0.02]),
    };
    const r = await playStorm({
      seed,
      bridges: dice.between(1, 2),
      crashes: dice.between(1, 12),
      deeds: dice.between(3, 28),
      chances,
    });
    const life = (globalThis as any).__last;
    for (const row of life.store().purchases.values()) {
      const k = `end ${row.state} ${row.reason} sends ${row.sends}`;
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    for (const [k, n] of life.witness.said) counts.set(`said ${k}`, (counts.get(`said ${k}`) ?? 0) + n);
    for (const row of life.store().outcomes.values()) {
      const k = `outcome ${row.kind}`;
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    counts.set("debits", (counts.get("debits") ?? 0) + life.model.debits.length);
    counts.set("virtual minutes", (counts.get("virtual minutes") ?? 0) + life.clock.monotonicMs() / 60000);
    for (const f of r.findings) {
      const key = `${f.kind}: ${f.what.replace(/[a-z2-7]{16}/g, "P").replace(/\d+/g, "N")}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if ((counts.get(key) ?? 0) <= 3) console.log(seed, f.kind, f.what);
    }
  }
  console.log(
    [...counts]
      .sort()
      .map(([k, n]) => `${k}: ${n}`)
      .join("\n"),
  );
}, 600000);
