// What does a customer's browser see when Buy cannot simply lead to the cart?
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Language } from "./languages.ts";

export interface Link {
  readonly address: string;
  readonly text: string;
}

export type PageName =
  | "nothing_asked"
  | "unknown_module"
  | "bad_licence"
  | "bad_ip"
  | "unfit_licence"
  | "choose_module"
  | "no_catalogue"
  | "busy"
  | "wrong_method"
  | "bad_request"
  | "failed";

interface PageText {
  readonly title: string;
  readonly advice: string;
}

const style =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem;color:#222;background:#fff}" +
  "h1{font-size:1.5rem}a{color:#0b57d0}li{margin:.5rem 0}";

const styleHash = createHash("sha256").update(style).digest("base64");

/** Headers of every page: nothing but its own style may run, load or frame it, and nobody stores it. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  vary: "accept-language",
};

const texts: Readonly<Record<Language, Readonly<Record<PageName, PageText>>>> = {
  en: {
    nothing_asked: {
      title: "Nothing was asked for",
      advice:
        "This address is opened by the Buy button of ispmanager. Choose a module in the panel and press Buy there.",
    },
    unknown_module: {
      title: "This module is not on sale",
      advice:
        "Reload the list of modules in ispmanager and press Buy again. If the module is still offered there, write to your provider's support.",
    },
    bad_licence: {
      title: "The licence number is missing or malformed",
      advice:
        "Press Buy in ispmanager once more instead of opening a saved link. If it does not help, update the licence information in the panel or write to your provider's support.",
    },
    bad_ip: {
      title: "The IP address is malformed",
      advice:
        "Press Buy in ispmanager once more instead of opening a saved link. If it does not help, write to your provider's support.",
    },
    unfit_licence: {
      title: "This module cannot be added to this licence",
      advice:
        "Nothing was ordered. Check in the panel that the licence number and the server's address are right and that the licence is active, update the licence information there and press Buy again. If you got or changed the licence just now, wait a minute first. If it does not help, ask your provider whether the licence is theirs and whether the module fits its edition.",
    },
    choose_module: {
      title: "Which module would you like to buy?",
      advice: "Several products fit. Choose one to put it into the cart:",
    },
    no_catalogue: {
      title: "The shop cannot be reached right now",
      advice: "Nothing was ordered. Please try again in a minute.",
    },
    busy: {
      title: "Too many customers at once",
      advice: "Nothing was ordered. Please try again in a few seconds.",
    },
    wrong_method: {
      title: "This address is only for opening and for forms",
      advice: "Choose a module in ispmanager and press Buy there.",
    },
    bad_request: {
      title: "The request could not be read",
      advice: "Choose a module in ispmanager and press Buy there.",
    },
    failed: {
      title: "Something went wrong on our side",
      advice: "Nothing was ordered. Please try again; if it happens again, send this number to support:",
    },
  },
  ru: {
    nothing_asked: {
      title: "Здесь пока нечего показать",
      advice: "Этот адрес открывает кнопка «Купить» в ispmanager. Выберите модуль в панели и нажмите её там.",
    },
    unknown_module: {
      title: "Этот модуль не продаётся",
      advice:
        "Обновите список модулей в ispmanager и снова нажмите «Купить». Если модуль там по-прежнему есть, напишите в поддержку своего провайдера.",
    },
    bad_licence: {
      title: "Номер лицензии не указан или указан неверно",
      advice:
        "Нажмите «Купить» в ispmanager ещё раз, не открывая сохранённую ссылку. Если не поможет, обновите сведения о лицензии в панели или напишите в поддержку своего провайдера.",
    },
    bad_ip: {
      title: "IP-адрес указан неверно",
      advice:
        "Нажмите «Купить» в ispmanager ещё раз, не открывая сохранённую ссылку. Если не поможет, напишите в поддержку своего провайдера.",
    },
    unfit_licence: {
      title: "Этот модуль нельзя добавить к этой лицензии",
      advice:
        "Ничего не заказано. Проверьте в панели номер лицензии и адрес сервера, а также активна ли лицензия, обновите там сведения о лицензии и снова нажмите «Купить». Если лицензия получена или изменена только что, подождите минуту. Если не поможет, узнайте у своего провайдера, у него ли куплена лицензия и подходит ли модуль к её редакции.",
    },
    choose_module: {
      title: "Какой модуль вы хотите купить?",
      advice: "Подходит несколько товаров. Выберите тот, который нужно положить в корзину:",
    },
    no_catalogue: {
      title: "Магазин сейчас недоступен",
      advice: "Ничего не заказано. Попробуйте ещё раз через минуту.",
    },
    busy: {
      title: "Слишком много покупателей одновременно",
      advice: "Ничего не заказано. Попробуйте ещё раз через несколько секунд.",
    },
    wrong_method: {
      title: "Этот адрес можно только открыть",
      advice: "Выберите модуль в ispmanager и нажмите там «Купить».",
    },
    bad_request: {
      title: "Не удалось прочитать запрос",
      advice: "Выберите модуль в ispmanager и нажмите там «Купить».",
    },
    failed: {
      title: "У нас что-то сломалось",
      advice: "Ничего не заказано. Попробуйте ещё раз; если ошибка повторится, сообщите этот номер в поддержку:",
    },
  },
};

/** The page as HTML text; links and the number after the advice are escaped. */
export async function renderPage(
  name: PageName,
  language: Language,
  extra: { links?: readonly Link[]; number?: string } = {},
): Promise<string> {
  const { title, advice } = texts[language][name];
  const links = (extra.links ?? []).map(({ address, text }) => html`<li><a href="${address}">${text}</a></li>`);
  return String(
    await html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${raw(style)}</style></head>
<body><main><h1>${title}</h1><p>${advice}${extra.number === undefined ? "" : html` <strong>${extra.number}</strong>`}</p>
${links.length === 0 ? "" : html`<ul>${links}</ul>`}</main></body></html>`,
  );
}
