// How is a call of WHMCS's PHP side answered? Once for each id, on the one path that its signed body names.
import type { Context } from "hono";
import { describeError } from "../log.ts";
import type { AccountLists } from "../purchases/account-lists.ts";
import type { Engine } from "../purchases/engine.ts";
import type { SignedDoor } from "../webhook/signed-request.ts";
import { type Call, readCall } from "./call.ts";
import { findLicences, judgeChoice } from "./licences.ts";
import { createRecentIds } from "./recent-ids.ts";
import { waitingForLicence } from "./service.ts";
import { answerService, listPurchases } from "./service-answer.ts";

const retryAfterSeconds = 30;

export interface ServiceCallParts {
  readonly door: SignedDoor;
  readonly engine: Engine;
  readonly lists: AccountLists;
  /** Called after the commit of a call that may change something, so that the loops look at it at once. */
  readonly wake: () => void;
}

/**
 * The handler of every method below `/whmcs/`: JSON answers, in the order of checks 405, 415, 413, 401, 400, 503. It never
 * calls WHMCS's API, and holds no connection while it waits, because WHMCS calls here within our own calls of it.
 */
export function createServiceCalls({ door, engine, lists, wake }: ServiceCallParts): (c: Context) => Promise<Response> {
  const { ledger, clock, log } = engine;
  const isNewReading = createRecentIds(clock);

  const isNew = async (call: Call, webhookId: string): Promise<boolean> => {
    if (call.kind === "tariffs" || call.kind === "licences") return isNewReading(webhookId);
    if ((await ledger.storeEvent(toEvent(call, webhookId))) === "duplicate") return false;
    if (!isStatus(call)) wake();
    return true;
  };
  return async (c) => {
    const request = await door.open(c);
    if (request.kind === "refused") return request.answer;
    // As it was sent: another spelling of the path is another path.
    const call = readCall(new URL(c.req.url).pathname, request.body);
    if (call === null) {
      log.warn("service_call.malformed", { webhook_id: request.webhookId });
      return c.json(errorAnswer("The call is malformed, or is not meant for this path."), 400);
    }
    try {
      if (!(await isNew(call, request.webhookId))) return door.refuse(c, "replayed");
      return c.json(await answer(engine, lists, call));
    } catch (error) {
      log.error("service_call.failed", { webhook_id: request.webhookId, ...describeError(error) });
      const body = errorAnswer("The bridge's ledger does not answer; please try again in a minute.");
      return c.json(body, 503, { "Retry-After": String(retryAfterSeconds) });
    }
  };
}

/** The shape that the answer about a service has, whichever call it was. */
function errorAnswer(message: string) {
  return { result: "error", message, purchases: [] };
}

/** It changes nothing and wakes nobody; only its id is kept. */
function isStatus(call: Call): boolean {
  return call.kind === "service" && call.action === "status";
}

/** What the inbox keeps of a call: the intake reads the lines of the service anew, as for any event that names one. */
function toEvent(call: Call, webhookId: string) {
  const action = call.kind === "service" ? call.action : call.kind;
  const type = `call.${action}`;
  const data = call.kind === "service" && !isStatus(call) ? { service_id: call.serviceId } : {};
  return { webhookId, type, body: JSON.stringify({ type, data }) };
}

async function answer(engine: Engine, lists: AccountLists, call: Call): Promise<object> {
  switch (call.kind) {
    case "service":
      return await answerService(engine, call);
    case "licence":
      return await judgeChoice(lists, call, waitingForLicence(await listPurchases(engine, call.serviceId)));
    case "licences":
      return await findLicences(lists, call);
    case "tariffs":
      return await answerTariffs(lists);
  }
}

async function answerTariffs({ listTariffs }: AccountLists): Promise<object> {
  const tariffs = await listTariffs();
  if (tariffs === null) return { result: "error", message: "The ispmanager account does not answer." };
  // The price list has an entry for each currency.
  const byId = new Map(tariffs.map(({ id, name, additionintname }) => [id, { id, name, additionintname }]));
  return { result: "success", tariffs: [...byId.values()] };
}
