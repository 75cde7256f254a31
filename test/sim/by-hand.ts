// How do staff buy and renew a module by hand, in the vendor's own pages?
import { addMonths } from "../../src/sandbox/account/dates.ts";
import { findTariff, type Module, today } from "../../src/sandbox/account/model.ts";
import { type Life, tariff } from "./life.ts";
import { sideWith } from "./sides.ts";

/** A new module for a licence; its id. */
export function buyByHand({ model, witness }: Life, licence: string, months = 1): string {
  const createdate = today(model);
  const expiredate = addMonths(createdate, months, model.variants.monthEnd);
  const id = String(model.nextModuleId);
  model.nextModuleId += 1;
  const cost = findTariff(model, tariff)?.costs[months] ?? "10.00";
  model.state.modules.push({
    ...{ id, licence, tariff, createdate, expiredate, periodMonths: months, autoprolong: null, status: 2 },
    ...{ remoteid: null, cost },
  });
  witness.noteByHand(id, months);
  return id;
}

/** So many months more for a module that runs. */
export function renewByHand({ model, witness }: Life, { id, expiredate }: Module, months = 1): void {
  const module = model.state.modules.find((row) => row.id === id);
  if (module === undefined) return;
  module.expiredate = addMonths(expiredate, months, model.variants.monthEnd);
  witness.noteByHand(id, months);
}

/** Whatever a licence needs, at its account: its module is renewed, or a first one bought. */
export function provideByHand(anywhere: Life, licence: string, months: number): void {
  const life = sideWith(anywhere, licence);
  const running = life.model.state.modules.find((row) => row.licence === licence && row.status === 2);
  if (running === undefined) buyByHand(life, licence, months);
  else renewByHand(life, running, months);
}
