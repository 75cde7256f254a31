// On what does a test of several accounts play? The stage's own account as `main`, a second one beside it as `ru`.
import { afterEach, expect } from "vitest";
import { type SimulatedAccount, startAccount } from "../../../src/sandbox/account/account.ts";
import { listBreaches } from "../oracle.ts";
import { type Sold, type Stage, type StageOptions, useStages } from "../stage.ts";

export interface Two extends Stage {
  readonly ru: SimulatedAccount;
  /** A paid order for a licence that only the account `ru` has. */
  sellPaidAtRu(item?: Parameters<Stage["sellPaid"]>[0]): Promise<Sold>;
  /** Kinds of debits at each account. */
  debits(): { main: string[]; ru: string[] };
}

/** Holds what both accounts saw against the rules that must hold whatever happened. */
export function useTwoAccounts(): (options?: StageOptions) => Promise<Two> {
  let open: Two[] = [];
  // Runs before the stages end.
  const raise = useStages();
  afterEach(async () => {
    const scenes = open;
    open = [];
    for (const two of scenes) {
      const breaches = await listBreaches({ ...two, account: two.ru });
      await two.ru.close();
      expect(breaches).toEqual([]);
    }
  });
  return async (options = {}) => {
    const ru = await startAccount({ ...options.account, login: "ru@example.com", licences: [] });
    const settings = {
      ISPMANAGER_ACCOUNTS: "main, ru",
      ISPMANAGER_RU_API_URL: ru.url,
      ISPMANAGER_RU_LOGIN: ru.login,
      ISPMANAGER_RU_PASSWORD: ru.password,
    };
    const stage = await raise({ ...options, settings: { ...settings, ...options.settings } });
    let licences = 0;
    const two: Two = {
      ...stage,
      ru,
      sellPaidAtRu: async (item = {}) => {
        licences += 1;
        const licence = String(3_000_000 + licences);
        ru.addLicence({ id: licence, licname: `ru-${licence}`, ip: `203.0.113.${licences}` });
        return await stage.sellPaid({ licence, ...item });
      },
      debits: () => {
        const [main, other] = [stage.account, ru].map((account) => account.debits().map(({ kind }) => kind));
        return { main: main ?? [], ru: other ?? [] };
      },
    };
    open.push(two);
    return two;
  };
}
