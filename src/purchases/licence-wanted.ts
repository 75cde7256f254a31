// Which purchases wait for the customer to name a right licence, and what is the customer told then?
import type { Purchase } from "./purchase.ts";

/** One text in the languages of the customers' pages. */
export interface Text {
  readonly en: string;
  readonly ru: string;
}

type LicenceReason = "missing_licence" | "bad_licence" | "licence_not_ours";

export const licenceWanted: Readonly<Record<LicenceReason, Text>> = {
  missing_licence: {
    en: "Your payment has arrived; please enter the number of your ispmanager licence, so that the module can be activated.",
    ru: "Оплата получена; укажите номер вашей лицензии ispmanager, чтобы модуль можно было активировать.",
  },
  bad_licence: {
    en: "Your payment has arrived, but the licence given is not a licence number; please correct it.",
    ru: "Оплата получена, но указанная лицензия не является номером лицензии; исправьте её, пожалуйста.",
  },
  licence_not_ours: {
    en: "Your payment has arrived, but the licence given was not bought from us; please enter one that was.",
    ru: "Оплата получена, но указанная лицензия куплена не у нас; укажите лицензию, купленную у нас.",
  },
};

const isLicenceReason = (reason: string | null): reason is LicenceReason => reason !== null && reason in licenceWanted;

/** Why the purchase rests for want of a right licence, when nothing of it was sent and so another may be chosen; else null. */
export function licenceReasonOf({ state, reason, sends }: Purchase): LicenceReason | null {
  return state === "NeedsOperator" && sends === 0 && isLicenceReason(reason) ? reason : null;
}
