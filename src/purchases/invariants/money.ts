// Was anything bought twice, or might it have been? I1, I2, I4 to I7 over the books. Pure.
import { compareMoney, isDecimal } from "../../money.ts";
import type { BookedAttempt, BookedBinding, BookedPurchase } from "../ledger/books.ts";
import { overlaps, type Period } from "../period.ts";
import { isUnresolved, type State } from "../state.ts";
import type { Breach, RuleId } from "./breach.ts";
import { type File, mayHaveActed, wasBoundByPerson, wasDecidedBetween } from "./file.ts";

const breach = (id: RuleId, subject: string, what: string): Breach => ({ id, key: `${id}:${subject}`, what });

/** I1: the right to a period is held once; whoever buys holds it, unless a person bound the row to a term by hand. */
export function checkPeriods(files: readonly File[]): Breach[] {
  const holders = new Map<string, BookedPurchase[]>();
  for (const { purchase } of files) {
    const { periodKey, serviceRef } = purchase;
    if (periodKey === null) continue;
    const group = holders.get(serviceRef);
    if (group === undefined) holders.set(serviceRef, [purchase]);
    else group.push(purchase);
  }
  const shared = [...holders.values()]
    .flatMap(pairsOf)
    .filter(([one, other]) => sharesDays(one, other))
    .map(([one, other]) =>
      breach("I1", `${one.id}+${other.id}`, `purchases ${one.id} and ${other.id} may buy the same period`),
    );
  return [...shared, ...files.flatMap(checkRight)];
}

function sharesDays(a: BookedPurchase, b: BookedPurchase): boolean {
  const [first, second] = [periodOf(a), periodOf(b)];
  return a.periodKey === b.periodKey || (first !== null && second !== null && overlaps(first, second));
}

function periodOf({ periodStart, periodMonths }: BookedPurchase): Period | null {
  return periodStart === null || periodMonths === null ? null : { start: periodStart, months: periodMonths };
}

function checkRight(file: File): Breach[] {
  const { id, state, periodKey, serviceRef, periodStart } = file.purchase;
  if (periodKey !== null && periodKey !== `${serviceRef}:${periodStart}`) {
    return [breach("I1", id, `purchase ${id} holds the right to another period than its own`)];
  }
  const isBuying = ["Sending", "Unknown", "Ordered", "Purchased"].includes(state);
  if (periodKey !== null || !isBuying || wasBoundByPerson(file)) return [];
  return [breach("I1", id, `purchase ${id} is ${state} without the right to its period`)];
}

/** I2, I4, I6 and I7 of one purchase, and whether it blocks others as long as it should (I5). */
export function checkMoney(file: File): Breach[] {
  return [
    ...checkAccepted(file),
    ...checkAttempts(file),
    ...checkBlocking(file),
    ...checkTerm(file),
    ...checkCosts(file),
  ];
}

function checkAccepted(file: File): Breach[] {
  const { id } = file.purchase;
  const accepted = file.attempts.filter(({ n }) => file.outcomes.get(n) === "accepted");
  const twice = pairsOf(accepted).filter(([first, second]) => !wasDecidedBetween(file, first, second));
  return twice.length === 0 ? [] : [breach("I2", id, `purchase ${id} had ${accepted.length} requests accepted`)];
}

function checkAttempts(file: File): Breach[] {
  const { id, sends } = file.purchase;
  const open = file.attempts.filter((attempt) => mayHaveActed(file, attempt));
  const rash = pairsOf(file.attempts).find(
    ([first, second]) => mayHaveActed(file, first) && !wasDecidedBetween(file, first, second),
  );
  const what =
    rash !== undefined
      ? `attempt ${rash[1].n} of purchase ${id} was made while attempt ${rash[0].n} may have taken effect`
      : sends > 2
        ? `purchase ${id} was sent ${sends} times`
        : open.length > sends
          ? `purchase ${id} counts ${sends} sends, and ${open.length} attempts may have taken effect`
          : null;
  return what === null ? [] : [breach("I4", id, what)];
}

function pairsOf<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((first, at) => items.slice(at + 1).map((second) => [first, second] as const));
}

/** A row taken over from staff, or bound by a person, had no attempt that others must wait for. */
function checkBlocking(file: File): Breach[] {
  const { id, state, reason, sends, inflightKey } = file.purchase;
  const isOwnOrder = state === "Ordered" && reason === null && !wasBoundByPerson(file);
  if (inflightKey === null) {
    const mustBlock = state === "Sending" || state === "Unknown" || isOwnOrder;
    return mustBlock
      ? [breach("I5", id, `purchase ${id} is ${state} and does not keep others from the same thing`)]
      : [];
  }
  if (isUnresolved(state as State, sends)) return [];
  return [breach("I5", id, `purchase ${id} is ${state} and still keeps others from the same thing`)];
}

function checkTerm({ purchase, bindings }: File): Breach[] {
  const { id, state, remoteServiceId } = purchase;
  if (state !== "Ordered" && state !== "Purchased") return [];
  const [binding, ...more] = bindings;
  if (binding === undefined || more.length > 0) {
    return [breach("I6", id, `purchase ${id} is ${state} and ${bindings.length} terms pay for it`)];
  }
  if (binding.remoteServiceId === remoteServiceId) return [];
  return [breach("I6", id, `purchase ${id} is bound to module ${binding.remoteServiceId} and names another`)];
}

function checkCosts({ purchase: { id }, attempts }: File): Breach[] {
  const isSound = ({ cost, currency }: BookedAttempt) =>
    cost === null ? currency === null : currency !== null && isDecimal(cost) && compareMoney(cost, "0") >= 0;
  const odd = attempts.find((attempt) => !isSound(attempt));
  return odd === undefined ? [] : [breach("I7", id, `attempt ${odd.n} of purchase ${id} has no exact cost`)];
}

/** I5 over all purchases given. */
export function checkSharedKeys(purchases: readonly BookedPurchase[]): Breach[] {
  const keys = purchases.flatMap(({ inflightKey }) => inflightKey ?? []);
  return repeated(keys).map((key) => breach("I5", key, `several purchases have an unresolved attempt for ${key}`));
}

/** I6 over all terms given. */
export function checkSharedTerms(bindings: readonly BookedBinding[]): Breach[] {
  const terms = bindings.map(
    ({ account, remoteServiceId, expiryAfter }) => `${account}:${remoteServiceId}:${expiryAfter}`,
  );
  return repeated(terms).map((term) => breach("I6", term, `several purchases are paid by the term ${term}`));
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(texts.filter((text) => seen.has(text) || !seen.add(text)))];
}
