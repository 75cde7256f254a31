// Which commands does `ispmodules` have? The one table; the order is that of the usage text.
import { adopt } from "./adopt.ts";
import { buying } from "./buying.ts";
import { showCatalogue } from "./catalogue.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { decide } from "./decide.ts";
import { demo } from "./demo/command.ts";
import { doctor } from "./doctor.ts";
import { forecast } from "./forecast.ts";
import { grants } from "./grants.ts";
import { importModules } from "./import-modules.ts";
import { installHooks } from "./install-hooks.ts";
import { migrate } from "./migrate.ts";
import { listModules } from "./modules.ts";
import { packageHooks } from "./package-hooks.ts";
import { showPurchase } from "./purchase.ts";
import { listPurchases } from "./purchases.ts";
import { reconcile } from "./reconcile.ts";
import { report } from "./report.ts";
import { repriceModules } from "./reprice-modules.ts";
import { serve } from "./serve.ts";
import { shadowReport } from "./shadow-report.ts";

export const commands: readonly Command[] = [
  serve,
  migrate,
  doctor,
  grants,
  installHooks,
  packageHooks,
  buying,
  listPurchases,
  showPurchase,
  decide,
  check,
  reconcile,
  adopt,
  shadowReport,
  listModules,
  importModules,
  repriceModules,
  // Behind those whose names begin with its own.
  showCatalogue,
  report,
  forecast,
  demo,
];
