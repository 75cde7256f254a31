// Which tables does the ledger consist of? Times are UTC with microseconds, money is exact, dates are `YYYY-MM-DD`.
export * from "./schema/history.ts";
export * from "./schema/positions.ts";
export * from "./schema/telling.ts";
export * from "./schema/work.ts";
