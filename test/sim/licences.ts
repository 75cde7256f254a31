// How do licences come to an account and leave it, between the accounts of one life?
import type { Life } from "./life.ts";
import { hasLicence } from "./sides.ts";

/** The account has it from now on, active; whether another one has it too is another matter. */
export function giveLicence(life: Life, licence: string, account: string): void {
  const known = life.sides().flatMap(({ model }) => model.state.licences.filter(({ id }) => id === licence));
  life.changeLicences(account, (licences) => {
    const here = licences.find(({ id }) => id === licence);
    if (here !== undefined) here.status = 2;
    else if (known[0] !== undefined) licences.push({ ...known[0], status: 2 });
  });
}

/** Deleted there; its modules stay where they are. */
export function takeLicence(life: Life, licence: string, account: string): void {
  life.changeLicences(account, (licences) => {
    for (const row of licences) if (row.id === licence) row.status = 4;
  });
}

/** One account has it afterwards that had not; the one that had it may keep it. */
export function moveLicence(life: Life, licence: string, { isKept }: { isKept: boolean }): void {
  const from = life.sides().find(({ model }) => hasLicence(model, licence));
  const to = life.sides().find(({ model }) => !hasLicence(model, licence));
  if (from === undefined || to === undefined) return;
  giveLicence(life, licence, to.account);
  if (!isKept) takeLicence(life, licence, from.account);
}

/** Staff see to it that each licence is at one account: where a module of it is, if there is one. */
export function tidyLicences(life: Life): void {
  const sides = life.sides();
  for (const licence of new Set(sides.flatMap(({ model }) => model.state.licences.map(({ id }) => id)))) {
    const having = sides.filter(({ model }) => hasLicence(model, licence));
    const holding = sides.find(({ model }) => model.state.modules.some((module) => module.licence === licence));
    const home = holding ?? life.dice.oneOf(having.length > 0 ? having : sides);
    if (!having.includes(home)) giveLicence(life, licence, home.account);
    for (const other of having) if (other !== home) takeLicence(life, licence, other.account);
  }
}
