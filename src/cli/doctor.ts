// Is this installation sound, and what is to be done where it is not?
import { runDoctor } from "../doctor/doctor.ts";
import { countOf, type Finding, type Level } from "../doctor/finding.ts";
import { silentLog } from "../log.ts";
import { defineCommand, exitStatus, json } from "./command.ts";
import { plain } from "./terminal.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "check settings, databases, products, WHMCS's API and the account; each fault with its remedy",
  options: { json },
  run: async ({ config, clock, terminal, values }) => {
    const findings = await runDoctor(config(), { clock, log: silentLog });
    terminal.print(values.json ? JSON.stringify(findings, null, 2) : describe(findings));
    return findings.some(({ level }) => level === "fault") ? exitStatus.failed : exitStatus.done;
  },
});

const titles: Readonly<Record<Level, string>> = { fault: "FAULT", warning: "WARNING", ok: "ok" };

function describe(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, message, remedy }) => {
    const said = `${titles[level].padEnd(7)}  ${plain(message)}`;
    return remedy === null ? said : `${said}\n         ${plain(remedy)}`;
  });
  const count = (wanted: Level) => findings.filter(({ level }) => level === wanted).length;
  const sum = `${countOf(count("fault"), "fault")}, ${countOf(count("warning"), "warning")}, ${count("ok")} ok`;
  return [...lines, "", sum].join("\n");
}
