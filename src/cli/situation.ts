// What does a person see before deciding: where the purchase stands, what was read now, and what the decision will do?
import type { SeenModule } from "../purchases/action.ts";
import type { AccountReading, Decision, LineReading, Situation } from "../purchases/decision.ts";
import { reasonTexts, stateTexts } from "../purchases/reasons.ts";
import { nameOfRef } from "../whmcs/service-ref.ts";
import { formatAmount, plain } from "./terminal.ts";

export function describeSituation({ purchase, attempt, answer, line, account }: Situation): string {
  const { id, state, reason, version, licence, tariff, period } = purchase;
  const meaning = reason === null ? stateTexts[state] : reasonTexts[reason].what;
  const paidFor = period === null ? "no period known" : `from ${period.start}, months: ${period.months}`;
  const sent =
    attempt === null
      ? "Nothing was ever sent."
      : `Sent: ${attempt.action}, marker ${attempt.marker}, on ${attempt.madeOn}; answer: ${answer?.kind ?? "none"}.`;
  return [
    `Purchase ${id}, version ${version}: ${state}${reason === null ? "" : ` (${reason})`}. ${meaning}`,
    `Licence ${licence ?? "-"}, tariff ${tariff ?? "-"}, ${paidFor}. ${sent}`,
    describeLine(line),
    ...describeAccount(account),
  ]
    .map(plain)
    .join("\n");
}

function describeLine(line: LineReading): string {
  if (line.kind === "unreadable") return "WHMCS cannot be read now.";
  if (line.kind === "gone") return "WHMCS no longer has the invoice line, its service or its product.";
  const { judgement, cost } = line;
  const found = "reason" in judgement ? `: ${judgement.reason}` : "";
  const allowed = judgement.kind === "go" ? "and the line can be bought" : `and the line cannot be bought${found}`;
  const price = cost.kind === "unknown" ? "" : ` for ${formatAmount(cost.cost)} ${cost.currency}`;
  return `WHMCS now: the invoice is ${line.invoiceStatus}, ${allowed}${price}.`;
}

function describeAccount(account: AccountReading): string[] {
  if (account.kind === "unreadable") return [`The account cannot be read now: ${JSON.stringify(account.detail)}.`];
  if (account.kind === "several") return [`Several accounts show this module: ${account.accounts.join(", ")}.`];
  if (account.kind === "nothing-to-look-for") return ["The account was not searched: no licence or tariff is known."];
  const { seen, bound, verdict, cart } = account;
  const { modules, unresolved } = seen;
  const rows = modules.map((module) => {
    const other = bound.find(({ moduleId }) => moduleId === module.id);
    if (other === undefined) return `  ${describeModule(module)}`;
    const whose = other.purchaseId === null ? nameOfRef(other.serviceRef) : `purchase ${other.purchaseId}`;
    return `  ${describeModule(module)}; pays for ${whose} until ${other.newestExpiry}`;
  });
  return [
    `${account.name === "main" ? "The account" : `The account ${account.name}`} now, licence ${account.licence}, tariff ${account.tariff}: ${modules.length === 0 ? "no module" : "modules"}`,
    ...rows,
    ...(unresolved.length === 0 ? [] : [`  may also be of this licence and tariff: ${unresolved.join(", ")}`]),
    ...(verdict === null ? [] : [`  of what was sent it shows: ${verdict.kind}`]),
    ...(cart === null ? [] : [`  the cart: ${cartTexts[cart]}`]),
  ];
}

const cartTexts = {
  "in-cart": "may hold it",
  "not-in-cart": "does not hold it",
  refused: "is not shown to us",
  unreadable: "could not be read",
} as const;

const statusTexts: ReadonlyMap<number, string> = new Map([
  [1, "ordered"],
  [2, "active"],
  [3, "suspended"],
  [4, "deleted"],
  [5, "in processing"],
]);

function describeModule({ id, status, createdOn, expiresOn, remoteid }: SeenModule): string {
  const standing = status === null ? "status not known" : (statusTexts.get(status) ?? `status ${status}`);
  const marker = remoteid === null || remoteid === "" ? "" : `, marker ${remoteid}`;
  return `module ${id}: ${standing}, created ${createdOn ?? "-"}, until ${expiresOn ?? "-"}${marker}`;
}

/** What an allowed decision will do. */
export function describeEffect({ purchase, line }: Situation, decision: Decision): string {
  switch (decision.kind) {
    case "bind":
      return `Module ${decision.moduleId} will pay for this purchase; it becomes Purchased once the module is seen active.`;
    case "buy-again": {
      const cost = line.kind === "read" && line.cost.kind === "known" ? line.cost : null;
      const price = cost === null ? "" : ` for ${formatAmount(cost.cost)} ${cost.currency}`;
      return `It will be sent a second and last time${price}, after every check was made once more.`;
    }
    case "recheck":
      return "Every check will be made again, and what passes them is bought.";
    case "refunded": {
      const rest = purchase.sends > 0 ? " What was sent may have cost something at the account all the same." : "";
      return plain(`It will be settled as Refunded, reference ${decision.reference}, and not be bought.${rest}`);
    }
    case "wait":
      return `Nothing will look at it, and no alarm count it, until ${decision.until.toISOString()}.`;
  }
}
