// What can the purchase engine ask of its ledger? Every statement on our tables, bound to one database.
import type { Database } from "../../database/connection.ts";
import type { NewPurchase, Purchase } from "../purchase.ts";
import * as accounts from "./accounts.ts";
import { adoptModule, listAdoptions } from "./adoptions.ts";
import * as announcements from "./announcements.ts";
import { readBooks } from "./books.ts";
import { type Change, changePurchase } from "./change.ts";
import { type ClaimRequest, claimPurchase } from "./claim.ts";
import { createEventWriter } from "./event-writer.ts";
import * as evidence from "./evidence.ts";
import * as find from "./find.ts";
import * as forecast from "./forecast.ts";
import { exceedsCaps, hasEarlierUnsettled, readFence } from "./guards.ts";
import { listHoldings } from "./holdings.ts";
import * as inbox from "./inbox.ts";
import * as messages from "./messages.ts";
import * as moduleSteps from "./module-steps.ts";
import * as precautions from "./precautions.ts";
import * as priceList from "./price-list.ts";
import * as queue from "./queue.ts";
import { recordPurchase } from "./record.ts";
import * as switches from "./switches.ts";

type Tail<F> = F extends (database: Database, ...rest: infer R) => infer T ? (...rest: R) => T : never;

/** The port of the purchase engine; each function is documented where it is written. */
export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(database: Database) {
  const on = <F extends (database: Database, ...rest: never[]) => unknown>(statement: F): Tail<F> =>
    ((...rest: never[]) => statement(database, ...rest)) as Tail<F>;
  return {
    storeEvent: createEventWriter(database),
    listOpenEvents: on(inbox.listOpenEvents),
    closeEvent: on(inbox.closeEvent),
    postponeEvent: on(inbox.postponeEvent),
    newestEventAgeSeconds: on(inbox.newestEventAgeSeconds),

    record: (purchase: NewPurchase, actor: string) => recordPurchase(database, purchase, actor),
    change: (before: Purchase, change: Change) => changePurchase(database, before, change),
    claim: (request: ClaimRequest) => claimPurchase(database, request),
    readFence: (key: { purchase: Pick<Purchase, "id">; licence: string; tariff: string }) =>
      readFence(database.query, key),
    hasEarlierUnsettled: (purchase: Purchase) => hasEarlierUnsettled(database.query, purchase),
    exceedsCaps: (wanted: Pick<ClaimRequest, "account" | "cost" | "limits">) => exceedsCaps(database.query, wanted),

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

    readBooks: on(readBooks),
    listHoldings: on(listHoldings),
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
