// What is a customer told about a paid module, in English and Russian? Pure data.
import type { Text } from "../purchases/licence-wanted.ts";
import type { Reason } from "../purchases/state.ts";

/** What a customer is told of a purchase or a service; `paidUntil` is `YYYY-MM-DD`. */
export const texts = {
  active: (paidUntil: string | null): Text =>
    paidUntil === null
      ? { en: "The module is active.", ru: "Модуль активен." }
      : { en: `The module is active until ${paidUntil}.`, ru: `Модуль активен до ${russianDate(paidUntil)}.` },
  ended: (paidUntil: string): Text => ({
    en: `The module was paid until ${paidUntil}; it goes on when the next invoice is paid.`,
    ru: `Модуль был оплачен до ${russianDate(paidUntil)}; он продолжит работу после оплаты следующего счёта.`,
  }),
  suspended: {
    en: "The module is suspended; please ask our staff if the service is paid.",
    ru: "Модуль приостановлен; если услуга оплачена, обратитесь к нашим сотрудникам.",
  },
  deleted: {
    en: "The service has ended and the module was removed.",
    ru: "Услуга завершена, модуль удалён.",
  },
  unpaid: {
    en: "The module is ordered at ispmanager as soon as its invoice is paid.",
    ru: "Модуль будет заказан в ispmanager сразу после оплаты счёта.",
  },
  refunded: {
    en: "The payment for the module was returned.",
    ru: "Оплата за модуль возвращена.",
  },
  waiting: {
    en: "Your payment has arrived and the module is being activated; nothing needs to be done.",
    ru: "Оплата получена, модуль активируется; ничего делать не нужно.",
  },
  accepting: {
    en: "Your payment has arrived; the module is activated as soon as our staff have accepted the order.",
    ru: "Оплата получена; модуль будет активирован, как только сотрудники примут заказ.",
  },
  attention: {
    en: "Your payment has arrived; our staff are looking at the order and will see to it.",
    ru: "Оплата получена; наши сотрудники проверяют заказ и займутся им.",
  },
  nextWaiting: {
    en: "The next period is paid and is being added.",
    ru: "Следующий период оплачен и добавляется.",
  },
  nextAttention: {
    en: "The next period is paid, and our staff are looking at it.",
    ru: "Следующий период оплачен, его проверяют наши сотрудники.",
  },
} as const;

/** What is said of a purchase that waits for our staff by design. */
export const textsOfReason: Readonly<Partial<Record<Reason, Text>>> = {
  awaiting_acceptance: texts.accepting,
  new_client_hold: texts.accepting,
};

/** What is said when a licence is chosen. */
export const licenceTexts = {
  accepted: {
    en: "The licence is accepted; the module is being activated.",
    ru: "Лицензия принята; модуль активируется.",
  },
  malformed: {
    en: "A licence number has 1 to 10 digits and does not begin with 0; it stands in the panel under Licence.",
    ru: "Номер лицензии состоит из 1–10 цифр и не начинается с 0; он указан в панели в разделе «Лицензия».",
  },
  closed: {
    en: "The licence of this service can no longer be chosen here; please ask our staff.",
    ru: "Лицензию этой услуги здесь уже нельзя выбрать; обратитесь к нашим сотрудникам.",
  },
  foreign: {
    en: "This licence was not bought from us, so the module cannot be added to it.",
    ru: "Эта лицензия куплена не у нас, поэтому добавить к ней модуль нельзя.",
  },
  inactive: {
    en: "This licence is not active; please renew it first, or enter another one.",
    ru: "Эта лицензия не активна; сначала продлите её или укажите другую.",
  },
  otherEdition: {
    en: "This licence is of another edition of ispmanager than the module is for; please enter another one.",
    ru: "Эта лицензия относится к другой редакции ispmanager, чем та, для которой предназначен модуль; укажите другую.",
  },
  otherAddress: {
    en: "This licence belongs to another server address; please check number and address.",
    ru: "Эта лицензия относится к другому адресу сервера; проверьте номер и адрес.",
  },
  uncheckable: {
    en: "The licence cannot be checked at the moment; please try again in a few minutes.",
    ru: "Сейчас проверить лицензию не удаётся; попробуйте ещё раз через несколько минут.",
  },
} as const;

function russianDate(date: string): string {
  return date.split("-").reverse().join(".");
}
