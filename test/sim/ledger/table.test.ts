// Does an index of a simulated table always find what a look through all rows would find?
import fc from "fast-check";
import { expect, test } from "vitest";
import { Table } from "./table.ts";

interface Coat {
  readonly colour: string | null;
  readonly size: number;
}

const colour = fc.constantFrom("red", "blue", null);
const size = fc.nat(2);
const key = fc.constantFrom("a", "b", "c", "d");
const deed = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, row: fc.record({ colour, size }) }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("clear" as const) }),
);

test("whatever is written, deleted or cleared after an index was made", () => {
  fc.assert(
    fc.property(fc.array(deed), fc.array(deed), fc.record({ colour, size }), (before, after, wanted) => {
      const table = new Table<Coat>();
      const all = (fits: (row: Coat) => boolean) => [...table].filter(([, row]) => fits(row)).map(([, row]) => row);
      const check = () => {
        expect(sorted(table.where({ colour: wanted.colour }))).toEqual(
          sorted(all((row) => row.colour === wanted.colour)),
        );
        expect(new Set(table.distinct("size"))).toEqual(new Set(all(() => true).map((row) => row.size)));
        expect(sorted(table.upTo("colour", "blue"))).toEqual(sorted(all((row) => row.colour === "blue")));
        expect(sorted(table.where(wanted))).toEqual(
          sorted(all((row) => row.colour === wanted.colour && row.size === wanted.size)),
        );
      };
      for (const each of before) apply(table, each);
      check();
      for (const each of after) {
        apply(table, each);
        check();
      }
    }),
  );
});

type Deed = { kind: "set"; key: string; row: Coat } | { kind: "delete"; key: string } | { kind: "clear" };

function apply(table: Table<Coat>, each: Deed): void {
  if (each.kind === "set") table.set(each.key, each.row);
  else if (each.kind === "delete") table.delete(each.key);
  else table.clear();
}

function sorted(rows: readonly Coat[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
