// How does a service's licence or IP get into its custom field values?
import type { ShopDatabase, Statements } from "./database.ts";

export type FieldRole = "licence" | "ip";

const fieldNames: Readonly<Record<FieldRole, RegExp>> = { licence: /licen[cs]e|лиценз/i, ip: /\bip\b/i };

interface FieldValue {
  readonly serviceId: number;
  readonly role: FieldRole;
  /** Undefined writes nothing. */
  readonly value: string | undefined;
}

/**
 * Writes the value of a service's licence or IP field as the client or staff typed it: into the newest value row, or into a
 * new one. A product without such a field is left alone.
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
  if (field === undefined) return;
  const [row] = await statements.rows(
    "SELECT id FROM tblcustomfieldsvalues WHERE fieldid = ? AND relid = ? ORDER BY id DESC LIMIT 1",
    [field.id, serviceId],
  );
  const times = { updated_at: database.now() };
  if (row !== undefined) return statements.update("tblcustomfieldsvalues", Number(row.id), { value, ...times });
  const entry = { fieldid: Number(field.id), relid: serviceId, value, created_at: database.now(), ...times };
  await statements.insert("tblcustomfieldsvalues", entry);
}
