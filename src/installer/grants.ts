// With which SQL does an administrator make the three database users, each with the least that it needs?
import { listBridgeRights, migratorRights } from "../database/rights.ts";
import { optionalColumns } from "../whmcs/columns.ts";
import { listReadColumns, readSettings } from "../whmcs/schema.ts";
import { serverType } from "../whmcs/values.ts";

export interface GrantNames {
  /** WHMCS's database. */
  readonly whmcs: string;
  /** Database of the views through which the reader sees WHMCS. */
  readonly views: string;
  readonly ledger: string;
  /** Users are called `<users>_reader`, `<users>_bridge` and `<users>_migrator`. */
  readonly users: string;
  /** From where the users connect, e.g. `127.0.0.1`. */
  readonly from: string;
}

type Role = "reader" | "bridge" | "migrator";
export type Passwords = Readonly<Record<Role, string>>;

const roles: readonly Role[] = ["reader", "bridge", "migrator"];

/** Names are quoted; they must hold no backtick, quote or backslash. */
const name = (text: string) => `\`${text}\``;
const text = (value: string) => `'${value}'`;
const table = (database: string, of: string) => `${name(database)}.${name(of)}`;
/** Every table of a database; an unquoted `_` would stand for any character. */
const allOf = (database: string) => `${name(database.replaceAll("_", "\\_"))}.*`;
const user = ({ users, from }: GrantNames, role: Role) => `${text(`${users}_${role}`)}@${text(from)}`;

/**
 * The reader sees WHMCS through views of exactly the columns that are read, and of settings exactly the rows:
 * a grant alone cannot hide rows. The views belong to whoever runs the SQL.
 */
export function writeGrants(names: GrantNames, passwords: Passwords): string {
  return lines([
    "-- The database users of ispmodules. Run it as an administrator of the server; it may be repeated.",
    ...describeSettings(names, passwords, names.views),
    ...optionalNote,
    "",
    makeDatabase(names.ledger),
    makeDatabase(names.views),
    ...makeUsers(names, passwords),
    "",
    ...listReadColumns().map(({ table: of, columns }) => makeView(names, of, columns)),
    `GRANT SELECT ON ${allOf(names.views)} TO ${user(names, "reader")};`,
    "",
    ...grantLedger(names),
  ]);
}

/** The same where no view can be made: the reader sees every row of `tblconfiguration`; the program asks for those it needs. */
export function writeGrantsWithoutViews(names: GrantNames, passwords: Passwords): string {
  return lines([
    "-- The database users of ispmodules without views, for cPanel.",
    "-- cPanel gives rights on whole databases only, in its terminal or under MySQL Databases. Names there begin with the account's",
    "-- own prefix: give yours with --users, --whmcs-database and --ledger-database.",
    ...describePanel(names, passwords),
    ...describeSettings(names, passwords, names.whmcs),
    "-- Where the provider can run SQL for you, this is narrower; it may be repeated:",
    ...optionalNote,
    "",
    makeDatabase(names.ledger),
    ...makeUsers(names, passwords),
    "",
    ...listReadColumns().map(
      ({ table: of, columns }) =>
        `GRANT SELECT (${columns.map(name).join(", ")}) ON ${table(names.whmcs, of)} TO ${user(names, "reader")};`,
    ),
    "",
    ...grantLedger(names),
  ]);
}

const optionalNote = [
  `-- What this WHMCS does not have of ${optionalColumns.join(", ")} is taken out of its line: the program does without.`,
];

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

function describeSettings({ users, ledger }: GrantNames, passwords: Passwords, read: string): string[] {
  const address = (role: Role, database: string) =>
    `mysql://${users}_${role}:${passwords[role]}@127.0.0.1:3306/${database}`;
  return [
    "-- Settings for the bridge; a user that is there already keeps its password:",
    `--   WHMCS_DATABASE_URL=${address("reader", read)}`,
    `--   LEDGER_DATABASE_URL=${address("bridge", ledger)}`,
    `--   LEDGER_MIGRATE_DATABASE_URL=${address("migrator", ledger)}`,
  ];
}

/** https://api.docs.cpanel.net/specifications/cpanel.openapi/user-management/mysql-set_privileges_on_database */
function describePanel({ users, ledger, whmcs }: GrantNames, passwords: Passwords): string[] {
  const give = (role: Role, database: string, rights: readonly string[]) =>
    `--   uapi Mysql set_privileges_on_database user=${users}_${role} database=${database} privileges=${rights.join(",")}`;
  return [
    `--   uapi Mysql create_database name=${ledger}`,
    ...roles.map((role) => `--   uapi Mysql create_user name=${users}_${role} password=${passwords[role]}`),
    give("reader", whmcs, ["SELECT"]),
    give("bridge", ledger, ["SELECT", "INSERT", "UPDATE"]),
    give("migrator", ledger, migratorRights),
  ];
}

function makeDatabase(database: string): string {
  return `CREATE DATABASE IF NOT EXISTS ${name(database)} CHARACTER SET utf8mb4;`;
}

function makeUsers(names: GrantNames, passwords: Passwords): string[] {
  return roles.map((role) => `CREATE USER IF NOT EXISTS ${user(names, role)} IDENTIFIED BY ${text(passwords[role])};`);
}

function makeView({ whmcs, views }: GrantNames, of: string, columns: readonly string[]): string {
  const rows = Object.values(readSettings).map(text).join(", ");
  return [
    `CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW ${table(views, of)} AS`,
    `  SELECT ${columns.map(name).join(", ")} FROM ${table(whmcs, of)}`,
    ...(of === "tblconfiguration" ? [`  WHERE \`setting\` IN (${rows})`] : []),
    // Other modules may keep secrets there.
    ...(of === "tblmodule_configuration"
      ? [
          `  WHERE \`entity_type\` = 'addon' AND \`entity_id\` IN`,
          `    (SELECT \`id\` FROM ${table(whmcs, "tbladdons")} WHERE \`module\` = ${text(serverType)})`,
        ]
      : []),
  ]
    .join("\n")
    .concat(";");
}

/** A right on a table that `migrate` has yet to make can be given only together with CREATE, which is taken back at once. */
function grantLedger(names: GrantNames): string[] {
  const { ledger } = names;
  const bridge = user(names, "bridge");
  const tables = listBridgeRights();
  return [
    `GRANT ${migratorRights.join(", ")} ON ${allOf(ledger)} TO ${user(names, "migrator")};`,
    ...tables.map(
      ({ table: of, rights }) => `GRANT ${rights.join(", ")}, CREATE ON ${table(ledger, of)} TO ${bridge};`,
    ),
    ...tables.map(({ table: of }) => `REVOKE CREATE ON ${table(ledger, of)} FROM ${bridge};`),
  ];
}
