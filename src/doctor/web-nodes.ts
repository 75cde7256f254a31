// Which web nodes of WHMCS were heard lately, and does each run this version of the hook?
import { and, desc, eq, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Database } from "../database/connection.ts";
import { inbox } from "../database/schema.ts";
import { type Finding, ok, warning } from "./finding.ts";

const mostHeartbeats = 2_000;
const withinHours = 24;
const mostNodes = 20;

const shown = v.pipe(v.string(), v.regex(/^[\w.:+~-]{1,64}$/));
const heartbeat = v.object({ data: v.object({ version: shown, node: shown, php: v.optional(shown) }) });

interface WebNode {
  readonly name: string;
  readonly version: string;
  readonly php: string | null;
  readonly ageSeconds: number;
}

/** The newest heartbeat of each node of the last day; `null` stands for those whose hook does not say its version. */
async function listWebNodes(ledger: Database): Promise<(WebNode | null)[]> {
  const rows = await ledger.query
    .select({
      body: inbox.body,
      age: sql<number>`TIMESTAMPDIFF(SECOND, ${inbox.receivedAt}, UTC_TIMESTAMP(6))`,
    })
    .from(inbox)
    .where(
      and(
        eq(inbox.type, "hook.heartbeat"),
        sql`${inbox.receivedAt} > UTC_TIMESTAMP(6) - INTERVAL ${sql.raw(String(withinHours))} HOUR`,
      ),
    )
    .orderBy(desc(inbox.receivedAt))
    .limit(mostHeartbeats);
  const nodes = new Map<string | null, WebNode | null>();
  for (const { body, age } of rows) {
    const node = readNode(body, Number(age));
    const key = node?.name ?? null;
    if (!nodes.has(key)) nodes.set(key, node);
  }
  // A hook that was replaced since no longer counts.
  if (nodes.size > 1) nodes.delete(null);
  return [...nodes.values()].slice(0, mostNodes);
}

function readNode(body: string, ageSeconds: number): WebNode | null {
  const read = v.safeParse(heartbeat, parse(body));
  if (!read.success) return null;
  const { node, version, php } = read.output.data;
  return { name: node, version, php: php ?? null, ageSeconds };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const remedy =
  "Run `ispmodules install-hooks ROOT` there, or upload the archive that `ispmodules package-hooks` makes.";

/** Nothing when no node was heard, which is a finding of its own. `version` is this program's. */
export async function checkWebNodes(ledger: Database, version: string): Promise<Finding[]> {
  const nodes = await listWebNodes(ledger);
  return nodes.map((node) => {
    if (node === null) {
      return warning(
        "hook.version",
        "WHMCS's hook does not say its version, so it is older than this program.",
        remedy,
      );
    }
    const id = `hook.version:${node.name}`;
    const php = node.php === null ? "" : ` on PHP ${node.php}`;
    if (node.version === version) return ok(id, `Web node ${node.name} runs hook ${version}${php}.`);
    return warning(
      id,
      `Web node ${node.name} runs hook ${node.version}${php}, and this program is ${version}.`,
      remedy,
    );
  });
}
