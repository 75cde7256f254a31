// Which settings are accepted, which are refused, and what may a refusal say?
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadConfig, readEnvironment } from "../src/config.ts";
import { ConfigError } from "../src/errors.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const required = {
  WHMCS_URL: "https://billing.example.com",
  WHMCS_DATABASE_URL: "mysql://reader:pw@db:3306/whmcs",
  LEDGER_DATABASE_URL: "mysql://bridge:pw@db/ispmodules",
  ISPMANAGER_LOGIN: "partner@example.com",
  ISPMANAGER_PASSWORD: "pass word ",
  WEBHOOK_SECRET: secret,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ispmodules-config-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function load(settings: Record<string, string | undefined>) {
  return loadConfig({ ...required, ...settings });
}

function problemsOf(settings: Record<string, string | undefined>): readonly string[] {
  try {
    load(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function write(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("defaults", () => {
  test("the required settings are enough, the rest is as documented", () => {
    expect(load({})).toEqual({
      whmcs: {
        url: "https://billing.example.com",
        apiUrl: "https://billing.example.com/includes/api.php",
        adminUrl: "https://billing.example.com/admin",
        databaseUrl: required.WHMCS_DATABASE_URL,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        api: null,
      },
      ledger: { databaseUrl: required.LEDGER_DATABASE_URL, migrateDatabaseUrl: required.LEDGER_DATABASE_URL },
      accounts: [
        {
          name: "main",
          settingPrefix: "ISPMANAGER_",
          apiUrl: "https://api-eu.ispmanager.com/manager/billmgr",
          login: "partner@example.com",
          password: "pass word ",
        },
      ],
      webhookSecrets: [secret],
      events: null,
      listen: { host: "127.0.0.1", port: 8788 },
      console: { host: "127.0.0.1", port: 8789 },
      trustedProxies: ["127.0.0.1", "::1"],
      storefront: { currency: null, cartTemplate: null },
      buying: {
        capDay: "100",
        capMonth: null,
        holdNewClientMs: 0,
        ordersInFlight: 4,
        orderTimeoutMs: 60_000,
        settleMs: 600_000,
        lookIntervalMs: 300_000,
        sendWithinMs: 10_000,
        retryMs: 60_000,
        buyerIntervalMs: 5_000,
        sweepIntervalMs: 120_000,
        remoteSweepIntervalMs: 3_600_000,
      },
      logLevel: "info",
    });
  });

  test("an empty setting counts as absent", () => {
    expect(load({ PORT: "", WHMCS_API_URL: " ", PRICE_CURRENCY: "" })).toEqual(load({}));
  });

  test("the result is frozen to the last list", () => {
    const config = load({});
    for (const part of [config, config.whmcs, config.buying, config.webhookSecrets, config.trustedProxies]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

const accepted: [name: string, value: string, read: (config: ReturnType<typeof load>) => unknown, expected: unknown][] =
  [
    ["WHMCS_URL", "https://example.com/", (c) => c.whmcs.url, "https://example.com"],
    ["WHMCS_URL", "http://example.com/whmcs//", (c) => c.whmcs.adminUrl, "http://example.com/whmcs/admin"],
    ["WHMCS_API_URL", "http://10.0.0.5/includes/api.php", (c) => c.whmcs.apiUrl, "http://10.0.0.5/includes/api.php"],
    ["WHMCS_ADMIN_URL", "https://b.example/staff/", (c) => c.whmcs.adminUrl, "https://b.example/staff"],
    ["WHMCS_TIMEZONE", "Europe/Moscow", (c) => c.whmcs.timezone, "Europe/Moscow"],
    ["WHMCS_DATABASE_URL", "mysql://r@[::1]/w", (c) => c.whmcs.databaseUrl, "mysql://r@[::1]/w"],
    ["LEDGER_MIGRATE_DATABASE_URL", "mysql://m:p%23w@h/l", (c) => c.ledger.migrateDatabaseUrl, "mysql://m:p%23w@h/l"],
    ["ISPMANAGER_API_URL", "http://127.9.8.7:81/billmgr", (c) => c.accounts[0].apiUrl, "http://127.9.8.7:81/billmgr"],
    ["ISPMANAGER_API_URL", "http://[::1]:81/billmgr", (c) => c.accounts[0].apiUrl, "http://[::1]:81/billmgr"],
    ["ISPMANAGER_API_URL", "http://localhost/billmgr/", (c) => c.accounts[0].apiUrl, "http://localhost/billmgr"],
    ["WEBHOOK_SECRET", `${secret} , ${secret}`, (c) => c.webhookSecrets, [secret, secret]],
    ["PORT", "0", (c) => c.listen.port, 0],
    ["CONSOLE_PORT", "65535", (c) => c.console.port, 65_535],
    ["HOST", "::", (c) => c.listen.host, "::"],
    ["TRUSTED_PROXIES", "10.0.0.0/8,fd00::/128", (c) => c.trustedProxies, ["10.0.0.0/8", "fd00::/128"]],
    ["PRICE_CURRENCY", "usd", (c) => c.storefront.currency, "USD"],
    ["CART_TEMPLATE", "standard_cart-2", (c) => c.storefront.cartTemplate, "standard_cart-2"],
    ["SPEND_CAP_DAY", "none", (c) => c.buying.capDay, null],
    ["SPEND_CAP_MONTH", "1500.50", (c) => c.buying.capMonth, "1500.50"],
    ["HOLD_NEW_CLIENT_HOURS", "1.5", (c) => c.buying.holdNewClientMs, 5_400_000],
    ["SEND_WITHIN_SECONDS", "50", (c) => c.buying.sendWithinMs, 50_000],
    ["BUYER_INTERVAL_SECONDS", "0.05", (c) => c.buying.buyerIntervalMs, 50],
    ["ORDERS_IN_FLIGHT", "64", (c) => c.buying.ordersInFlight, 64],
    ["LOG_LEVEL", "debug", (c) => c.logLevel, "debug"],
  ];

test.each(accepted)("%s=%s is accepted", (name, value, read, expected) => {
  expect(read(load({ [name]: value }))).toEqual(expected);
});

const refused: [name: string, ...values: string[]][] = [
  ["WHMCS_URL", "billing.example.com", "ftp://e.com", "https://u:p@e.com", "https://@e.com", "https://e.com/?a=1"],
  ["WHMCS_URL", "https://e.com/#x", "https://e.com/?", "https://exa mple.com", "https:e.com", "javascript:alert(1)"],
  ["WHMCS_API_URL", "/includes/api.php", "https://e.com/api.php?x=y"],
  ["WHMCS_ADMIN_URL", "admin"],
  ["WHMCS_DATABASE_URL", "whmcs", "http://u:p@h/db", "mysql://u:p@h", "mysql://u:p@h/"],
  ["WHMCS_DATABASE_URL", "mysql://h/db", "mysql://u@/db"],
  ["WHMCS_DATABASE_URL", "mysql://u:p@h/a/b", "mysql://u:p%zz@h/db", "mysql://u:p@h:99999/db", "mysql://u:p@h/db#x"],
  ["LEDGER_DATABASE_URL", "mysql://u:p@h/db?ssl=1", "mysql://u:p@h/db?ssl-ca=/a&ssl-ca=/b", "mysql://u:p/w@h/db"],
  ["LEDGER_DATABASE_URL", "mysql://u:p@h/db?ssl-ca=/nowhere/ca.pem", "mysql://u:p@h/db?ssl-ca="],
  ["LEDGER_MIGRATE_DATABASE_URL", "mysql://u:p@h/db?multipleStatements=true"],
  ["WHMCS_TIMEZONE", "Mars/Olympus", "+01:00", "Europe/"],
  ["ISPMANAGER_API_URL", "http://api.example.com/billmgr", "http://127.0.0.1.example.com/", "http://10.0.0.1/billmgr"],
  ["ISPMANAGER_API_URL", "https://u:p@e.com/billmgr", "https://e.com/billmgr?func=x", "http://[::ffff:10.0.0.1]/"],
  ["WEBHOOK_SECRET", secret.slice(6), "whsec_", `whsec_${Buffer.alloc(23).toString("base64")}`, `${secret},`],
  ["WEBHOOK_SECRET", `${secret}*`, secret.replace("=", ""), `${secret},whsec_short`],
  ["PORT", "-1", "65536", "80a", "8.5", "0x50"],
  ["CONSOLE_PORT", "http", "8788"],
  ["HOST", "http://0.0.0.0", "a b"],
  ["TRUSTED_PROXIES", "proxy.local", "10.0.0.0/33", "::1/129", "10.0.0.1/8/8", "10.1.2.3/", "127.0.0.1,,::1"],
  ["PRICE_CURRENCY", "US", "EURO", "€€€"],
  ["CART_TEMPLATE", "a&b=c", "../x"],
  ["SPEND_CAP_DAY", "100,50", "-1", "1e3", "lots", "Infinity"],
  ["SPEND_CAP_MONTH", "0x10", "100 EUR"],
  ["HOLD_NEW_CLIENT_HOURS", "-1", "1h", "1000001"],
  ["ORDERS_IN_FLIGHT", "0", "65", "1.5", "four"],
  ["ORDER_TIMEOUT_SECONDS", "0", "-5", "0.0001", "1e3", "60s", "NaN", "1000001"],
  ["SEND_WITHIN_SECONDS", "0", "50.001", "51", "-5", "10s"],
  ["LOG_LEVEL", "verbose", "INFO"],
];

test.each(refused.flatMap(([name, ...values]) => values.map((value) => [name, value] as const)))(
  "%s=%s is refused in one line that names it and keeps its value",
  (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: \\S`));
    if (value.length > 8) expect(problems[0]).not.toContain(value);
  },
);

describe("problems", () => {
  test("each missing setting has a line, and secrets say that a file will do", () => {
    const none = Object.fromEntries(Object.keys(required).map((name) => [name, undefined]));
    expect(problemsOf(none)).toEqual([
      "WHMCS_URL: is required",
      "WHMCS_DATABASE_URL: is required (or WHMCS_DATABASE_URL_FILE)",
      "LEDGER_DATABASE_URL: is required (or LEDGER_DATABASE_URL_FILE)",
      "WEBHOOK_SECRET: is required (or WEBHOOK_SECRET_FILE)",
      "ISPMANAGER_LOGIN: is required (or ISPMANAGER_LOGIN_FILE)",
      "ISPMANAGER_PASSWORD: is required (or ISPMANAGER_PASSWORD_FILE)",
    ]);
  });

  test("all problems are told at once", () => {
    const problems = problemsOf({ WHMCS_URL: undefined, PORT: "x", LOG_LEVEL: "x", WHMCS_API_SECRET: "s" });
    expect(problems.map((line) => line.split(":")[0]).sort()).toEqual([
      "LOG_LEVEL",
      "PORT",
      "WHMCS_API_IDENTIFIER",
      "WHMCS_URL",
    ]);
  });

  test("a secret never reaches the error", () => {
    const canary = "canary-5e1f";
    const error = (() => {
      try {
        return load({ WEBHOOK_SECRET: canary, WHMCS_DATABASE_URL: `mysql://u:${canary}@h`, WHMCS_URL: `x${canary}` });
      } catch (thrown) {
        return thrown as ConfigError;
      }
    })() as ConfigError;
    expect(error.problems).toHaveLength(3);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(canary);
  });

  test("the API identifier and its secret come together or not at all", () => {
    expect(problemsOf({ WHMCS_API_IDENTIFIER: "i" })).toEqual([
      "WHMCS_API_SECRET: is required when WHMCS_API_IDENTIFIER is set",
    ]);
    expect(problemsOf({ WHMCS_API_SECRET: "s" })).toEqual([
      "WHMCS_API_IDENTIFIER: is required when WHMCS_API_SECRET is set",
    ]);
    const both = { WHMCS_API_IDENTIFIER: "i", WHMCS_API_SECRET: "s" };
    expect(load(both).whmcs.api).toEqual({ identifier: "i", secret: "s", accessKey: null });
    expect(load({ ...both, WHMCS_API_ACCESS_KEY: "k" }).whmcs.api?.accessKey).toBe("k");
  });
});

describe("the host's own automation", () => {
  const url = "https://automation.example.com/hooks/panel/";

  test("has an address, kept as typed, and a secret, or neither", () => {
    expect(load({ EVENTS_URL: url, EVENTS_SECRET: secret }).events).toEqual({ url, secrets: [secret] });
    expect(load({ EVENTS_URL: url, EVENTS_SECRET_FILE: write("events", secret) }).events?.secrets).toEqual([secret]);
    expect(problemsOf({ EVENTS_URL: url })).toEqual(["EVENTS_SECRET: is required when EVENTS_URL is set"]);
    expect(problemsOf({ EVENTS_SECRET: secret })).toEqual(["EVENTS_URL: is required when EVENTS_SECRET is set"]);
  });

  test("is asked without TLS on loopback only", () => {
    expect(load({ EVENTS_URL: "http://127.0.0.1:8080/x", EVENTS_SECRET: secret }).events?.url).toContain(":8080");
    for (const bad of ["http://automation.example.com/", "https://u:p@example.com/", "https://example.com/?token=1"]) {
      expect(problemsOf({ EVENTS_URL: bad, EVENTS_SECRET: secret })).toEqual([
        "EVENTS_URL: must be an https address without user or query; http only on loopback",
      ]);
    }
    expect(problemsOf({ EVENTS_URL: url, EVENTS_SECRET: "whsec_short" })).toEqual([
      expect.stringMatching(/^EVENTS_SECRET: must be whsec_/),
    ]);
  });
});

describe("secret files", () => {
  test("a secret is read from its file without the final line break", () => {
    const path = write("password", "s3cret \r\n");
    expect(load({ ISPMANAGER_PASSWORD: undefined, ISPMANAGER_PASSWORD_FILE: path }).accounts[0].password).toBe(
      "s3cret ",
    );
  });

  test.each(Object.keys(required).filter((name) => name !== "WHMCS_URL"))("%s may stand in a file", (name) => {
    const path = write("secret", `${required[name as keyof typeof required]}\n`, 0o640);
    expect(problemsOf({ [name]: undefined, [`${name}_FILE`]: path })).toEqual([]);
  });

  test.each([0o604, 0o602])("a file with mode %o is refused, because everyone may use it", (mode) => {
    const path = write("password", "s3cret", mode);
    const [problem, ...more] = problemsOf({ ISPMANAGER_PASSWORD: undefined, ISPMANAGER_PASSWORD_FILE: path });
    expect(problem).toMatch(/^ISPMANAGER_PASSWORD_FILE: every user/);
    expect(more).toEqual([]);
  });

  test("a file that is missing, a folder, empty or huge is one problem that hides the path", () => {
    mkdirSync(join(folder, "folder"));
    const paths = [
      join(folder, "none"),
      join(folder, "folder"),
      write("empty", "\n"),
      write("huge", "x".repeat(70_000)),
    ];
    for (const path of paths) {
      const problems = problemsOf({ WEBHOOK_SECRET: undefined, WEBHOOK_SECRET_FILE: path });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^WEBHOOK_SECRET_FILE: /);
      expect(problems[0]).not.toContain(folder);
    }
  });

  test("a secret given in both ways is refused", () => {
    expect(problemsOf({ WEBHOOK_SECRET_FILE: write("secret", secret) })).toEqual([
      "WEBHOOK_SECRET: is given twice, as WEBHOOK_SECRET and as WEBHOOK_SECRET_FILE",
    ]);
  });

  test("a readable certificate authority is accepted and stays in the address", () => {
    const url = `mysql://u:p@h/db?ssl-ca=${write("ca.pem", "x", 0o644)}`;
    expect(load({ LEDGER_DATABASE_URL: url }).ledger.migrateDatabaseUrl).toBe(url);
  });
});

describe("the file .env", () => {
  test("is read when present, and the process's environment wins", () => {
    write(".env", "WHMCS_URL=https://from.file\nCART_TEMPLATE='from_file' # remark\n");
    vi.stubEnv("WHMCS_URL", "https://from.process");
    const environment = readEnvironment(folder);
    expect(environment.WHMCS_URL).toBe("https://from.process");
    expect(environment.CART_TEMPLATE).toBe("from_file");
  });

  test("an empty variable of the process does not hide a setting of the file", () => {
    write(".env", "CART_TEMPLATE=from_file");
    vi.stubEnv("CART_TEMPLATE", "");
    expect(readEnvironment(folder).CART_TEMPLATE).toBe("from_file");
  });

  test("a secret of the process beats the other form of it in the file", () => {
    write(".env", "WEBHOOK_SECRET_FILE=/from/file\nISPMANAGER_PASSWORD=from-file");
    vi.stubEnv("WEBHOOK_SECRET", secret);
    vi.stubEnv("ISPMANAGER_PASSWORD_FILE", "/from/process");
    const environment = readEnvironment(folder);
    expect(environment.WEBHOOK_SECRET_FILE).toBeUndefined();
    expect(environment.ISPMANAGER_PASSWORD).toBeUndefined();
  });

  test("its absence is no problem, a file that cannot be read is one", () => {
    expect(readEnvironment(folder).CART_TEMPLATE).toBeUndefined();
    mkdirSync(join(folder, ".env"));
    expect(() => readEnvironment(folder)).toThrow(new ConfigError([".env: the file cannot be read (EISDIR)"]));
  });
});

describe("several accounts", () => {
  const eu = {
    ISPMANAGER_EU_API_URL: "https://api-eu.ispmanager.com/manager/billmgr",
    ISPMANAGER_EU_LOGIN: "eu@example.com",
    ISPMANAGER_EU_PASSWORD: "pw-eu",
  };
  const ru = {
    ISPMANAGER_RU_API_URL: "https://api.ispmanager.ru/manager/billmgr/",
    ISPMANAGER_RU_LOGIN: "ru@example.com",
    ISPMANAGER_RU_PASSWORD: "pw-ru",
  };
  const noPlain = { ISPMANAGER_LOGIN: undefined, ISPMANAGER_PASSWORD: undefined };
  const both = { ...noPlain, ...eu, ...ru, ISPMANAGER_ACCOUNTS: "eu, ru" };

  test("stand in the order of their names, each with its settings", () => {
    expect(load(both).accounts).toEqual([
      {
        ...{ name: "eu", settingPrefix: "ISPMANAGER_EU_", apiUrl: eu.ISPMANAGER_EU_API_URL },
        ...{ login: "eu@example.com", password: "pw-eu" },
      },
      {
        ...{ name: "ru", settingPrefix: "ISPMANAGER_RU_", apiUrl: "https://api.ispmanager.ru/manager/billmgr" },
        ...{ login: "ru@example.com", password: "pw-ru" },
      },
    ]);
    expect(load({ ...noPlain, ...eu, ISPMANAGER_ACCOUNTS: "eu" }).accounts).toHaveLength(1);
  });

  test("the first one keeps its plain settings beside the second as `main`", () => {
    expect(load({ ...ru, ISPMANAGER_ACCOUNTS: "main,ru" }).accounts.map(({ name, login }) => [name, login])).toEqual([
      ["main", "partner@example.com"],
      ["ru", "ru@example.com"],
    ]);
  });

  test("login and password of each may stand in a file", () => {
    const path = write("ru-password", "from-file\n");
    const settings = { ...both, ISPMANAGER_RU_PASSWORD: undefined, ISPMANAGER_RU_PASSWORD_FILE: path };
    expect(load(settings).accounts[1]?.password).toBe("from-file");
    expect(problemsOf({ ...settings, ISPMANAGER_RU_PASSWORD: "also" })).toEqual([
      "ISPMANAGER_RU_PASSWORD: is given twice, as ISPMANAGER_RU_PASSWORD and as ISPMANAGER_RU_PASSWORD_FILE",
    ]);
  });

  test("the process's environment wins over .env in whichever form it gives a secret", () => {
    writeFileSync(join(folder, ".env"), "ISPMANAGER_ACCOUNTS=eu,ru\nISPMANAGER_RU_LOGIN=of-file\n");
    vi.stubEnv("ISPMANAGER_RU_LOGIN_FILE", "/run/secret");
    expect(readEnvironment(folder)).toMatchObject({ ISPMANAGER_RU_LOGIN_FILE: "/run/secret" });
    expect(readEnvironment(folder).ISPMANAGER_RU_LOGIN).toBeUndefined();
  });

  test.each(["eu,", "EU", "eu,eu", "1eu", "e-u", `a${"b".repeat(16)}`, "a,b,c,d,e,f,g,h,i"])(
    "%s is refused",
    (names) => {
      const problems = problemsOf({ ...both, ISPMANAGER_ACCOUNTS: names });
      expect(problems).toEqual([expect.stringMatching(/^ISPMANAGER_ACCOUNTS: must be one to eight different names/)]);
    },
  );

  test.each<[Record<string, string | undefined>, string]>([
    [{ ISPMANAGER_RU_API_URL: undefined }, "ISPMANAGER_RU_API_URL: is required"],
    [{ ISPMANAGER_RU_LOGIN: undefined }, "ISPMANAGER_RU_LOGIN: is required (or ISPMANAGER_RU_LOGIN_FILE)"],
    [{ ISPMANAGER_LOGIN: "left" }, "ISPMANAGER_LOGIN: ISPMANAGER_ACCOUNTS does not name the account main"],
    [
      { ISPMANAGER_PASSWORD_FILE: "/left" },
      "ISPMANAGER_PASSWORD_FILE: ISPMANAGER_ACCOUNTS does not name the account main",
    ],
    [{ ISPMANAGER_US_LOGIN: "left" }, "ISPMANAGER_US_LOGIN: ISPMANAGER_ACCOUNTS does not name the account us"],
    [{ ISPMANAGER_MAIN_LOGIN: "left" }, "ISPMANAGER_MAIN_LOGIN: the account main is set by ISPMANAGER_LOGIN"],
    [
      { ISPMANAGER_RU_API_URL: eu.ISPMANAGER_EU_API_URL, ISPMANAGER_RU_LOGIN: eu.ISPMANAGER_EU_LOGIN },
      "ISPMANAGER_RU_LOGIN: is the same account as eu",
    ],
  ])("%o: %s", (change, problem) => {
    expect(problemsOf({ ...both, ...change })).toEqual([problem]);
  });

  test("an account that is set up and not named is not forgotten silently", () => {
    expect(problemsOf(ru)).toEqual(
      Object.keys(ru).map((name) => `${name}: ISPMANAGER_ACCOUNTS does not name the account ru`),
    );
  });

  test("an address that is no safe one is named and not shown", () => {
    const problems = problemsOf({ ...both, ISPMANAGER_RU_API_URL: "http://canary.example" });
    expect(problems).toEqual([expect.stringMatching(/^ISPMANAGER_RU_API_URL: must be an https address/)]);
    expect(problems.join()).not.toContain("canary");
  });
});
