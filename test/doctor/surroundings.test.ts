// Does the doctor see what runs beside the bridge: the hook of each web node, and the vendor's own modules?
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addHeartbeat, admitPatient, complaints, find, hearHeartbeat, type Patient, soundNode } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterAll(() => here.end());

describe("web nodes", () => {
  beforeEach(() => hearHeartbeat(here.ledgerSql, 60));

  const hear = (ageSeconds: number, data: unknown) => addHeartbeat(here.ledgerSql, { ageSeconds, data });
  const nodes = async () =>
    (await here.examine()).filter(({ id }) => id.startsWith("hook.version")).map(({ id, level }) => `${level} ${id}`);

  test("each is named with the version of its hook, and another version is a warning", async () => {
    await hear(30, { ...soundNode, node: "web-2", version: "0.0.9", php: "7.4.33" });
    const finding = find(await here.examine(), "hook.version:web-2");
    expect(finding).toMatchObject({
      level: "warning",
      message: `Web node web-2 runs hook 0.0.9 on PHP 7.4.33, and this program is ${soundNode.version}.`,
      remedy: expect.stringContaining("ispmodules install-hooks"),
    });
    expect(await nodes()).toEqual(["warning hook.version:web-2", "ok hook.version:web-1"]);
  });

  test("the newest heartbeat of a node counts, and one of yesterday does not", async () => {
    await hear(120, { ...soundNode, version: "0.0.9" });
    await hear(25 * 3_600, { ...soundNode, node: "web-3", version: "0.0.9" });
    expect(await nodes()).toEqual(["ok hook.version:web-1"]);
  });

  test.each([[{}], [null], [{ version: "0.1.0", node: "<b>web</b>" }], [{ version: 1, node: "web-1" }]])(
    "a hook that says %j of itself is an old one, once",
    async (data) => {
      await here.ledgerSql("DELETE FROM mod_ispmodules_inbox");
      await hear(50, data);
      await hear(40, data);
      expect(await nodes()).toEqual(["warning hook.version"]);
    },
  );

  test("an old heartbeat of a node that speaks since is forgotten", async () => {
    await hear(3_600, {});
    expect(await nodes()).toEqual(["ok hook.version:web-1"]);
  });
});

describe("the vendor's own modules", () => {
  const setHooks = (name: string, value: string) => here.shop.setSetting(name, value);

  test("a product of theirs is a fault that says what it sells now", async () => {
    const { productId } = await here.shop.addProduct({ name: "Old", serverType: "ispmanager_noc", prices: {} });
    const id = "whmcs.vendor_modules:ispmanager_noc";
    const findings = await here.examine();
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)).toMatchObject({
      level: "fault",
      message: expect.stringContaining(`product ${productId} with 0 live services`),
      remedy: expect.stringContaining("--despite-noc"),
    });
    await here.shop.sql("DELETE FROM tblproducts WHERE id = ?", [productId]);
    expect(complaints(await here.examine())).toEqual([]);
  });

  test.each([
    ["ModuleHooks", "licensing,billmanager_noc"],
    ["AddonModulesHooks", '["billmanager_noc"]'],
    ["ModuleHooks", 'a:1:{i:0;s:15:"billmanager_noc";}'],
  ])("hooks of theirs in %s are a fault without any product: %s", async (setting, value) => {
    await setHooks(setting, value);
    const id = "whmcs.vendor_modules:billmanager_noc";
    const findings = await here.examine();
    await setHooks(setting, "");
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)?.message).toContain("has hooks here");
  });

  test("a module of another name is none of theirs", async () => {
    await setHooks("ModuleHooks", "my_ispmanager_noc_copy,ispmanager");
    expect(complaints(await here.examine())).toEqual([]);
    await setHooks("ModuleHooks", "");
  });

  test("what a person has accepted is no fault, and the finding says who and why", async () => {
    await setHooks("ModuleHooks", "ispmanager_noc,billmanager_noc");
    await here.ledgerSql(
      `UPDATE mod_ispmodules_switches SET value = '["ispmanager_noc"]', actor = 'cli:anna', why = 'sells licences only'
       WHERE name = 'vendor_modules'`,
    );
    const findings = await here.examine();
    await setHooks("ModuleHooks", "");
    expect(complaints(findings)).toEqual(["whmcs.vendor_modules:billmanager_noc"]);
    expect(find(findings, "whmcs.vendor_modules:ispmanager_noc")?.message).toMatch(
      /^cli:anna accepted ispmanager_noc on \d{4}-\d\d-\d\d: sells licences only\.$/,
    );
  });
});
