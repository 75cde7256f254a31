// Which modules that were bought before us belong to which service? Shows the plan, and links with --apply; buys nothing.
import type { Databases } from "../main.ts";
import { adopt as carryOut, type Linked, readSides } from "../purchases/adopt.ts";
import { judgePair, type Link, planAdoption, type Sides, type Unlinked } from "../purchases/adoption.ts";
import { type AccountEngine, atEach, type Engine } from "../purchases/engine.ts";
import { readNocLinks } from "../whmcs/noc-links.ts";
import { readServiceModules } from "../whmcs/service-modules.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { nameActor } from "./actor.ts";
import { defineCommand, exitStatus, json, Refused, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { readReason } from "./decision-words.ts";
import { type Pair, readLinkFile, readPair } from "./link-file.ts";
import { formatTable, plain, type Terminal } from "./terminal.ts";

export const adopt = defineCommand({
  name: "adopt",
  summary: "link modules that were bought before us to their services, so that the next paid period renews them",
  options: {
    csv: {
      type: "string",
      value: "FILE",
      help: "link what the file says, in lines of module_id,service_id (of an addon a and its number)",
    },
    "from-noc": {
      type: "boolean",
      help: "link what ispmanager's open NOC module has noted in its table ispsystem_noc",
    },
    module: { type: "string", value: "ID", help: "with --service: this one module" },
    service: {
      type: "string",
      value: "ID",
      help: "with --module: the service that it belongs to; of an addon a and its number, e.g. a5",
    },
    reason: { type: "string", value: "TEXT", help: "why, for the history; required with --module and --apply" },
    account: { type: "string", value: "NAME", help: "of several accounts, the one whose modules are linked" },
    apply: { type: "boolean", help: "write it down; without it the plan is only shown" },
    yes: { type: "boolean", help: "do not ask before it is done" },
    json,
  },
  run: async ({ config, clock, terminal, values }) => {
    const source = readSource(values);
    const why = readReason(values.reason) ?? source.why;
    if (why === null && values.apply) throw new UsageError("--reason TEXT is required with --module and --apply");
    return await withEngine({ config: config(), clock }, async (all, databases) => {
      const engine = chooseAccount(all, values.account);
      const proposal = await propose(engine, databases, source);
      const say = values.json ? terminal.warn : terminal.print;
      say(describe(proposal, values.apply === true));
      const isWrong = source.kind !== "plan" && proposal.open.length > 0;
      const results =
        values.apply && !isWrong
          ? await apply(engine, databases, { ...proposal, source, why, terminal, isSure: values.yes === true })
          : [];
      if (values.apply && !isWrong) say(describeResults(proposal.links, results));
      if (values.json) terminal.print(JSON.stringify(listed(proposal, results), null, 2));
      const isDone = results.every((result) => result === "done");
      return !isWrong && isDone ? exitStatus.done : exitStatus.failed;
    });
  },
});

type Source =
  | { readonly kind: "plan" | "noc"; readonly why: string }
  | { readonly kind: "pairs"; readonly pairs: readonly Pair[]; readonly why: string | null };

interface Words {
  readonly csv?: string;
  readonly "from-noc"?: boolean;
  readonly module?: string;
  readonly service?: string;
}

function readSource({ csv, module, service, "from-noc": isNoc = false }: Words): Source {
  const isOne = module !== undefined || service !== undefined;
  if ([csv !== undefined, isNoc, isOne].filter(Boolean).length > 1) {
    throw new UsageError("--csv, --from-noc and --module exclude each other");
  }
  if (csv !== undefined) return { kind: "pairs", pairs: readLinkFile(csv), why: "ispmodules adopt --csv" };
  if (isNoc) return { kind: "noc", why: "ispmodules adopt --from-noc" };
  if (!isOne) return { kind: "plan", why: "ispmodules adopt" };
  const pair = readPair(`${module ?? ""},${service ?? ""}`);
  if (pair === null)
    throw new UsageError("--module and --service each take a number, --service of an addon a and its number");
  return { kind: "pairs", pairs: [{ ...pair, line: null }], why: null };
}

/** What would be linked, and what not; `open` are mistakes where somebody named the pairs. */
interface Proposal {
  readonly links: readonly Link[];
  readonly open: readonly Unlinked[];
  readonly adopted: Sides["adoptions"];
}

function chooseAccount(engine: Engine, name: string | undefined): AccountEngine {
  const each = atEach(engine);
  const [only, ...others] = each.filter(({ account }) => name === undefined || account.name === name);
  const names = each.map(({ account }) => account.name).join(", ");
  if (only === undefined || others.length > 0) throw new UsageError(`--account must be one of ${names}`);
  return only;
}

async function propose(engine: AccountEngine, { whmcs }: Databases, source: Source): Promise<Proposal> {
  const pairs = source.kind === "pairs" ? source.pairs : source.kind === "noc" ? await readNoc(whmcs) : null;
  const sides = await readSides(engine, await readServiceModules(whmcs.query));
  if (sides === null) throw new Refused("the account's module list could not be read: nothing was linked");
  const { adoptions: adopted } = sides;
  if (pairs === null) return { ...planAdoption(sides), adopted };
  // What a file links once more is done.
  const isDone = ({ moduleId, serviceRef }: Pair) =>
    adopted.some((each) => each.moduleId === moduleId && each.serviceRef === serviceRef);
  const judged = pairs.filter((pair) => !isDone(pair)).map((pair) => withLine(judgePair(sides, pair), pair));
  return {
    links: judged.flatMap((each) => ("why" in each ? [] : [each])),
    open: judged.flatMap((each) => ("why" in each ? [each] : [])),
    adopted,
  };
}

function withLine(judged: Link | Unlinked, { line }: Pair): Link | Unlinked {
  return "why" in judged && line !== null ? { ...judged, why: `line ${line}: ${judged.why}` } : judged;
}

async function readNoc({ query }: Databases["whmcs"]): Promise<Pair[]> {
  const noc = await readNocLinks(query);
  if (noc.kind === "missing") {
    throw new Refused(
      `the database of WHMCS_DATABASE_URL shows its user no ${noc.what.join(", ")}: grant SELECT on them if this WHMCS has ` +
        "that table; the tables of other NOC modules are not documented, so name their modules with --csv",
    );
  }
  const pairs = noc.links.map(({ moduleId, serviceId }) => readPair(`${moduleId},${serviceId}`));
  const known = pairs.filter((pair) => pair !== null);
  if (known.length < pairs.length)
    throw new Refused(`ispsystem_noc has ${pairs.length - known.length} rows without two numbers`);
  return known.map((pair) => ({ ...pair, line: null }));
}

interface Applying extends Proposal {
  readonly source: Source;
  readonly why: string | null;
  readonly terminal: Terminal;
  readonly isSure: boolean;
}

/** After the last answer both sides are read again: what does not stand as it was shown is not linked. */
async function apply(engine: AccountEngine, databases: Databases, wanted: Applying): Promise<Linked[]> {
  const { links, terminal, isSure, why, source } = wanted;
  if (links.length === 0) return [];
  if (!isSure && !terminal.isInteractive) throw new Refused("nobody can be asked here; add --yes to link them");
  if (!isSure && !(await terminal.ask("Link them?"))) throw new Refused("nothing was linked");
  const again = await propose(engine, databases, source);
  const isSame = (one: Link, other: Link) => JSON.stringify(one) === JSON.stringify(other);
  const steady = links.filter((link) => again.links.some((other) => isSame(link, other)));
  const results = await carryOut(engine, steady, { actor: nameActor(), why: why ?? "" });
  return links.map((link) => results[steady.indexOf(link)] ?? "moved");
}

const words: Readonly<Record<Linked, string>> = {
  done: "linked",
  busy: "left: a purchase of its licence and tariff is under way",
  moved: "left: it has changed since the plan was made; run this again",
  bound: "left: it pays for a purchase",
  adopted: "left: it is linked already",
  gone: "left: the account does not show it any more",
  unread: "left: the account could not be read",
};

function describe({ links, open, adopted }: Proposal, isApplying: boolean): string {
  const rows = links.map(({ moduleId, serviceRef, licence, tariff, expiresOn }) => [
    ...[moduleId, shownId(serviceRef), licence, tariff, expiresOn],
  ]);
  const table = formatTable(["module", "service", "licence", "tariff", "expires"], rows);
  const left = open.map(({ moduleId, why }) => `  module ${moduleId}: ${plain(why)}`);
  return [
    ...(links.length === 0 ? ["Nothing to link."] : ["To link:", table]),
    ...(open.length === 0 ? [] : ["Left to a person:", ...left]),
    ...(adopted.length === 0 ? [] : [`${adopted.length} modules are linked already.`]),
    ...(isApplying || links.length === 0 ? [] : ["Nothing was written; add --apply."]),
  ].join("\n");
}

function describeResults(links: readonly Link[], results: readonly Linked[]): string {
  const left = links.flatMap(({ moduleId }, at) => {
    const result = results[at] ?? "unread";
    return result === "done" ? [] : [`  module ${moduleId}: ${words[result]}`];
  });
  return [`${links.length - left.length} of ${links.length} modules linked.`, ...left].join("\n");
}

/** As other programs read it: ids are texts, unknown values null. */
function listed({ links, open, adopted }: Proposal, results: readonly Linked[]) {
  return {
    links: links.map(({ moduleId, serviceRef, licence, tariff, expiresOn }, at) => ({
      ...{ module_id: moduleId, service_id: shownId(serviceRef), licence, tariff, expires_on: expiresOn },
      result: results[at] ?? null,
    })),
    open: open.map(({ moduleId, serviceRef, why }) => ({
      ...{ module_id: moduleId, service_id: serviceRef === null ? null : shownId(serviceRef), why },
    })),
    adopted: adopted.map(({ moduleId, serviceRef, licence, tariff, expiresOn }) => ({
      ...{ module_id: moduleId, service_id: shownId(serviceRef), licence, tariff, expires_on: expiresOn },
    })),
  };
}
