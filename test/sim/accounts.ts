// In which ways may the account of one life differ from the documented one? Every listed uncertainty, by chance.
import type { Variants } from "../../src/sandbox/account/variants.ts";
import type { Dice } from "../dice.ts";

type Choices = { readonly [Name in keyof Variants]?: readonly Variants[Name][] };

const minuteMs = 60_000;

/** What a partner's account may be like; where it asks for a form it only shows it. */
const choices: Choices = {
  orderReply: ["id-and-billorder", "id", "elid", "nested", "id-v", "bare-id", "billorder", "ok"],
  remoteid: ["list", "edit", "both", "none"],
  alreadyThere: ["second-service", { type: "exists", object: "item" }, { type: "value", object: "item" }],
  activationMs: [0, 0, 20_000, 5 * minuteMs],
  listDelay: [null, null, { reads: 1 }, { reads: 3 }, { ms: minuteMs }, { ms: 6 * minuteMs }],
  unpaidRows: ["hidden", "shown"],
  errorShape: ["full", "bare"],
  renewal: ["at-once", "at-once", "cart-unless-skipbasket", "cart"],
  renewalWindow: [null, null, null, { daysBeforeExpiry: 7, error: { type: "value", object: "" }, refusesForm: true }],
  monthEnd: ["clamp", "clamp", "30-days"],
  renewalReply: ["nested", "flat", "ok"],
  renewalForm: ["announces", "silent"],
  renewalMs: [0, 0, 30_000, 5 * minuteMs],
  suspendedRenewal: ["from-today", "from-expiry"],
  autoprolongNull: ["honoured", "ignored"],
  autoprolongChange: ["allowed", "refused", "ignored"],
  autoprolongOff: ["null", "empty", "absent"],
  paging: [null, null, { size: 3, honoursCount: false, honoursNumber: true }],
  deletedRows: ["hidden", "shown"],
  item: ["id", "licence-name", "ip"],
  pricelist: ["name-and-id", "id-and-name", "id", "name", "pricelist_id"],
  status: ["text", "text-and-code", "code"],
  expiredate: ["day", "localised"],
  balanceIn: ["dashboard", "whoami", "both", "neither"],
  balanceFormat: ["point", "comma", "spaced", "bare"],
  taxPercent: ["0", "20"],
  additionintname: ["shown", "absent"],
  changeReply: ["ok", "elid"],
  changesNeedSok: [false, true],
};

const denied = { type: "access", object: "" };

/** What the account may do with modules besides buying them: all, as documented, nothing. */
const rights: readonly Variants["refused"][] = [
  {},
  {},
  { "addition.suspend": denied, "addition.resume": denied },
  { "addition.suspend": denied, "addition.resume": denied, "addition.delete": denied },
];

/** About half of the lives have the documented account; its rights are anybody's guess. */
export function someAccount(dice: Dice): Partial<Variants> {
  const isDocumented = dice.happens(0.5);
  const chosen = Object.entries(isDocumented ? {} : choices).map(([name, list]) => [
    name,
    dice.oneOf(list as readonly unknown[]),
  ]);
  return { ...Object.fromEntries(chosen), refused: dice.oneOf(rights) };
}
