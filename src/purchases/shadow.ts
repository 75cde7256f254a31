// Did staff buy by hand what we would have bought? Pure: what shadow kept back and the account in, line by line out.
import type { Tariff } from "../ispmanager/account.ts";
import { addMoney, type Decimal } from "../money.ts";
import type { AccountReview } from "./account-review.ts";
import { costOf } from "./cost.ts";
import { keyOf } from "./invariants/picture.ts";
import type { Shadowed } from "./ledger/shadowed.ts";
import { addDays } from "./period.ts";

/**
 * `same`: both did it, in the same way. `differs`: we would have ordered where staff renewed, or the other way round.
 * `ours`: we would have bought, staff did not. `staff`: staff bought, we would not have. `neither`: nobody.
 */
export const verdicts = ["same", "differs", "ours", "staff", "neither"] as const;
export type Verdict = (typeof verdicts)[number];

export interface ShadowRow {
  readonly verdict: Verdict;
  /** Null for what staff bought without a paid line. */
  readonly lineId: number | null;
  readonly purchaseId: string | null;
  readonly serviceRef: string | null;
  readonly moduleId: string | null;
  readonly licence: string | null;
  readonly tariff: string | null;
  readonly periodStart: string | null;
  /** `order`, `renew`, or why we would have done neither. */
  readonly ours: string;
  readonly staff: "order" | "renew" | "none";
  /** Of what we would have bought, else of what staff did at the present price (a month where no period is known); null where it cannot be told. */
  readonly cost: Decimal | null;
  readonly currency: string | null;
}

export interface ShadowSum {
  readonly verdict: Verdict;
  readonly lines: number;
  readonly costs: readonly { readonly currency: string; readonly amount: Decimal }[];
  /** Lines whose cost cannot be told. */
  readonly unpriced: number;
}

type Seen = Pick<AccountReview, "modules" | "unclaimed" | "differences">;

export interface Compared {
  readonly shadowed: readonly Shadowed[];
  readonly review: Seen;
  readonly tariffs: readonly Tariff[] | null;
  /** `YYYY-MM-DD`: what staff bought before is not told. */
  readonly since: string;
}

/** The lines first, then what staff bought for none of them. */
export function compareShadow(compared: Compared): ShadowRow[] {
  const rows = compared.shadowed.map((each) => rowOf(compared, each));
  const told = new Set(rows.map(({ moduleId }) => moduleId));
  const { unclaimed, differences, modules } = compared.review;
  const ours = new Set(compared.shadowed.map(keyOf));
  const ordered = unclaimed
    .filter(({ kind, createdOn }) => kind !== "foreign" && (createdOn ?? "") >= compared.since)
    .map((module) => ({ ...module, staff: "order" as const }));
  const renewed = differences.flatMap(({ kind, moduleId }) => {
    const module = modules.find(({ id }) => id === moduleId);
    return kind !== "beyond" || module === undefined ? [] : [{ ...module, moduleId, staff: "renew" as const }];
  });
  const alone = [...ordered, ...renewed].filter(({ moduleId }) => !told.has(moduleId));
  return [
    ...rows,
    ...alone.map(({ moduleId, licence, tariff, staff }) => ({
      ...{ verdict: "staff" as const, lineId: null, purchaseId: null, serviceRef: null, periodStart: null },
      ...{
        moduleId,
        licence,
        tariff,
        staff,
        ours: ours.has(keyOf({ licence, tariff })) ? "other line" : "no paid line",
      },
      ...priceOf(compared.tariffs, tariff, 1),
    })),
  ];
}

function rowOf(compared: Compared, purchase: Shadowed): ShadowRow {
  const { wouldSend, state, reason } = purchase;
  const { staff, moduleId } = findByStaff(compared, purchase);
  const action = wouldSend === null ? null : wouldSend.func === "service.prolong" ? "renew" : "order";
  const isAsked = state === "NeedsOperator";
  // Where a person is asked although a request was kept back, the request is what we would have done at first.
  const ours = action ?? (reason === "manual" ? "found bought" : `${isAsked ? "ask" : "wait"}: ${reason ?? state}`);
  const verdict =
    action === null
      ? staff === "none"
        ? "neither"
        : "staff"
      : staff === "none"
        ? "ours"
        : action === staff
          ? "same"
          : "differs";
  const { purchaseId, lineId, serviceRef, licence, tariff, periodStart } = purchase;
  const price =
    wouldSend !== null
      ? { cost: wouldSend.cost, currency: wouldSend.currency }
      : staff === "none"
        ? { cost: null, currency: null }
        : priceOf(compared.tariffs, tariff, purchase.periodMonths ?? 1);
  return { verdict, lineId, purchaseId, serviceRef, moduleId, licence, tariff, periodStart, ours, staff, ...price };
}

/** A term that pays for the line says it; else what appeared at the account for its licence and tariff. */
function findByStaff(
  { review, since }: Compared,
  purchase: Shadowed,
): { readonly staff: ShadowRow["staff"]; readonly moduleId: string | null } {
  const paidOn = purchase.paidAt?.slice(0, 10) ?? since;
  const isNew = (createdOn: string | null) => createdOn !== null && createdOn >= addDays(paidOn, -1);
  if (purchase.remoteServiceId !== null) {
    const bound = review.modules.find(({ id }) => id === purchase.remoteServiceId);
    return { staff: isNew(bound?.createdOn ?? null) ? "order" : "renew", moduleId: purchase.remoteServiceId };
  }
  const isOfLine = (each: { readonly licence: string | null; readonly tariff: string | null }) =>
    purchase.licence !== null && keyOf(each) === keyOf(purchase);
  const ordered = review.unclaimed.find((each) => isOfLine(each) && (each.createdOn ?? "") >= since);
  if (ordered !== undefined) return { staff: "order", moduleId: ordered.moduleId };
  const beyond = review.differences.filter(({ kind }) => kind === "beyond").map(({ moduleId }) => moduleId);
  const renewed = review.modules.find((each) => isOfLine(each) && beyond.includes(each.id));
  return renewed === undefined ? { staff: "none", moduleId: null } : { staff: "renew", moduleId: renewed.id };
}

function priceOf(tariffs: Compared["tariffs"], tariff: string | null, months: number) {
  const cost = tariff === null ? null : costOf({ tariff, period: { months }, cap: null, revenue: null }, tariffs);
  return cost?.kind === "known" ? { cost: cost.cost, currency: cost.currency } : { cost: null, currency: null };
}

/** Lines and costs of each verdict, in their order. */
export function sumShadow(rows: readonly ShadowRow[]): ShadowSum[] {
  return verdicts.map((verdict) => {
    const some = rows.filter((row) => row.verdict === verdict);
    const costs = new Map<string, Decimal>();
    for (const { cost, currency } of some) {
      if (cost !== null && currency !== null) costs.set(currency, addMoney(costs.get(currency) ?? "0", cost));
    }
    return {
      ...{ verdict, lines: some.length, unpriced: some.filter(({ cost }) => cost === null).length },
      costs: [...costs].map(([currency, amount]) => ({ currency, amount })),
    };
  });
}
