// How are the account's ispmanager licences listed and shown?
import { type Answer, type Context, document, fields, isCommit, listDocument, okDocument } from "../call.ts";
import { type Licence, refuse, rememberState } from "../model.ts";
import { element } from "../xml.ts";

/** `soft`: the documented fields of the sample; deleted licences are listed only when deleted rows are. */
export function soft(context: Context): Answer {
  const isShown = ({ status }: Licence) => status !== 4 || context.model.variants.deletedRows === "shown";
  const rows = context.shown.licences.filter(isShown).map((licence) => {
    const { id, licname, ip, pricelist, createdate, expiredate, status } = licence;
    const cost = `15.00 ${context.model.currency} / Month`;
    const dates = { createdate, expiredate, autoprolong: "1" };
    return element(
      "elem",
      fields({ id, licname, ip, pricelist, ...dates, status: `${status}`, special_status: "0", cost }),
    );
  });
  return listDocument(context, rows);
}

/** `soft.edit`: the form with `lickey`; with `sok` it changes `ip`, `licname` and `remoteid`. A new key is not for sale here. */
export function softEdit({ call, model }: Context): Answer {
  const licence = model.state.licences.find(({ id }) => id === call.params.elid);
  if (!licence) return refuse({ type: "missed", object: "elid" });
  if (!isCommit(call.params)) {
    const { id, licname, ip, pricelist, createdate, expiredate, status, remoteid = "" } = licence;
    const key = { lickey: `${id}-sandbox`, remoteid };
    return document(...fields({ id, licname, ip, pricelist, createdate, expiredate, status: `${status}`, ...key }));
  }
  if (call.params.clicked_button === "newkey") return refuse({ type: "limit", object: "newkey" });
  rememberState(model);
  licence.ip = call.params.ip ?? licence.ip;
  licence.licname = call.params.licname ?? licence.licname;
  if (call.params.remoteid !== undefined) licence.remoteid = call.params.remoteid;
  return okDocument;
}
