// At which moments of suspending, resuming or deleting a module is a bridge killed?
import { atRequest, atStatement, blockAccount, type Moment, strikeInMidReply } from "./kill-points.ts";
import { commitAfterInsertInto, insertInto, type Seen } from "./ledger-line.ts";

export interface StepPoint extends Moment {
  /** How often the account is asked in all when death came exactly then, and nothing else happened. */
  readonly asks: 1 | 2;
  /** What it had accepted the account does so late that a request whose answer was lost would be sent again before. */
  readonly isActedOnLate?: true;
}

const isIntended = commitAfterInsertInto("module_steps");

const insertOf = (step: string) => (seen: Seen) =>
  insertInto("module_steps")(seen) && seen.statement.includes(`'${step}'`);

/** The last three differ from those before them only in what the bridge had heard. */
export const stepPoints: readonly StepPoint[] = [
  { name: "the intent is to be committed", asks: 1, strike: atStatement(isIntended, "hold") },
  { name: "the intent is committed", asks: 1, strike: atStatement(isIntended, "deliver-and-hold") },
  { name: "a request was received", asks: 2, strike: atRequest({ kind: "hang", execution: "never" }) },
  { name: "a request was carried out", asks: 1, strike: atRequest({ kind: "hang" }) },
  { name: "an answer is to be stored", asks: 1, strike: atStatement(insertOf("accepted"), "hold") },
  {
    name: "an answer is stored",
    asks: 1,
    isActedOnLate: true,
    strike: atStatement(insertOf("accepted"), "deliver-and-hold"),
  },
  { name: "the intent was confirmed", asks: 1, strike: atStatement(isIntended, "pass", blockAccount) },
  { name: "half of a reply has arrived", asks: 1, strike: strikeInMidReply },
  { name: "what the account shows is to be stored", asks: 1, strike: atStatement(insertOf("seen"), "hold") },
];
