// How does a service's licence or IP get into its custom field values?
import type { ShopDatabase, Statements } from "./database.ts";

export type FieldRole = "licence" | "ip";

export const fieldNames: Readonly<Record<FieldRole, RegExp>> = { licence: /licen[cs]e|лиценз/i, ip: /\bip\b/i };

interface FieldValue {
  readonly serviceId: number;
  readonly role: FieldRole;
  /** Undefined writes nothing. */
  readonly value: string | undefined;
}

/** Writes a value into a field of a service: into the newest value row, or into a new one. */
export async function writeValue(
  statements: Statements,
  now: string,
  { fieldId, serviceId, value }: { fieldId: number; serviceId: number; value: string },
): Promise<void> {
  const [row] = await statements.rows(
    "SELECT id FROM tblcustomfieldsvalues WHERE fieldid = ? AND relid = ? ORDER BY id DESC LIMIT 1",
    [fieldId, serviceId],
  );
  if (row !== undefined) return statements.update("tblcustomfieldsvalues", Number(row.id), { value, updated_at: now });
  const entry = { fieldid: fieldId, relid: serviceId, value, created_at: now, updated_at: now };
  await statements.insert("tblcustomfieldsvalues", entry);
}

/**
 * Writes the value of a service's licence or IP field as the client or staff typed it. A product without such a field is left alone.
 */
export async function fillField(
  statements: Statements,
  database: ShopDatabase,
  { serviceId, role, value }: FieldValue,
): Promise<void> {
  if (value === undefined) return;
  const fields = await statements.rows(
    `SELECT f.id, f.fieldname FROM tblcustomfields f JOIN tblhosting h ON h.packageid = f.relid
      WHERE f.type = 'product' AND h.id = ? ORDER BY f.id`,
    [serviceId],
  );
  const field = fields.find((row) => fieldNames[role].test(String(row.fieldname)));
  if (field !== undefined)
    await writeValue(statements, database.now(), { fieldId: Number(field.id), serviceId, value });
}
