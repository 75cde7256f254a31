// Do commands work with two accounts, and name the account of what they list?
import { expect, test } from "vitest";
import { useTwoAccounts } from "../purchases/accounts/two.ts";
import { ispmodules } from "./program.ts";

const raise = useTwoAccounts();

test("purchases are listed and shown with their account, and what waits has the price of its own", async () => {
  const two = await raise();
  const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
  await two.settle();
  const { id } = await two.purchaseOf(there.lineId);
  const run = async (...words: string[]) => (await ispmodules(words, two.environment)).stdout;
  const rows = JSON.parse(await run("purchases", "list", "--json")) as Record<string, unknown>[];
  const accountOf = (lineId: number) => rows.find((row) => row.invoice_line_id === String(lineId))?.account;
  expect([accountOf(here.lineId), accountOf(there.lineId)]).toEqual(["main", "ru"]);
  expect(JSON.parse(await run("purchases", "show", id, "--json"))).toMatchObject({ account: "ru" });
  expect(await run("purchases", "show", id)).toMatch(/^ {2}Account +ru$/m);
  expect((await run("purchases", "list")).split("\n")[0]).toMatch(/MODULE +ACCOUNT$/);

  two.ru.setTariff({
    ...{ id: "23221", name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "41", currency: "RUB" },
    costs: { 1: "900.00" },
  });
  await run("buying", "off");
  const lines = [(await two.sellPaid()).lineId, (await two.sellPaidAtRu()).lineId];
  await two.settle((all) => lines.every((lineId) => all.some((row) => row.lineId === lineId)));
  const { waiting } = JSON.parse(await run("buying", "on", "--yes", "--json"));
  expect(waiting.costs).toEqual([
    { amount: "10.00", currency: "EUR" },
    { amount: "900.00", currency: "RUB" },
  ]);
  expect(JSON.parse(await run("reconcile", "--json")).differences.map(({ kind }: { kind: string }) => kind)).toEqual([
    "paid_not_bought",
    "paid_not_bought",
  ]);
});
