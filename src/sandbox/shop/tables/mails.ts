// Which table holds the templates of e-mails? Its columns are those that public modules write.
import { defaulted, id, required, rowTimes, type Table } from "../table.ts";

const mailTemplates: Table = {
  name: "tblemailtemplates",
  columns: [
    ...id(),
    ...required("type name subject message attachments fromname fromemail", "text"),
    ...defaulted("disabled custom", "tinyint(1)", "'0'"),
    ...required("language copyto blind_copy_to", "text"),
    ...defaulted("plaintext", "int(1)", "'0'"),
    ...rowTimes(),
  ],
};

export const mailTables: readonly Table[] = [mailTemplates];
