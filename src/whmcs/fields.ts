// Which custom field of a product carries the licence, which the IP address, and which what we write back?

/** What a custom field can mean to us: `paidUntil` and `moduleId` are ours to fill in. */
export type FieldRole = "licence" | "ip" | "paidUntil" | "moduleId";

export interface FieldRow {
  readonly id: number;
  /** `tblcustomfields.fieldname` as stored: `name` or `name|Friendly name`. */
  readonly name: string;
}

export interface FieldValueRow {
  readonly id: number;
  readonly fieldId: number;
  readonly value: string;
}

/** Ids of these fields of one product; null where it has none. */
export type FieldIds = Readonly<Record<FieldRole, number | null>>;

const namesOfRole: Readonly<Record<FieldRole, readonly string[]>> = {
  licence: ["License ID", "Licence ID", "License", "Licence", "ispmanager license", "ID лицензии", "Лицензия"],
  ip: ["Server IP", "IP", "IP address", "IP сервера"],
  paidUntil: ["Paid until", "Оплачен до"],
  moduleId: ["Module ID", "ispmanager id"],
};

const roles = Object.keys(namesOfRole) as FieldRole[];

const roleOfName = new Map<string, FieldRole>(
  roles.flatMap((role) => namesOfRole[role].map((name) => [foldName(name), role] as const)),
);

/** Case, spaces, `_`, `-` and dots do not count, and only what stands before `|` does. */
function foldName(name: string): string {
  const [meant = ""] = name.split("|", 1);
  return meant
    .normalize("NFC")
    .toLowerCase()
    .replace(/[\s_.-]/gu, "");
}

/** What a field of this name means to us; null when it is none of ours. */
export function roleOfField(name: string): FieldRole | null {
  return roleOfName.get(foldName(name)) ?? null;
}

/** The fields that mean something to us among the custom fields of one product; of several with one meaning the lowest id wins. */
export function findFields(fields: readonly FieldRow[]): FieldIds {
  const lowest: Record<FieldRole, number | null> = { licence: null, ip: null, paidUntil: null, moduleId: null };
  for (const { id, name } of fields) {
    const role = roleOfField(name);
    if (role !== null) lowest[role] = Math.min(id, lowest[role] ?? id);
  }
  return lowest;
}

/** The trimmed value of a field among the value rows of one service; of several rows the highest id wins; empty is null. */
export function pickValue(fieldId: number | null, values: readonly FieldValueRow[]): string | null {
  let newest: FieldValueRow | null = null;
  for (const row of values) {
    if (row.fieldId === fieldId && (newest === null || row.id > newest.id)) newest = row;
  }
  const text = newest?.value.trim() ?? "";
  return text === "" ? null : text;
}
