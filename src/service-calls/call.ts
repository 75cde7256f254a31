// What does a signed call of WHMCS's server module ask for, and is it meant for the path it came to?
import * as v from "valibot";

/** What WHMCS tells us about one service, or asks us to look at; nothing of it buys what is not paid. */
export const serviceActions = ["create", "suspend", "unsuspend", "terminate", "renew", "check", "status"] as const;
export type ServiceAction = (typeof serviceActions)[number];

export type Call =
  | { readonly kind: "service"; readonly action: ServiceAction; readonly serviceId: number }
  /** May this licence be chosen for the service? */
  | { readonly kind: "licence"; readonly serviceId: number; readonly licence: string; readonly ip: string | null }
  | { readonly kind: "tariffs" }
  /** Is `licence` in our account, can it be used so, and which licences have one of these addresses? */
  | {
      readonly kind: "licences";
      readonly licence: string | null;
      readonly uses: readonly { readonly ip: string | null; readonly tariff: string | null }[];
      readonly ips: readonly string[];
    };

const mostAddresses = 50;
/** WHMCS's ids are unsigned 32-bit numbers at most. */
const highestId = 4_294_967_295;

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(highestId));
const timestamp = v.pipe(v.string(), v.isoTimestamp());
const licence = v.pipe(v.string(), v.maxLength(64), v.trim());
const address = v.pipe(v.string(), v.maxLength(64), v.trim());
const use = v.object({ ip: v.nullish(address, null), tariff: v.nullish(v.pipe(v.string(), v.maxLength(64)), null) });
const named = { timestamp };

const serviceBody = v.object({ ...named, action: v.picklist(serviceActions), service_id: id });
const licenceBody = v.object({
  ...named,
  action: v.literal("licence"),
  service_id: id,
  licence,
  ip: v.nullish(address),
});
const tariffsBody = v.object({ ...named, action: v.literal("tariffs") });
const licencesBody = v.object({
  ...named,
  action: v.literal("licences"),
  licence: v.nullish(licence),
  uses: v.optional(v.pipe(v.array(use), v.maxLength(mostAddresses)), []),
  ips: v.optional(v.pipe(v.array(address), v.maxLength(mostAddresses)), []),
});
const body = v.variant("action", [serviceBody, licenceBody, tariffsBody, licencesBody]);

/**
 * The call in a signed body, or null when it is not one or its action and service do not equal the path: the path is not
 * signed, so a captured call must be worth nothing elsewhere.
 */
export function readCall(path: string, rawBody: Uint8Array): Call | null {
  const parsed = v.safeParse(body, parseJson(rawBody));
  if (!parsed.success || pathOf(parsed.output) !== path) return null;
  const said = parsed.output;
  switch (said.action) {
    case "tariffs":
      return { kind: "tariffs" };
    case "licences":
      return { kind: "licences", licence: said.licence || null, uses: said.uses, ips: said.ips };
    case "licence":
      return { kind: "licence", serviceId: said.service_id, licence: said.licence, ip: said.ip || null };
    default:
      return { kind: "service", action: said.action, serviceId: said.service_id };
  }
}

/** The only path on which a call is answered. */
function pathOf(said: v.InferOutput<typeof body>): string {
  return "service_id" in said ? `/whmcs/services/${said.service_id}/${said.action}` : `/whmcs/${said.action}`;
}

function parseJson(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(rawBody));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
