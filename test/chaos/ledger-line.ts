// What passes between the bridges and their ledger, and how is it caught at one exact statement?
import { deferred } from "../../src/sandbox/account/faults.ts";
import {
  errorNumberIn,
  type Fate,
  type Line,
  startTcpProxy,
  statementIn,
  type TcpProxy,
} from "../database/tcp-proxy.ts";

/** A statement on its way, with those of its transaction before it. */
export interface Seen {
  readonly statement: string;
  readonly transaction: readonly string[];
}

export interface Trapping {
  readonly when: (seen: Seen) => boolean;
  readonly fate: Fate;
  /** Called at once when the statement stands where its fate wants it, before anything else goes on. */
  readonly onReached?: () => void;
}

/** A trap for one statement: it fires once. */
export interface Trap {
  fired(): number;
  /** The statement was held back or lost; where it was delivered, the server has answered it. */
  readonly reached: Promise<void>;
}

export interface LedgerLine extends Pick<TcpProxy, "urlOf" | "release" | "cutAll" | "leadTo" | "close"> {
  trap(trapping: Trapping): Trap;
  /** Removes the traps that have not fired. */
  disarm(): void;
  /** How often the server has answered with this error. */
  errors(number: number): number;
}

interface Armed extends Trapping {
  fired: number;
  readonly reach: () => void;
}

/** Stands before the ledger's server. */
export async function openLedgerLine(url: string): Promise<LedgerLine> {
  const proxy = await startTcpProxy(url);
  const transactions = new WeakMap<Line, string[]>();
  const answering = new WeakMap<Line, Armed>();
  const errors = new Map<number, number>();
  let traps: Armed[] = [];
  proxy.decide((bytes, line) => {
    const statement = statementIn(bytes);
    if (statement === null) return "pass";
    const transaction = rememberTransaction(transactions, line, statement);
    const trap = traps.find(({ fired, when }) => fired === 0 && when({ statement, transaction }));
    if (trap === undefined) return "pass";
    trap.fired += 1;
    if (trap.fate === "hold" || trap.fate === "cut") trap.reach();
    else answering.set(line, trap);
    return trap.fate;
  });
  proxy.decideAnswers((bytes, line) => {
    const error = errorNumberIn(bytes);
    if (error !== null) errors.set(error, (errors.get(error) ?? 0) + 1);
    answering.get(line)?.reach();
    answering.delete(line);
    return bytes.length;
  });
  return {
    ...proxy,
    trap: (trapping) => {
      const { promise: reached, resolve } = deferred<void>();
      const reach = () => {
        trapping.onReached?.();
        resolve();
      };
      const trap: Armed = { ...trapping, fired: 0, reach };
      traps.push(trap);
      return { fired: () => trap.fired, reached };
    },
    disarm: () => {
      traps = [];
    },
    errors: (number) => errors.get(number) ?? 0,
  };
}

/** The statements of the line's open transaction before this one. */
function rememberTransaction(transactions: WeakMap<Line, string[]>, line: Line, statement: string): string[] {
  const before = transactions.get(line) ?? [];
  const isBegin = statement === "START TRANSACTION";
  if (isBegin || before.length > 0) transactions.set(line, statement === "COMMIT" ? [] : [...before, statement]);
  return isBegin ? [] : before;
}

/** The statement that begins so. */
export const beginning = (text: string) => (seen: Seen) => seen.statement.startsWith(text);

/** The insert into one of our tables. */
export const insertInto = (table: string) => beginning(`insert into \`mod_ispmodules_${table}\``);

/** The COMMIT of a transaction that has written to one of our tables. */
export const commitAfterInsertInto = (table: string) => (seen: Seen) =>
  seen.statement === "COMMIT" && seen.transaction.some((statement) => insertInto(table)({ ...seen, statement }));
