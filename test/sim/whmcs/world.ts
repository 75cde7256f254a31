// What do the actions of the simulated WHMCS have in common?
import type { Tables } from "./tables.ts";

export interface World {
  readonly tables: Tables;
  /** WHMCS local `YYYY-MM-DD HH:MM:SS`. */
  readonly now: () => string;
  /** WHMCS local `YYYY-MM-DD`. */
  readonly today: () => string;
}
