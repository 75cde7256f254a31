// Which purchases wait for the customer to name a right licence, and what is the customer told then?
import type { LicenceProblem } from "./licences/judge.ts";
import type { Purchase } from "./purchase.ts";

/** One text in the languages of the customers' pages. */
export interface Text {
  readonly en: string;
  readonly ru: string;
}

type LicenceReason = "missing_licence" | "bad_licence" | LicenceProblem;

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
  licence_inactive: {
    en: "Your payment has arrived, but the licence given is not active; please enter one that is, or renew it.",
    ru: "Оплата получена, но указанная лицензия не активна; укажите активную лицензию или продлите эту.",
  },
  licence_ip: {
    en: "Your payment has arrived, but the licence given is for another server address; please enter the licence of this server.",
    ru: "Оплата получена, но указанная лицензия относится к другому адресу сервера; укажите лицензию этого сервера.",
  },
  licence_edition: {
    en: "Your payment has arrived, but the module is for another edition of ispmanager than the licence given; please enter a licence of the right edition, or ask our staff for the right module.",
    ru: "Оплата получена, но модуль предназначен для другой редакции ispmanager, чем указанная лицензия; укажите лицензию нужной редакции или попросите сотрудников подобрать подходящий модуль.",
  },
};

const isLicenceReason = (reason: string | null): reason is LicenceReason => reason !== null && reason in licenceWanted;

/** Why the purchase rests for want of a right licence, when nothing of it was sent and so another may be chosen; else null. */
export function licenceReasonOf({ state, reason, sends }: Purchase): LicenceReason | null {
  return state === "NeedsOperator" && sends === 0 && isLicenceReason(reason) ? reason : null;
}
