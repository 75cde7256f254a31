// What do the API actions that this product calls do to the shop?
import { addProduct } from "./add-product.ts";
import type { HookCall } from "./hook-calls.ts";
import { balanceOfRows } from "./lines.ts";
import { decodePhpArray } from "./php-array.ts";
import type { ModuleAction, ServiceState } from "./services.ts";
import type { Shop } from "./shop.ts";

export type ApiParameters = Readonly<Record<string, string>>;

export interface ActionContext {
  readonly shop: Shop;
  /** Runs a function of the product's server module; null where it is not installed in this WHMCS. */
  readonly runModule: ModuleRunner | null;
  /** Everything that this WHMCS has sent. */
  readonly post: Post;
}

/** The module's function, e.g. `CreateAccount`: what it returns, `success` or a text for staff. */
export type ModuleRunner = (call: { module: string; name: string; serviceId: number }) => Promise<string>;

export interface Post {
  readonly mails: Mail[];
  readonly notifications: ApiParameters[];
}

/**
 * An e-mail to the client of a service: the name of its template, `#id` where a product names its welcome e-mail, or the HTML of
 * one without a template.
 */
export type Mail = ({ readonly template: string } | { readonly text: string }) & { readonly serviceId: number };

/** `fields` besides `result: "success"`, or the message of an error. */
export type ActionResult =
  | {
      readonly kind: "success";
      readonly fields: Readonly<Record<string, unknown>>;
      readonly hooks?: readonly HookCall[];
    }
  | { readonly kind: "error"; readonly message: string };

export type ApiAction = (context: ActionContext, parameters: ApiParameters) => Promise<ActionResult>;

/** Action names are compared without regard to case. */
export const apiActions: ReadonlyMap<string, ApiAction> = new Map<string, ApiAction>([
  ["addproduct", addProduct],
  ["modulecreate", moduleAction("Create")],
  ["updateclientproduct", updateClientProduct],
  ["updateclientaddon", updateClientAddon],
  ["acceptorder", acceptOrder],
  ["sendemail", sendEmail],
  ["triggernotificationevent", triggerNotification],
  ["logactivity", logActivity],
  ["whmcsdetails", whmcsDetails],
  ["getinvoice", getInvoice],
]);

/**
 * Runs the module's function: absent module and unknown service are errors, success changes the service's status and sends
 * the welcome e-mail of the product. What the module refuses waits in the module queue until it succeeds.
 */
function moduleAction(action: ModuleAction): ApiAction {
  return async ({ shop, runModule, post }, { serviceid = "" }) => {
    const [service] = await shop.sql(
      `SELECT h.id, COALESCE(p.servertype, '') AS module, COALESCE(p.welcomeemail, 0) AS welcome FROM tblhosting h
         LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.id = ?`,
      [serviceid],
    );
    if (service === undefined) return failure("Service ID not found");
    if (service.module === "" || runModule === null) return failure("Service not assigned to a module");
    const serviceId = Number(service.id);
    const call = { module: String(service.module), name: `${action}Account`, serviceId };
    const answer = await runModule(call);
    await shop.sql("DELETE FROM tblmodulequeue WHERE service_id = ? AND module_action = ?", [serviceId, call.name]);
    if (answer !== "success") {
      await queueFailure(shop, { ...call, answer });
      return failure(answer);
    }
    const { hooks } = await shop.runModuleAction(serviceId, action);
    if (action === "Create" && service.welcome > 0) post.mails.push({ template: `#${service.welcome}`, serviceId });
    return { kind: "success", fields: {}, hooks };
  };
}

async function queueFailure(
  shop: Shop,
  { module, name, serviceId, answer }: Parameters<ModuleRunner>[0] & { answer: string },
): Promise<void> {
  const times = { last_attempt: shop.now(), created_at: shop.now(), updated_at: shop.now() };
  const what = { service_type: "service", service_id: serviceId, module_name: module, module_action: name };
  await shop.sql("INSERT INTO tblmodulequeue SET ?", [{ ...what, ...times, last_attempt_error: answer }]);
}

/** Parameters that go into a column of another name or the same; an empty value changes nothing. */
const productColumns: Readonly<Record<string, string>> = {
  domain: "domain",
  nextduedate: "nextduedate",
  firstpaymentamount: "firstpaymentamount",
  recurringamount: "amount",
  billingcycle: "billingcycle",
  paymentmethod: "paymentmethod",
  subscriptionid: "subscriptionid",
  notes: "notes",
  suspendreason: "suspendreason",
  dedicatedip: "dedicatedip",
};

async function updateClientProduct({ shop }: ActionContext, parameters: ApiParameters): Promise<ActionResult> {
  const { serviceid = "", status = "" } = parameters;
  const [service] = await shop.sql("SELECT id FROM tblhosting WHERE id = ?", [serviceid]);
  if (service === undefined) return failure("Service ID not found");
  const id = Number(service.id);
  for (const [name, column] of Object.entries(productColumns)) {
    if (parameters[name]) await shop.sql("UPDATE tblhosting SET ?? = ? WHERE id = ?", [column, parameters[name], id]);
  }
  const { customfields } = parameters;
  const values = customfields === undefined ? new Map() : decodePhpArray(customfields);
  for (const [fieldId, value] of values ?? []) await shop.setField({ serviceId: id, fieldId, value });
  if (status !== "") await shop.setServiceStatus(id, status as ServiceState);
  return { kind: "success", fields: { serviceid } };
}

/** Of all that it may change, the status only; custom fields are none of it. */
async function updateClientAddon(
  { shop }: ActionContext,
  { id = "", status = "" }: ApiParameters,
): Promise<ActionResult> {
  const [addon] = await shop.sql("SELECT id FROM tblhostingaddons WHERE id = ?", [id]);
  if (addon === undefined) return failure("Addon ID not found");
  if (status !== "") await shop.setAddonStatus(Number(addon.id), status as ServiceState);
  return { kind: "success", fields: { id: Number(addon.id) } };
}

async function acceptOrder({ shop }: ActionContext, { orderid = "" }: ApiParameters): Promise<ActionResult> {
  const [order] = await shop.sql("SELECT id, status FROM tblorders WHERE id = ?", [orderid]);
  if (order?.status !== "Pending") return failure("Order ID not found or Status not Pending");
  const { hooks } = await shop.setOrderStatus(Number(order.id), "Active");
  return { kind: "success", fields: {}, hooks };
}

/** Only mails of a service: by the name of their template, or with words of their own. */
async function sendEmail(
  { shop, post }: ActionContext,
  { messagename = "", customtype = "", customsubject = "", custommessage = "", id = "" }: ApiParameters,
): Promise<ActionResult> {
  const isCustom = customtype === "product" && customsubject !== "" && custommessage !== "";
  const [service] = await shop.sql("SELECT id FROM tblhosting WHERE id = ?", [id]);
  if ((messagename === "" && !isCustom) || service === undefined) {
    return failure("Sending Failed. Please see documentation.");
  }
  const serviceId = Number(service.id);
  post.mails.push(isCustom ? { text: custommessage, serviceId } : { template: messagename, serviceId });
  return { kind: "success", fields: {} };
}

async function triggerNotification({ post }: ActionContext, parameters: ApiParameters): Promise<ActionResult> {
  const { notification_identifier = "", title = "", message = "", url = "", status = "" } = parameters;
  if (notification_identifier === "" || title === "" || message === "") return failure("Required parameter missing");
  post.notifications.push({ notification_identifier, title, message, url, status });
  return { kind: "success", fields: {} };
}

async function logActivity(
  { shop }: ActionContext,
  { description = "", clientid = "0" }: ApiParameters,
): Promise<ActionResult> {
  if (description === "") return failure("The description is missing");
  const row = { date: shop.now(), description, user: "API", userid: Number(clientid), ipaddr: "127.0.0.1" };
  await shop.sql("INSERT INTO tblactivitylog SET ?", [row]);
  return { kind: "success", fields: {} };
}

async function whmcsDetails({ shop }: ActionContext): Promise<ActionResult> {
  const [row] = await shop.sql("SELECT value FROM tblconfiguration WHERE setting = 'Version'");
  const canonicalversion = String(row?.value ?? "");
  const version = canonicalversion.split("-", 1)[0];
  return { kind: "success", fields: { whmcs: { version, canonicalversion } } };
}

async function getInvoice({ shop }: ActionContext, { invoiceid = "" }: ApiParameters): Promise<ActionResult> {
  const [invoice] = await shop.sql("SELECT * FROM tblinvoices WHERE id = ?", [invoiceid]);
  if (invoice === undefined) return failure("Invoice ID Not Found");
  const items = await shop.sql(
    "SELECT id, type, relid, description, amount, taxed FROM tblinvoiceitems WHERE invoiceid = ? ORDER BY id",
    [invoiceid],
  );
  const paid = await shop.sql("SELECT * FROM tblaccounts WHERE invoiceid = ? ORDER BY id", [invoiceid]);
  const { id, invoicenum, userid, date, duedate, datepaid, subtotal, credit, total, status, paymentmethod } = invoice;
  const fields = {
    ...{ invoiceid: id, invoicenum, userid, date, duedate, datepaid, subtotal, credit, total, status, paymentmethod },
    balance: balanceOfRows(String(total), paid),
    ccgateway: false,
    items: { item: items },
    // Empty lists are an empty text in this API.
    transactions: paid.length === 0 ? "" : { transaction: paid },
  };
  return { kind: "success", fields };
}

function failure(message: string): ActionResult {
  return { kind: "error", message };
}
