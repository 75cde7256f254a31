// What does a simulated life buy with? The ledger's port over rows in memory, with the real one's conflicts and rollbacks.
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import * as accounts from "./accounts.ts";
import { adoptModule, listAdoptions } from "./adoptions.ts";
import * as announcements from "./announcements.ts";
import * as books from "./books.ts";
import { change } from "./change.ts";
import { claim } from "./claim.ts";
import * as evidence from "./evidence.ts";
import * as find from "./find.ts";
import * as forecast from "./forecast.ts";
import { isAboveCaps, isEarlierUnsettled, readFence } from "./guards.ts";
import * as inbox from "./inbox.ts";
import type { Line } from "./line.ts";
import * as messages from "./messages.ts";
import * as moduleSteps from "./module-steps.ts";
import * as precautions from "./precautions.ts";
import * as priceList from "./price-list.ts";
import * as queue from "./queue.ts";
import { record } from "./record.ts";
import { createServer, type Server } from "./server.ts";
import type { LedgerStore } from "./store.ts";
import * as switches from "./switches.ts";

type Tail<F> = F extends (server: Server, ...rest: infer R) => infer T ? (...rest: R) => T : never;

/** The ledger as one process has it: its own line, and a store that all of them share and that outlives them. */
export function createSimulatedLedger(store: LedgerStore, line: Line): Ledger {
  const server = createServer(store, line);
  const on = <F extends (server: Server, ...rest: never[]) => unknown>(call: F): Tail<F> =>
    ((...rest: never[]) => call(server, ...rest)) as Tail<F>;
  return {
    storeEvent: on(inbox.storeEvent),
    listOpenEvents: on(inbox.listOpenEvents),
    closeEvent: on(inbox.closeEvent),
    postponeEvent: on(inbox.postponeEvent),
    newestEventAgeSeconds: on(inbox.newestEventAgeSeconds),

    record: on(record),
    change: on(change),
    claim: on(claim),
    readFence: on(readFence),
    hasEarlierUnsettled: (purchase) => server.read("hasEarlierUnsettled", () => isEarlierUnsettled(store, purchase)),
    exceedsCaps: (wanted) => server.read("exceedsCaps", () => isAboveCaps(server, wanted)),

    takeDue: on(queue.takeDue),
    postpone: on(queue.postpone),
    wake: on(queue.wake),
    firstAwaitingBalance: on(queue.firstAwaitingBalance),
    takeTurn: on(queue.takeTurn),
    giveTurnBack: on(queue.giveTurnBack),
    takeWriteBack: on(queue.takeWriteBack),
    finishWriteBack: on(queue.finishWriteBack),
    postponeWriteBack: on(queue.postponeWriteBack),

    listUntoldCauses: on(messages.listUntoldCauses),
    listLongWaits: on(messages.listLongWaits),
    listUnfinished: on(messages.listUnfinished),
    beginMessage: on(messages.beginMessage),
    endMessage: on(messages.endMessage),

    announceExpired: on(announcements.announceExpired),
    announcesSince: on(announcements.announcesSince),
    takeAnnouncement: on(announcements.takeAnnouncement),
    finishAnnouncement: on(announcements.finishAnnouncement),
    postponeAnnouncement: on(announcements.postponeAnnouncement),
    listUnheard: on(announcements.listUnheard),

    takeModuleStep: on(moduleSteps.takeModuleStep),
    listModuleSteps: on(moduleSteps.listModuleSteps),
    listRefusedChanges: on(moduleSteps.listRefusedChanges),
    listOwnedModules: on(moduleSteps.listOwnedModules),
    listWanting: on(moduleSteps.listWanting),

    newestAttempt: on(evidence.newestAttempt),
    readOutcome: on(evidence.readOutcome),
    newestOutcome: on(evidence.newestOutcome),
    recordObservation: on(evidence.recordObservation),
    listObservations: on(evidence.listObservations),
    listBindings: on(evidence.listBindings),
    listModulesStillPaid: on(evidence.listModulesStillPaid),
    adoptModule: on(adoptModule),
    listAdoptions: on(listAdoptions),
    listHeldOfLicence: on(accounts.listHeldOfLicence),
    listAccountsOf: on(accounts.listAccountsOf),
    listAccountsBeside: on(accounts.listAccountsBeside),
    listServicesAt: on(accounts.listServicesAt),

    findByLines: on(find.findByLines),
    findByInvoice: on(find.findByInvoice),
    findByService: on(find.findByService),
    findPurchase: on(find.findPurchase),
    listPurchases: on(find.listPurchases),
    countByState: on(find.countByState),
    readHistory: on(find.readHistory),
    readClock: on(find.readClock),

    readBooks: on(books.readBooks),
    listHoldings: on(books.listHoldings),
    readKnownBreaches: on(precautions.readKnownBreaches),
    rememberBreaches: on(precautions.rememberBreaches),
    readRestore: on(precautions.readRestore),
    throwRestore: on(precautions.throwRestore),
    keepRestoreLook: on(precautions.keepRestoreLook),
    clearRestore: on(precautions.clearRestore),

    readBuying: on(switches.readBuying),
    readBuyingOrigin: on(switches.readBuyingOrigin),
    setBuying: on(switches.setBuying),
    stopBuying: on(switches.stopBuying),
    readPause: on(switches.readPause),
    pauseAccount: on(switches.pauseAccount),
    takeProbe: on(switches.takeProbe),
    resumeAccount: on(switches.resumeAccount),
    isRenewalFormProven: on(switches.isRenewalFormProven),
    proveRenewalForm: on(switches.proveRenewalForm),

    keepForecast: on(forecast.keepForecast),
    readForecast: on(forecast.readForecast),

    loadCatalogue: on(priceList.loadCatalogue),
    keepCatalogue: on(priceList.keepCatalogue),
  };
}
