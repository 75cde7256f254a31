// How are times, days and purchases written in every table of the ledger?
import { char, date, datetime } from "drizzle-orm/mysql-core";

export const instant = (name: string) => datetime(name, { mode: "string", fsp: 6 });
export const day = (name: string) => date(name, { mode: "string" });
export const purchaseId = () => char("purchase_id", { length: 16 }).notNull();
