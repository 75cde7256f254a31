// How are rows of a simulated table found without looking through all of them? By what stands in their columns, as by an index.

interface Index<R> {
  /** What a row is found by. */
  readonly valueIn: (row: Partial<R>) => unknown;
  readonly groups: Map<unknown, Map<string, R>>;
}

/** Rows by primary key. An index is made when it is first asked, and follows every change from then on. */
export class Table<R extends object> extends Map<string, R> {
  readonly #indexes = new Map<string, Index<R>>();

  static of<R extends object>(rows: Iterable<readonly [string, R]>): Table<R> {
    const table = new Table<R>();
    for (const [key, row] of rows) table.set(key, row);
    return table;
  }

  /** The rows that have these values, which must not be undefined. */
  where(wanted: Partial<R>): R[] {
    const columns = Object.keys(wanted) as (keyof R & string)[];
    const { valueIn, groups } = this.#indexes.get(columns.join()) ?? this.#addIndex(columns);
    const group = groups.get(valueIn(wanted));
    return group === undefined ? [] : [...group.values()];
  }

  /** The values that stand in a column. */
  distinct<C extends keyof R & string>(column: C): R[C][] {
    const { groups } = this.#indexes.get(column) ?? this.#addIndex([column]);
    return [...groups.keys()] as R[C][];
  }

  /** The rows in whose column stands this value or a smaller one; null is neither. */
  upTo<C extends keyof R & string>(column: C, highest: NonNullable<R[C]>): R[] {
    const values = this.distinct(column).filter(
      (value) => (value ?? null) !== null && (value as typeof highest) <= highest,
    );
    return values.flatMap((value) => this.where({ [column]: value } as unknown as Partial<R>));
  }

  override set(key: string, row: R): this {
    const before = this.get(key);
    for (const index of this.#indexes.values()) {
      if (before !== undefined && index.valueIn(before) !== index.valueIn(row)) leave(index, key, before);
      enter(index, key, row);
    }
    return super.set(key, row);
  }

  override delete(key: string): boolean {
    const before = this.get(key);
    if (before !== undefined) for (const index of this.#indexes.values()) leave(index, key, before);
    return super.delete(key);
  }

  override clear(): void {
    this.#indexes.clear();
    super.clear();
  }

  #addIndex(columns: readonly (keyof R & string)[]): Index<R> {
    const [only] = columns;
    const valueIn: Index<R>["valueIn"] =
      only !== undefined && columns.length === 1
        ? (row) => row[only]
        : (row) => JSON.stringify(columns.map((column) => row[column]));
    const index = { valueIn, groups: new Map() };
    for (const [key, row] of this) enter(index, key, row);
    this.#indexes.set(columns.join(), index);
    return index;
  }
}

function enter<R>({ valueIn, groups }: Index<R>, key: string, row: R): void {
  const value = valueIn(row);
  const group = groups.get(value);
  if (group === undefined) groups.set(value, new Map([[key, row]]));
  else group.set(key, row);
}

function leave<R>({ valueIn, groups }: Index<R>, key: string, row: R): void {
  const value = valueIn(row);
  const group = groups.get(value);
  group?.delete(key);
  if (group?.size === 0) groups.delete(value);
}
