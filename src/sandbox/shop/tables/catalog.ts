// Which tables hold what WHMCS sells: products, groups, prices and currencies?
import { defaulted, id, key, nullable, onlyIn, required, rowTimes, type Table } from "../table.ts";

const configOptions = Array.from({ length: 24 }, (_, index) => `configoption${index + 1}`).join(" ");
const money = "decimal(16,2)";

const products: Table = {
  name: "tblproducts",
  columns: [
    ...id(),
    ...required("type", "text"),
    ...required("gid", "int(10)"),
    ...required("name", "text"),
    ...defaulted("slug", "varchar(128)", "''"),
    ...required("description", "text"),
    ...required("hidden showdomainoptions", "tinyint(1)"),
    ...defaulted("welcomeemail", "int(10)", "'0'"),
    ...required("stockcontrol", "tinyint(1)"),
    ...defaulted("qty", "int(10)", "'0'"),
    ...required("proratabilling", "tinyint(1)"),
    ...required("proratadate proratachargenextmonth", "int(2)"),
    ...required("paytype", "text"),
    ...required("allowqty", "int(1)"),
    ...required("subdomain autosetup servertype", "text"),
    ...required("servergroup", "int(10)"),
    ...required(configOptions, "text"),
    ...required("freedomain freedomainpaymentterms freedomaintlds", "text"),
    ...required("recurringcycles", "int(2)"),
    ...required("autoterminatedays", "int(4)"),
    ...defaulted("autoterminateemail", "int(10)", "'0'"),
    ...required("configoptionsupgrade", "tinyint(1)"),
    ...required("billingcycleupgrade", "text"),
    ...defaulted("upgradeemail", "int(10)", "'0'"),
    ...required("overagesenabled", "varchar(10)"),
    ...required("overagesdisklimit overagesbwlimit", "int(10)"),
    ...required("overagesdiskprice overagesbwprice", "decimal(6,4)"),
    ...required("tax affiliateonetime", "tinyint(1)"),
    ...required("affiliatepaytype", "text"),
    ...required("affiliatepayamount", money),
    ...defaulted("order", "int(10)", "'0'"),
    ...required("retired is_featured", "tinyint(1)"),
    ...onlyIn("8.13", required("color tagline short_description", "text")),
    ...rowTimes(),
  ],
  keys: [key("gid"), key("name", 64)],
};

const productGroups: Table = {
  name: "tblproductgroups",
  columns: [
    ...id(),
    ...required("name", "text"),
    ...defaulted("slug", "varchar(128)", "''"),
    ...nullable("headline tagline", "text"),
    ...required("orderfrmtpl disabledgateways", "text"),
    ...required("hidden", "tinyint(1)"),
    ...defaulted("order", "int(1)", "'0'"),
    ...rowTimes(),
  ],
  keys: [key("order")],
};

const pricedThings =
  "enum('product','addon','configoptions','domainregister','domaintransfer','domainrenew','domainaddons','usage')";

const pricing: Table = {
  name: "tblpricing",
  columns: [
    ...id(),
    ...required("type", pricedThings),
    ...required("currency relid", "int(10)"),
    ...required("msetupfee qsetupfee ssetupfee asetupfee bsetupfee tsetupfee", money),
    ...required("monthly quarterly semiannually annually biennially triennially", money),
  ],
  keys: [key("relid"), key("currency"), key("type")],
};

const currencies: Table = {
  name: "tblcurrencies",
  columns: [
    ...id(),
    ...required("code prefix suffix", "text"),
    ...required("format", "int(1)"),
    ...defaulted("rate", "decimal(10,5)", "'1.00000'"),
    ...required("default", "int(1)"),
  ],
};

const slugs: Table = {
  name: "tblproducts_slugs",
  columns: [
    ...id("int(10) unsigned"),
    ...required("product_id group_id", "int(10) unsigned"),
    ...defaulted("group_slug slug", "varchar(255)", "''"),
    ...defaulted("active", "tinyint(1) unsigned", "'0'"),
    ...defaulted("clicks", "int(10) unsigned", "'0'"),
    ...nullable("created_at updated_at", "timestamp"),
  ],
  keys: [key("product_id"), key("group_id")],
};

const addons: Table = {
  name: "tbladdons",
  columns: [
    ...id(),
    ...required("packages name description billingcycle", "text"),
    ...onlyIn("8.4", defaulted("allowqty", "tinyint(3) unsigned", "'0'")),
    ...onlyIn("8.13", defaulted("allowqty", "tinyint(1)", "'0'")),
    ...required("tax showorder", "tinyint(1)"),
    ...defaulted("hidden retired", "tinyint(1)", "'0'"),
    ...required("downloads autoactivate", "text"),
    ...required("suspendproduct", "tinyint(1)"),
    ...required("welcomeemail", "int(10)"),
    ...defaulted("type", "varchar(16)", "''"),
    ...defaulted("module", "varchar(32)", "''"),
    ...defaulted("server_group_id", "int(10)", "'0'"),
    ...defaulted("prorate", "tinyint(1)", "'0'"),
    ...defaulted("weight", "int(2)", "'0'"),
    ...required("autolinkby", "text"),
    ...rowTimes(),
  ],
  keys: [key("name", 32)],
};

const customFields: Table = {
  name: "tblcustomfields",
  columns: [
    ...id(),
    ...required("type", "text"),
    ...defaulted("relid", "int(10)", "'0'"),
    ...required("fieldname fieldtype description fieldoptions regexpr", "text"),
    ...required("adminonly required showorder showinvoice", "text"),
    ...defaulted("sortorder", "int(10)", "'0'"),
    ...rowTimes(),
  ],
  keys: [key("relid")],
};

export const catalogTables: readonly Table[] = [
  products,
  productGroups,
  pricing,
  currencies,
  slugs,
  addons,
  customFields,
];
