// Where do WHMCS, the ledger and the account disagree, and may a restored ledger buy again?
import type { Databases } from "../main.ts";
import { sidesOf } from "../purchases/adopt.ts";
import { type Suggestion, suggestServices } from "../purchases/adoption.ts";
import type { Engine } from "../purchases/engine.ts";
import { nameModule } from "../purchases/invariants/picture.ts";
import { reconcile as compare, type Difference, type Reconciliation } from "../purchases/reconcile.ts";
import { type RestoreProgress, reconcileRestored } from "../purchases/restore.ts";
import { readServiceModules } from "../whmcs/service-modules.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { nameActor } from "./actor.ts";
import { defineCommand, exitStatus, json, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { plain } from "./terminal.ts";

export const reconcile = defineCommand({
  name: "reconcile",
  summary: "compare WHMCS, the ledger and the account; exit status 1 when they differ",
  options: {
    "after-restore": {
      type: "boolean",
      help: "the ledger comes from a backup: hold buying back until nothing it forgot can be bought again",
    },
    explained: {
      type: "string",
      value: "MODULE,…",
      help: "with --after-restore: modules that you have checked and that need no purchase",
    },
    json,
  },
  run: async ({ config, clock, terminal, values }) => {
    const explained = readModules(values.explained);
    if (explained.length > 0 && !values["after-restore"]) throw new UsageError("--explained goes with --after-restore");
    const { restore, ...found } = await withEngine({ config: config(), clock }, async (engine, databases) => {
      const compared = await (values["after-restore"] ? compareRestored(engine, explained) : compareOnly(engine));
      return { ...compared, suggestions: await suggest(databases, compared) };
    });
    if (values.json) terminal.print(JSON.stringify(listed(found, restore), null, 2));
    else terminal.print(describe(found, restore));
    const isDone = restore === null ? found.differences.length === 0 : restore.hasPassed;
    return isDone ? exitStatus.done : exitStatus.failed;
  },
});

type Found = Reconciliation & { readonly restore: RestoreProgress | null };
/** With the service that each unclaimed module may belong to. */
type Suggested = Reconciliation & { readonly suggestions: ReadonlyMap<string, Suggestion> };

/** By the module's name. */
async function suggest({ whmcs }: Databases, { reviews }: Reconciliation): Promise<ReadonlyMap<string, Suggestion>> {
  if (reviews.every(({ unclaimed }) => unclaimed.length === 0)) return new Map();
  const services = await readServiceModules(whmcs.query);
  return new Map(
    reviews.flatMap((review) =>
      [...suggestServices(sidesOf(review, services))].map(
        ([moduleId, suggestion]) => [nameModule(review.account, moduleId), suggestion] as const,
      ),
    ),
  );
}

async function compareOnly(engine: Engine): Promise<Found> {
  return { ...(await compare(engine)), restore: null };
}

async function compareRestored(engine: Engine, explained: readonly string[]): Promise<Found> {
  return await reconcileRestored(engine, { actor: nameActor(), explained });
}

function readModules(text: string | undefined): string[] {
  const ids = (text ?? "").split(",").map((id) => id.trim());
  const known = ids.filter((id) => id !== "");
  if (known.some((id) => !/^([a-z][a-z0-9]{0,15}:)?\d{1,20}$/.test(id)))
    throw new UsageError("--explained takes the numbers of modules");
  return known;
}

/** As other programs read it: ids are texts, unknown values null. */
function listed({ differences, foreign, suggestions }: Suggested, restore: RestoreProgress | null) {
  const suggested = (moduleId: string | null) => {
    const found = moduleId === null ? undefined : suggestions.get(moduleId);
    if (moduleId === null || found === undefined) return null;
    const { serviceRef, why } = found;
    return { service_id: serviceRef === null ? null : shownId(serviceRef), why, command: commandOf(moduleId, found) };
  };
  return {
    differences: differences.map(({ kind, purchaseId, lineId, moduleId, name, what }) => ({
      kind,
      purchase_id: purchaseId,
      invoice_line_id: lineId === null ? null : String(lineId),
      module_id: moduleId,
      what,
      suggestion: kind.startsWith("unclaimed") ? suggested(name) : null,
    })),
    foreign_modules: foreign.map(({ moduleId, name, licence, tariff }) => ({
      ...{ module_id: moduleId, licence, tariff, suggestion: suggested(name) },
    })),
    ...(restore === null ? {} : { restore: listedRestore(restore) }),
  };
}

/** What links the module to its service; null where that would be refused as it stands. */
function commandOf(moduleId: string, { serviceRef, isLinkable }: Suggestion): string | null {
  if (!isLinkable || serviceRef === null) return null;
  const [number, account] = moduleId.split(":").reverse();
  const where = account === undefined ? "" : ` --account ${account}`;
  return `ispmodules adopt${where} --module ${number} --service ${shownId(serviceRef)} --reason TEXT --apply`;
}

function describeSuggestion(moduleId: string | null, suggestions: Suggested["suggestions"]): string[] {
  const found = moduleId === null ? undefined : suggestions.get(moduleId);
  if (moduleId === null || found === undefined) return [];
  const command = commandOf(moduleId, found);
  return [found.why, command === null ? null : `link it: ${command}`].flatMap((said) =>
    said === null ? [] : [`    ${plain(said)}`],
  );
}

function listedRestore({ since, hasPassed, blockers, againAt }: RestoreProgress) {
  return { since, passed: hasPassed, blockers, again_at: againAt };
}

const titles: Readonly<Record<Difference["kind"], string>> = {
  paid_not_bought: "Paid and not bought",
  bought_not_paid: "Bought and not paid",
  unclaimed_marked: "Modules with a marker that the ledger does not know",
  unclaimed_same: "Modules of our licences and tariffs that belong to no purchase",
  expiry: "Terms that the account shows differently",
  auto_renewal: "Auto-renewal left on",
  rule: "Broken rules",
  unread: "Not read",
};

function describe({ differences, foreign, suggestions }: Suggested, restore: RestoreProgress | null): string {
  const groups = (Object.keys(titles) as Difference["kind"][]).flatMap((kind) => {
    const some = differences.filter((difference) => difference.kind === kind);
    const hints = (name: string | null) => (kind.startsWith("unclaimed") ? describeSuggestion(name, suggestions) : []);
    const lines = some.flatMap(({ what, name }) => [`  ${plain(what)}`, ...hints(name)]);
    return some.length === 0 ? [] : [titles[kind], ...lines];
  });
  const near = foreign.flatMap(({ name, licence, tariff }) => {
    const hints = describeSuggestion(name, suggestions);
    return hints.length === 0 ? [] : [`  module ${name} for licence ${licence}, tariff ${tariff}`, ...hints];
  });
  const others =
    foreign.length === 0 ? [] : [`${foreign.length} modules of the account are none of ours; --json lists them.`];
  const sum = differences.length === 0 ? ["WHMCS, ledger and account agree."] : groups;
  const mine = near.length === 0 ? [] : ["Modules that may belong to services of ours:", ...near];
  return [...sum, ...mine, ...others, ...(restore === null ? [] : describeRestore(restore))].join("\n");
}

function describeRestore({ since, hasPassed, blockers, againAt }: RestoreProgress): string[] {
  if (hasPassed) return ["The restored ledger may buy again: run `ispmodules buying on`."];
  const again = againAt === null ? "" : ` Run this again at ${againAt} or later.`;
  return [
    `Buying is held back since ${since}.${again}`,
    ...blockers.map((what) => `  ${plain(what)}`),
    ...(blockers.length === 0
      ? []
      : ["Settle these with `ispmodules decide`, or name modules that need no purchase with --explained."]),
  ];
}
