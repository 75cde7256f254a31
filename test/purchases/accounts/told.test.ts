// Does the log say of which of two accounts a module is?
import { expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { createAccount } from "../../../src/ispmanager/client.ts";
import type { Log } from "../../../src/log.ts";
import { type AccountEngine, atEach } from "../../../src/purchases/engine.ts";
import { runLifecycle } from "../../../src/purchases/lifecycle-round.ts";
import { stopAutoRenewal } from "../../../src/purchases/renewal.ts";
import { useTwoAccounts } from "./two.ts";

const raise = useTwoAccounts();

it("a line about a module that was changed, or renews itself, names the account", async () => {
  const two = await raise({ account: { variants: { refused: {}, autoprolongChange: "refused" } } });
  const lines: string[] = [];
  const keep: Log["info"] = (event, fields) => void lines.push(`${event} ${fields?.account}`);
  const log: Log = { debug() {}, info: keep, warn: keep, error: keep };
  const timeouts = { readMs: 5_000, orderMs: 5_000 };
  const [main, { looker }] = two.engine.accounts as [AccountEngine, AccountEngine];
  const { url, login, password } = two.ru;
  const account = createAccount({ name: "ru", url, login, password, timeouts, clock: systemClock, log });
  const engine = { ...two.engine, log, accounts: [main, { account, looker }] as const };
  const there = await two.sellPaidAtRu();
  const { remoteServiceId: module } = await two.reach(there.lineId, "Purchased");
  await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Suspended'");
  await runLifecycle(engine);
  await runLifecycle(engine);
  const told = ["ispmanager.changed ru", "lifecycle.asked ru", "lifecycle.noted ru"];
  expect(lines.filter((line) => /^(lifecycle|ispmanager.changed)/.test(line))).toEqual(told);
  two.ru.changeModule(String(module), { autoprolong: 1 });
  await stopAutoRenewal(atEach(engine)[1] as AccountEngine, { id: String(module), hasAutoRenewal: true });
  expect(lines.at(-1)).toBe("alert.auto_renewal_on ru");
});
