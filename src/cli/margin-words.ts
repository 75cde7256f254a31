// Which margin and which kind of price do the words `--margin 30% --round 0.99` ask for?
import type { Wanted } from "../catalogue/margin.ts";
import { UsageError } from "./command.ts";

export const marginOptions = {
  margin: {
    type: "string",
    value: "PER CENT",
    help: "what a price is above its cost, in per cent of the cost, e.g. 30%",
  },
  round: {
    type: "string",
    value: "ENDING",
    help: "round up to the next price that ends so, e.g. 0.99; without it to the next cent",
  },
} as const;

export const taxNote = "Prices are as they stand in WHMCS: where they contain tax, add it to --margin.";

/** Throws `UsageError`; `initial` is the margin when none is given, null when one must be. */
export function readWanted(values: { margin?: string; round?: string }, initial: string | null): Wanted {
  const { margin = initial, round } = values;
  if (margin === null) throw new UsageError("--margin is missing, e.g. --margin 30%");
  const percent = /^(\d{1,4}(?:\.\d{1,2})?)%?$/.exec(margin)?.[1];
  if (percent === undefined) throw new UsageError("--margin takes per cent of the cost, e.g. 30% or 12.5%");
  if (round === undefined) return { margin: percent, ending: null };
  if (!/^0?\.\d{1,2}$/.test(round)) throw new UsageError("--round takes an ending below one, e.g. 0.99 or 0.50");
  return { margin: percent, ending: `0${round.replace(/^0/, "")}` };
}
