// How is a module suspended, resumed and deleted, and with what is that answered?
import { type Answer, type BillingFunction, document, isCommit, okDocument } from "../call.ts";
import { findModule, type Module, type ModuleStatus, refuse, rememberState } from "../model.ts";
import { element } from "../xml.ts";

/** `addition.suspend`: an active module stops. */
export const additionSuspend = changing((module) => (module.status === 2 ? 3 : null));
/** `addition.resume`: a suspended one goes on. */
export const additionResume = changing((module) => (module.status === 3 ? 2 : null));
/** `addition.delete`: it is gone; whether the list still shows it, with status 4, is a variant. */
export const additionDelete = changing((module) => (module.status === 4 ? null : 4));

/** What is so already is answered as if it were done now: the documentation names no error for it. */
function changing(nextOf: (module: Module) => ModuleStatus | null): BillingFunction {
  return ({ call, model }): Answer => {
    const module = findModule(model, call.params.elid);
    if (!module) return refuse({ type: "missed", object: "elid" });
    if (isCommit(call.params) || !model.variants.changesNeedSok) {
      model.changes.push({ func: call.func, moduleId: module.id, requestNumber: call.number });
      const next = nextOf(module);
      if (next !== null) {
        rememberState(model);
        module.status = next;
      }
    }
    return model.variants.changeReply === "ok" ? okDocument : document(element("elid", module.id));
  };
}
