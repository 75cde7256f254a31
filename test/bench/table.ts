// What does a reader of the figures see? One Markdown table, printed after everything else.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import type { TestCase, TestModule } from "vitest/node";

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** As the reader sees it, e.g. `≥ 0.70`; empty where nothing was promised. */
  readonly goal: string;
  /** `reached`, or by how much it was missed; empty without a goal. */
  readonly result: string;
}

declare module "vitest" {
  interface TaskMeta {
    rows?: Row[];
  }
}

/** Whether `value` is as large as it must be, and if not, by how much it falls short; `why` says what costs it. */
export function atLeast(value: number, goal: number, why: string): Pick<Row, "goal" | "result"> {
  const result = value >= goal ? "reached" : `missed by ${(goal - value).toFixed(2)}: ${why}`;
  return { goal: `≥ ${goal.toFixed(2)}`, result };
}

/** Whether `value` stays below its bound, and if not, by how much it is above. */
export function below(
  value: number,
  bound: number,
  { unit, why }: { unit: string; why: string },
): Pick<Row, "goal" | "result"> {
  const result = value < bound ? "reached" : `missed by ${group(value - bound)} ${unit}: ${why}`;
  return { goal: `< ${group(bound)} ${unit}`, result };
}

export const noGoal = { goal: "", result: "" } as const;

/** A whole number with its thousands apart. */
export function group(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Collects the rows that the measurements left behind, and prints them when all have run. */
export class TableReporter {
  readonly #rows: Row[] = [];

  onTestCaseResult(test: TestCase): void {
    this.#rows.push(...(test.meta().rows ?? []));
  }

  onTestRunEnd(_modules: readonly TestModule[]): void {
    const lines = this.#rows.map(
      ({ what, measured, goal, result }) => `| ${what} | ${measured} | ${goal} | ${result} |`,
    );
    console.log(
      ["", "| what | measured | goal | result |", "| --- | --- | --- | --- |", ...lines, "", describeMachine()].join(
        "\n",
      ),
    );
  }
}

function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim().replace(/\s+/g, " ") ?? "unknown processor";
  return `Node ${process.versions.node}, ${describeServer()}, ${cores.length} cores (${model}), everything on this one machine.`;
}

function describeServer(): string {
  try {
    const text = execFileSync("mariadbd", ["--version"], { encoding: "utf8" });
    return `MariaDB ${/Ver ([\d.]+)/.exec(text)?.[1] ?? "of unknown version"}`;
  } catch {
    return "MariaDB";
  }
}
