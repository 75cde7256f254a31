// Which accounts at ispmanager are there, and what are their settings called?

type Environment = Readonly<Record<string, string | undefined>>;

/** The account of an installation that names none: its settings carry no name. */
const unnamed = "main";
const most = 8;
export const accountParts = ["API_URL", "LOGIN", "PASSWORD"] as const;
export type AccountPart = (typeof accountParts)[number];

/** The names in `ISPMANAGER_ACCOUNTS`, in their order; null when that setting is malformed. */
export function readAccountNames({ ISPMANAGER_ACCOUNTS: text }: Environment): readonly string[] | null {
  if (text === undefined) return [unnamed];
  const names = text.split(",").map((name) => name.trim());
  const isSound = names.length <= most && new Set(names).size === names.length;
  return isSound && names.every((name) => /^[a-z][a-z0-9]{0,15}$/.test(name)) ? names : null;
}

/** The settings of `main` are the plain ones, so that a second account can join without renaming the first. */
export function settingPrefix(name: string): string {
  return name === unnamed ? "ISPMANAGER_" : `ISPMANAGER_${name.toUpperCase()}_`;
}

export function accountSetting(name: string, part: AccountPart): string {
  return `${settingPrefix(name)}${part}`;
}

/** Login and password of each account. */
export function listAccountSecrets(environment: Environment): string[] {
  const names = readAccountNames(environment) ?? [];
  return names.flatMap((name) => [accountSetting(name, "LOGIN"), accountSetting(name, "PASSWORD")]);
}

const pattern = new RegExp(`^ISPMANAGER_(?:([A-Z][A-Z0-9]{0,15})_)?(${accountParts.join("|")})(?:_FILE)?$`);

/** One line for each setting of an account that is not among `names`: somebody believes that it counts. */
export function findLeftOver(environment: Environment, names: readonly string[]): string[] {
  return Object.keys(environment).flatMap((key) => {
    const [, owner, part] = pattern.exec(key) ?? [];
    if (part === undefined || environment[key] === undefined) return [];
    const name = owner?.toLowerCase() ?? unnamed;
    if (owner !== undefined && name === unnamed) return [`${key}: the account main is set by ISPMANAGER_${part}`];
    return names.includes(name) ? [] : [`${key}: ISPMANAGER_ACCOUNTS does not name the account ${name}`];
  });
}
