// Which decision do the words of a person mean? Throws `UsageError` where they mean none.
import { parseAmount } from "../money.ts";
import { type Decision, decisionKinds, isReference } from "../purchases/decision.ts";
import { Refused, UsageError } from "./command.ts";
import { readUntil } from "./wait-until.ts";

interface Words {
  readonly kind: string;
  readonly parameter: string | undefined;
  readonly amount: string | undefined;
}

const parameterNames = { bind: "MODULE", refunded: "REFERENCE", wait: "UNTIL" } as const;

/** `localTime` is the zone of `wait` without an offset; any will do to check the words. */
export function readDecision({ kind, parameter, amount }: Words, localTime: (at: Date) => string): Decision {
  const known = decisionKinds.find((name) => name === kind);
  if (known === undefined) throw new UsageError(`the decision is one of ${decisionKinds.join(", ")}`);
  if (amount !== undefined && known !== "buy-again") throw new UsageError("--amount goes with buy-again");
  if (known === "buy-again" || known === "recheck") {
    if (parameter !== undefined) throw new UsageError(`unexpected word '${parameter}'`);
    return known === "recheck" ? { kind: known } : { kind: known, amount: readGivenAmount(amount) };
  }
  if (parameter === undefined) throw new UsageError(`${parameterNames[known]} is missing`);
  switch (known) {
    case "bind":
      return { kind: known, ...readModule(parameter) };
    case "refunded":
      return { kind: known, reference: readReference(parameter) };
    case "wait":
      return { kind: known, until: readEnd(parameter, localTime) };
  }
}

/** `123`, or of several accounts `ru:123`. */
function readModule(text: string): { moduleId: string; account?: string } {
  const [, account, moduleId] = /^(?:([a-z0-9]{1,16}):)?(\d{1,20})$/.exec(text) ?? [];
  if (moduleId === undefined) {
    throw new UsageError("MODULE must be the number of a module in the account, of several accounts as ru:123");
  }
  return account === undefined ? { moduleId } : { moduleId, account };
}

function readReference(text: string): string {
  if (!isReference(text)) throw new UsageError("REFERENCE must be 1 to 64 printable characters");
  return text.trim();
}

function readEnd(text: string, localTime: (at: Date) => string): Date {
  const until = readUntil(text, localTime);
  if (until === null) throw new UsageError("UNTIL must be a date such as 2026-12-01 or 2026-12-01T09:00:00");
  return until;
}

function readGivenAmount(text: string | undefined) {
  const amount = text === undefined ? null : parseAmount(text);
  if (text !== undefined && amount === null) throw new UsageError("--amount must be an amount such as 10.00");
  return amount;
}

/** What was typed when it was asked for; throws `Refused`, because the words of the command were right. */
export function readAmount(text: string): NonNullable<ReturnType<typeof parseAmount>> {
  const amount = parseAmount(text);
  if (amount === null) throw new Refused("nothing was decided, because that is no amount");
  return amount;
}

const longestReason = 1_000;

export function readReason(text: string | undefined): string | null {
  if (text === undefined) return null;
  const reason = text.trim();
  if (reason === "" || [...reason].length > longestReason)
    throw new UsageError("--reason must be 1 to 1000 characters");
  return reason;
}

export function readVersion(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError("--version must be the number of a version");
  return Number(text);
}
