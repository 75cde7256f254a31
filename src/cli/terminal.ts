// How does the command line speak with the person or program that called it?
import { createInterface } from "node:readline/promises";
import type { Decimal } from "../money.ts";

export interface Terminal {
  /** One line, or several, on stdout. */
  print(text: string): void;
  /** The same on stderr. */
  warn(text: string): void;
  /** Somebody can be asked. */
  readonly isInteractive: boolean;
  /** True only for a typed `y` or `yes`. */
  ask(question: string): Promise<boolean>;
  /** One line as typed, without the spaces around it; empty when nothing was. */
  read(question: string): Promise<string>;
}

export function openTerminal({ stdin, stdout, stderr }: NodeJS.Process): Terminal {
  const read = async (question: string) => {
    const lines = createInterface({ input: stdin, output: stderr });
    // The end of the input is no answer.
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(`${question} `), ended]);
    lines.close();
    return answer.trim();
  };
  return {
    print: (text) => stdout.write(`${text}\n`),
    warn: (text) => stderr.write(`${text}\n`),
    isInteractive: stdin.isTTY === true,
    // No answer is no.
    ask: async (question) => /^y(es)?$/i.test(await read(`${question} [y/N]`)),
    read,
  };
}

/** Text from a database without the control characters that would steer the terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
}

/** An amount with at least two decimals and no zeros behind them: `10.0000` is `10.00`, `118` is `118.00`. */
export function formatAmount(amount: Decimal): Decimal {
  const [whole = "", decimals = ""] = amount.split(".");
  return `${whole}.${decimals.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** Columns aligned under their headings; a value that is not known is shown as `-`. */
export function formatTable(headings: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => (cell === null || cell === "" ? "-" : plain(cell))))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? "")].length)));
  const pad = (cell: string, width: number) => cell + " ".repeat(width - [...cell].length);
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
