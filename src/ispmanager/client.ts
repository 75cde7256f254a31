// How does the program talk to the partner's billing account at ispmanager?
import type { Clock } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Account, Outcome, Read } from "./account.ts";
import { readAddress } from "./address.ts";
import type { XmlElement } from "./document.ts";
import { readBalance, readCartItems } from "./funds.ts";
import { readList } from "./lists.ts";
import { judgeChange, judgeOrder, judgeRenewal } from "./outcome.ts";
import { dayOf, docsOf, idOf, mapRead, readDoc, unreadable } from "./reply.ts";
import { describeCall, describeOrder, describeRenewal, type Parameters } from "./request.ts";
import { isModuleForm, licenceRow, moduleRow } from "./rows.ts";
import { readTariffs } from "./tariffs.ts";
import { type Exchange, postForm } from "./transport.ts";

export interface AccountOptions {
  /** `main` unless given. */
  readonly name?: string;
  /** With which the names of its settings begin, for errors; `ISPMANAGER_` unless given. */
  readonly settingPrefix?: string;
  /** The billing API, e.g. `https://api-eu.ispmanager.com/manager/billmgr`. */
  readonly url: string;
  readonly login: string;
  readonly password: string;
  /** Deadlines of one request as a whole, in milliseconds. */
  readonly timeouts: { readonly readMs: number; readonly orderMs: number };
  readonly clock: Clock;
  readonly log: Log;
  /** How a form gets there; over the network unless given. */
  readonly post?: typeof postForm;
}

/** The account behind `url`. Throws `ConfigError` for an address or a login that must not be used. */
export function createAccount(options: AccountOptions): Account {
  const {
    name = "main",
    settingPrefix = "ISPMANAGER_",
    login,
    password,
    timeouts,
    clock,
    log,
    post: send = postForm,
  } = options;
  // The only account needs no name in the log.
  const whose = name === "main" ? {} : { account: name };
  const address = readAddress(options.url);
  // The first colon ends the login.
  if (login.includes(":")) throw new ConfigError([`${settingPrefix}LOGIN: must not contain a colon`]);
  const authinfo = `${login}:${password}`;

  const post = (parameters: Parameters, deadlineMs: number, isStillDue?: () => boolean): Promise<Exchange> =>
    send(address, { ...parameters, authinfo }, { deadlineMs, ...(isStillDue ? { isStillDue } : {}) });

  const read = async (func: string, fields: Parameters = {}): Promise<Read<XmlElement>> => {
    const startedMs = clock.monotonicMs();
    const reply = readDoc(await post(describeCall(func, fields), timeouts.readMs));
    const ms = Math.round(clock.monotonicMs() - startedMs);
    if (reply.kind === "ok") log.debug("ispmanager.read", { func, ms, ...whose });
    else log.warn("ispmanager.unread", { func, ms, ...whose, ...reply });
    return reply;
  };

  const spend = async (parameters: Parameters, isStillDue: () => boolean, judge: (exchange: Exchange) => Outcome) => {
    const startedMs = clock.monotonicMs();
    const outcome = judge(await post(parameters, timeouts.orderMs, isStillDue));
    const ms = Math.round(clock.monotonicMs() - startedMs);
    const detail = "detail" in outcome ? outcome.detail : null;
    log.info("ispmanager.spent", { func: parameters.func ?? "", ms, ...whose, outcome: outcome.kind, detail });
    return outcome;
  };

  return {
    name,
    listModules: async () => {
      const rows = await readList((paging) => read("addition", paging));
      return mapRead(rows, (all) => all.map((row) => moduleRow(row, idOf(row, "id") ?? "")));
    },
    listLicences: async () => {
      const rows = await readList((paging) => read("soft", paging));
      return mapRead(rows, (all) => all.map(licenceRow));
    },
    listTariffs: async () => mapRead(await read("pricelist.export", { itemtype: "addition" }), readTariffs),
    readModule: async (moduleId) => {
      const form = await read("addition.edit", { elid: moduleId });
      if (form.kind !== "ok") return form;
      const shown = idOf(form.value, "id") ?? idOf(form.value, "elid") ?? moduleId;
      if (shown !== moduleId || !isModuleForm(form.value)) return unreadable("not the form");
      return { kind: "ok", value: moduleRow(form.value, moduleId) };
    },
    readCart: async () => {
      const cart = await read("basket");
      return cart.kind === "ok" ? readCartItems(cart.value) : cart;
    },
    readBalance: () => readBalance(read),
    previewRenewal: async ({ moduleId, periodMonths }) => {
      const form = await read("service.prolong", { elid: moduleId, period: String(periodMonths) });
      return mapRead(form, (doc) => {
        const days = docsOf(doc).map((part) => dayOf(part, "newexpiredate"));
        return { newExpiry: days.find((day) => day !== null) ?? null };
      });
    },
    stopAutoRenewal: async (moduleId) => {
      const answer = await read("addition.edit", { elid: moduleId, autoprolong: "null", sok: "ok" });
      return mapRead(answer, () => null);
    },
    changeModule: async (moduleId, change, isStillDue) => {
      const call = describeCall(`addition.${change}`, { elid: moduleId, sok: "ok" });
      const outcome = judgeChange(await post(call, timeouts.orderMs, isStillDue));
      log.info("ispmanager.changed", { func: call.func ?? "", module: moduleId, ...whose, outcome: outcome.kind });
      return outcome;
    },
    order: (request, isStillDue) => spend(describeOrder(request), isStillDue, judgeOrder),
    renew: (request, isStillDue) => spend(describeRenewal(request), isStillDue, judgeRenewal),
    describeOrder,
    describeRenewal,
  };
}
