// Which WHMCS do the shops of this run come from? Some files are played over several.
import { inject } from "vitest";
import type { Shape } from "../src/sandbox/shop/table.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Left out: 8.13. */
    shopShape?: Shape;
    /** Root URL of a server that WHMCS has for itself; left out: it shares the run's. */
    shopRootUrl?: string;
  }
}

/** The shape that the run asks for. */
export function shapeOfRun(): Shape {
  return inject("shopShape") ?? { release: "8.13" };
}
