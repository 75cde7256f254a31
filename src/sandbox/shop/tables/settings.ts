// Which tables hold settings, module data, logs and API credentials?
import { defaulted, id, key, onlyIn, required, rowTimes, type Table, zero } from "../table.ts";

const configuration: Table = {
  name: "tblconfiguration",
  columns: [
    ...onlyIn("8.4", id()),
    ...onlyIn("8.13", id("int(11)")),
    ...required("setting", "varchar(64)"),
    ...onlyIn("8.4", required("value", "text")),
    ...onlyIn("8.13", required("value", "mediumtext")),
    ...rowTimes(),
  ],
  keys: ["UNIQUE KEY `setting_unique` (`setting`)", key("setting")],
};

const moduleConfiguration: Table = {
  name: "tblmodule_configuration",
  columns: [
    ...id("int(10) unsigned"),
    ...defaulted("entity_type", "varchar(8)", "''"),
    ...defaulted("entity_id", "int(10) unsigned", "'0'"),
    ...defaulted("setting_name", "varchar(16)", "''"),
    ...defaulted("friendly_name", "varchar(64)", "''"),
    ...required("value", "text"),
    ...rowTimes(),
  ],
  keys: ["UNIQUE KEY `unique_setting` (`entity_type`,`entity_id`,`setting_name`)", key("entity_type")],
};

const addonModules: Table = {
  name: "tbladdonmodules",
  columns: [...id(), ...required("module setting value", "text")],
};

const moduleLog: Table = {
  name: "tblmodulelog",
  columns: [
    ...id(),
    ...required("date", "datetime"),
    ...required("module action", "text"),
    ...required("request response arrdata", "mediumtext"),
  ],
};

const moduleQueue: Table = {
  name: "tblmodulequeue",
  columns: [
    ...id("int(10) unsigned"),
    ...defaulted("service_type", "varchar(20)", "''"),
    ...defaulted("service_id", "int(10) unsigned", "'0'"),
    ...defaulted("module_name module_action", "varchar(64)", "''"),
    ...zero("last_attempt", "timestamp"),
    ...required("last_attempt_error", "text"),
    ...defaulted("num_retries", "smallint(5) unsigned", "'0'"),
    ...defaulted("completed", "tinyint(1)", "'0'"),
    ...rowTimes(),
  ],
};

const activityLog: Table = {
  name: "tblactivitylog",
  columns: [
    ...id(),
    ...zero("date", "datetime"),
    ...required("description user", "text"),
    ...defaulted("userid user_id admin_id", "int(10) unsigned", "'0'"),
    ...required("ipaddr", "text"),
  ],
  keys: [key("userid"), key("user_id"), key("admin_id")],
};

/** The reference names these columns without their types. */
const apiCredentials: Table = {
  name: "tbldeviceauth",
  columns: [
    ...id("int(10) unsigned"),
    ...required("identifier", "varchar(255)"),
    ...required("secret role_ids", "text"),
    ...defaulted("is_admin", "tinyint(1)", "'0'"),
    ...zero("last_access", "timestamp"),
  ],
  keys: ["UNIQUE KEY `identifier` (`identifier`)"],
};

export const settingTables: readonly Table[] = [
  configuration,
  moduleConfiguration,
  addonModules,
  moduleLog,
  moduleQueue,
  activityLog,
  apiCredentials,
];
