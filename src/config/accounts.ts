// Are address, login and password of every account there and sound?
import * as v from "valibot";
import { accountParts, accountSetting, findLeftOver, readAccountNames, settingPrefix } from "./account-names.ts";
import type { Environment } from "./secret-files.ts";
import { settings } from "./settings.ts";

export interface AccountConfig {
  /** `main`, or as in `ISPMANAGER_ACCOUNTS`. */
  readonly name: string;
  /** With which the names of its settings begin. */
  readonly settingPrefix: string;
  readonly apiUrl: string;
  readonly login: string;
  readonly password: string;
}

export type Accounts = readonly [AccountConfig, ...AccountConfig[]];

const { ISPMANAGER_API_URL, ISPMANAGER_LOGIN, ISPMANAGER_PASSWORD } = settings.entries;
const plain = v.object({ API_URL: ISPMANAGER_API_URL, LOGIN: ISPMANAGER_LOGIN, PASSWORD: ISPMANAGER_PASSWORD });
/** An account with a name of its own is in a region of its own: no address may be assumed. */
const named = v.object({ ...plain.entries, API_URL: ISPMANAGER_API_URL.wrapped });

/** `problems` are issues by the setting's name, or whole lines; without any, `accounts` is whole. */
export function readAccounts(
  values: Environment,
  describe: (setting: string, issue: v.BaseIssue<unknown>) => string,
): { accounts: Accounts | null; problems: readonly { setting: string; line: string }[] } {
  const names = readAccountNames(values);
  if (names === null) {
    const setting = "ISPMANAGER_ACCOUNTS";
    const line = `${setting}: must be one to eight different names, each of small letters and digits and at most 16 of them, separated by commas`;
    return { accounts: null, problems: [{ setting, line }] };
  }
  const accounts: AccountConfig[] = [];
  const problems = findLeftOver(values, names).map((line) => ({ setting: "", line }));
  for (const name of names) {
    const own = Object.fromEntries(accountParts.map((part) => [part, values[accountSetting(name, part)]]));
    const checked = v.safeParse(name === "main" ? plain : named, own);
    if (checked.success) {
      const { API_URL: apiUrl, LOGIN: login, PASSWORD: password } = checked.output;
      accounts.push({ name, settingPrefix: settingPrefix(name), apiUrl, login, password });
    }
    for (const issue of checked.issues ?? []) {
      const part = accountParts.find((each) => each === issue.path?.[0]?.key) ?? "API_URL";
      const setting = accountSetting(name, part);
      problems.push({ setting, line: describe(setting, issue) });
    }
  }
  problems.push(...findDoubles(accounts).map((line) => ({ setting: "", line })));
  const [first, ...others] = accounts;
  return { accounts: first === undefined ? null : [first, ...others], problems };
}

/** Every licence of an account that is there twice would be in two. */
function findDoubles(accounts: readonly AccountConfig[]): string[] {
  return accounts.flatMap(({ name, apiUrl, login }, at) => {
    const twin = accounts.slice(0, at).find((other) => other.apiUrl === apiUrl && other.login === login);
    return twin === undefined ? [] : [`${accountSetting(name, "LOGIN")}: is the same account as ${twin.name}`];
  });
}
