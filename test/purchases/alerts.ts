// Of what would a person have been told? An engine that keeps its errors, in their order.
import type { Log } from "../../src/log.ts";
import type { Engine } from "../../src/purchases/engine.ts";

/**
 * The same engine, and each error it logs as its event and what it is about (`alert.needs_operator bad_licence`), and
 * each warning.
 */
export function listenTo(engine: Engine): { engine: Engine; told: string[]; warned: string[] } {
  const told: string[] = [];
  const warned: string[] = [];
  const error: Log["error"] = (event, fields) => {
    told.push([event, fields?.reason ?? fields?.error_type ?? fields?.key ?? fields?.code].filter(Boolean).join(" "));
  };
  const warn: Log["warn"] = (event, fields) => {
    warned.push([event, fields?.module ?? fields?.kind].filter(Boolean).join(" "));
  };
  const log: Log = { debug() {}, info() {}, warn, error };
  return { engine: { ...engine, log }, told, warned };
}
