// What does a template of ours look like when WHMCS's template engine has rendered it? Debian's Smarty, each version that is there.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requirePhp, requireSmarty } from "../../src/sandbox/packages.ts";

const script = `
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', '1');
require $argv[1];
$input = json_decode(stream_get_contents(STDIN), true);
$smarty = new Smarty();
$smarty->setCompileDir($argv[2]);
$smarty->assign($input['variables']);
echo $smarty->fetch($input['template']);`;

/** `template` is `file:/…` or `string:…`. Fails when two versions of Smarty do not agree. */
export async function renderTemplate(template: string, variables: object): Promise<string> {
  const php = await requirePhp();
  const rendered = new Set<string>();
  for (const smarty of await requireSmarty()) {
    const folder = await mkdtemp(join(tmpdir(), "ispmodules-smarty-"));
    const running = promisify(execFile)(php, ["-r", script, smarty, folder]);
    running.child.stdin?.end(JSON.stringify({ template, variables }));
    rendered.add((await running).stdout);
    await rm(folder, { recursive: true });
  }
  const [text = "", ...others] = rendered;
  if (others.length > 0)
    throw new Error(`two versions of Smarty render differently:\n${[text, ...others].join("\n--\n")}`);
  return text;
}
