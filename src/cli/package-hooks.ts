// How does WHMCS's side become an archive for somebody who can only upload files?
import { dirname, join, resolve } from "node:path";
import { packShippedFiles } from "../installer/archive.ts";
import { replaceFile } from "../installer/files.ts";
import { keepSettings, usualName } from "../installer/settings-place.ts";
import { ownUser } from "../installer/user.ts";
import { defineCommand, exitStatus, Refused, UsageError } from "./command.ts";
import { openHookSecret, takeSecret } from "./hook-secret.ts";
import { explainingFiles, readBridgeUrl } from "./install-hooks.ts";

export const packageHooks = defineCommand({
  name: "package-hooks",
  summary: "the same files as a zip archive to upload, and the settings file beside it",
  options: {
    out: { type: "string", value: "FILE.zip", help: "the archive; required" },
    url: {
      type: "string",
      value: "URL",
      help: "where WHMCS reaches the bridge; default http://HOST:PORT of the settings",
    },
  },
  run: async ({ terminal, clock, values }) => {
    if (values.out === undefined || !/\.zip$/i.test(values.out)) throw new UsageError("--out FILE.zip is missing");
    const url = readBridgeUrl(values.url);
    const archive = resolve(values.out);
    const settings = join(dirname(archive), usualName);
    return explainingFiles(() => {
      const [secret, us] = [openHookSecret(), ownUser()];
      const { bytes, paths } = packShippedFiles(clock.now());
      replaceFile(archive, bytes, { mode: 0o644, owner: us, by: us });
      const said = { url: url ?? secret.url, secret: takeSecret(secret) };
      const problem = keepSettings({ file: settings, root: null, reader: us, confirmed: settings }, said);
      if (problem !== null) throw new Refused(problem);
      for (const path of paths) terminal.print(`  ${path}`);
      terminal.print(`Unpack ${archive} on the WHMCS root.`);
      terminal.print(
        `Put ${settings} into the folder above that root, readable for the web server's user only (mode 0600).`,
      );
      terminal.print(`It says that the bridge is at ${said.url}; --url says otherwise.`);
      const missing = secret.missingSetting();
      if (missing !== null) terminal.print(`Give the bridge the same secret, then restart it: ${missing}`);
      return exitStatus.done;
    });
  },
});
