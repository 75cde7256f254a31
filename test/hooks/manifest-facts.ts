// What does the code itself say of everything that plugin.manifest.json must name?
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createPublicApp } from "../../src/app.ts";
import { systemClock } from "../../src/clock.ts";
import { listSecretNames } from "../../src/config/secret-files.ts";
import { settings } from "../../src/config/settings.ts";
import { listBridgeRights, migratorRights } from "../../src/database/rights.ts";
import { oldestPhp } from "../../src/installer/php.ts";
import { readShippedFiles } from "../../src/installer/shipped.ts";
import { silentLog } from "../../src/log.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHooks } from "../../src/sandbox/php.ts";
import { releases } from "../../src/sandbox/shop/table.ts";
import { serviceActions } from "../../src/service-calls/call.ts";
import { apiActions, catalogueActions } from "../../src/whmcs/api.ts";
import { listReadColumns, readSettings } from "../../src/whmcs/schema.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const manifestFile = `${root}plugin.manifest.json`;

interface Facts {
  readonly version: string;
  readonly [name: string]: unknown;
}

/** All but the events, which only a run of the hooks can show. */
export async function listFacts(): Promise<Facts> {
  const { name, version, description } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const files = readShippedFiles();
  const php = files.filter(({ path }) => path.endsWith(".php")).map(({ bytes }) => bytes.toString("utf8"));
  return {
    $schema: "./plugin.manifest.schema.json",
    name,
    version,
    description,
    host: { name: "WHMCS", tested: [...releases] },
    php: { oldest: oldestPhp, newest: newestPhp(php) },
    files: files.map(({ path, sha256 }) => ({ path: `hooks/${path}`, sha256 })),
    hook_points: await listHookPoints(),
    tables_read: listReadColumns().map(({ table, columns }) =>
      table === "tblconfiguration" ? { table, columns, rows: Object.values(readSettings) } : { table, columns },
    ),
    tables_in_php: [
      ...new Set(php.flatMap((text) => text.match(/(?<=')(?:tbl|mod_ispmodules_)[a-z_]+/g) ?? [])),
    ].sort(),
    api_actions: [...apiActions, ...catalogueActions].sort(),
    grants: { reader: { rights: ["SELECT"] }, bridge: listBridgeRights(), migrator: [...migratorRights] },
    settings: listSettings(),
    endpoints: await listEndpoints(),
  };
}

/** Each file says for itself on which versions it runs; the range is what all of them allow. */
function newestPhp(texts: readonly string[]): string {
  const said = texts.flatMap((text) => /Runs on PHP 7\.2 to (\d+\.\d+)/.exec(text)?.[1] ?? []);
  return said.sort((a, b) => Number(a) - Number(b))[0] ?? "";
}

async function listHookPoints(): Promise<string[]> {
  const { points } = await runHooks({ phpPath: await requirePhp(), settings: null }, []);
  return [...new Set(points)];
}

function listSettings() {
  return Object.entries(settings.entries).map(([name, schema]) => {
    const isOptional = schema.type === "optional";
    const initial = isOptional && typeof schema.default === "string" ? { default: schema.default } : {};
    return { name, is_required: !isOptional, is_secret: listSecretNames({}).includes(name), ...initial };
  });
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** The paths of the public app, and which methods each of them does not refuse. */
async function listEndpoints() {
  const signed = async (c: { req: { method: string } }) =>
    new Response(null, { status: c.req.method === "POST" ? 401 : 405 });
  const app = createPublicApp({
    storefront: async () => new Response("ok"),
    receive: signed,
    answerCall: signed,
    isReady: async () => true,
    clock: systemClock,
    log: silentLog,
  });
  const paths = app.routes.flatMap(({ path }) => (path === "/whmcs/*" ? callPaths : [path]));
  const taken = async (path: string) => {
    const answers = await Promise.all(methods.map(async (method) => ({ method, ...(await statusOf(method, path)) })));
    return answers.filter(({ status }) => status !== 405 && status !== 404).map(({ method }) => method);
  };
  const statusOf = async (method: string, path: string) => ({
    status: (await app.request(path.replace("<id>", "1"), { method })).status,
  });
  return await Promise.all(paths.map(async (path) => ({ path, methods: await taken(path) })));
}

/** Behind `/whmcs/` the path must equal the signed body: see `readCall`. */
const callPaths = [
  ...[...serviceActions, "licence"].map((action) => `/whmcs/services/<id>/${action}`),
  "/whmcs/tariffs",
  "/whmcs/licences",
];

/** The manifest's text with other facts, in the order that the schema has. */
export function writeManifest(facts: Facts, present: Record<string, unknown>): string {
  const { properties } = JSON.parse(readFileSync(`${root}plugin.manifest.schema.json`, "utf8"));
  const all: Record<string, unknown> = { ...present, ...facts };
  return `${JSON.stringify(Object.fromEntries(Object.keys(properties).map((key) => [key, all[key]])), null, 2)}\n`;
}
