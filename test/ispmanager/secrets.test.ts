// Does the account's password stay inside the client, whatever goes wrong?
import { expect, test } from "vitest";
import type { Log } from "../../src/log.ts";
import { accountAt, type Behaviour, closedPort, httpAnswer, openFarSide, password } from "./far-side.ts";

/** The far side throws back what it received, in every place of an answer. */
function echo(received: string): string[] {
  const plain = new URLSearchParams(received).get("authinfo") ?? "";
  const escaped = plain.replaceAll("&", "&amp;");
  return [
    httpAnswer(
      `<doc><error type="${escaped}" object="${escaped}"><param name="value">${escaped}</param><msg>${escaped}</msg></error></doc>`,
    ),
    httpAnswer(
      `<doc><error type="auth"><param name="value">${escaped} 2026-12-05</param><detail>${escaped}</detail></error></doc>`,
    ),
    httpAnswer(`<doc><id>${escaped}</id><p_elems>${escaped}</p_elems></doc>`),
    httpAnswer(plain, { status: 500, headers: `X-Echo: ${encodeURIComponent(plain)}\r\n` }),
    httpAnswer(`<${plain}>`),
    httpAnswer("", { status: 302, headers: `Location: http://127.0.0.1/?authinfo=${encodeURIComponent(plain)}\r\n` }),
    `HTTP/1.1 200 ${encodeURIComponent(plain)}\r\nbroken`,
    plain,
  ];
}

test("it is in no result, no error and no log line", async () => {
  const lines: unknown[] = [];
  const note = (event: string, fields?: unknown) => lines.push([event, fields]);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const results: unknown[] = [];
  const useAll = async (origin: string) => {
    const account = accountAt(origin, { log, timeouts: { readMs: 90, orderMs: 90 } });
    const renewal = { moduleId: "900", periodMonths: 1 };
    const order = { licence: "1", tariff: "2", periodMonths: 1, marker: "im-a-1", extra: {} };
    results.push(account, account.describeOrder(order), account.describeRenewal(renewal));
    results.push(
      await Promise.all([
        account.listModules(),
        account.listLicences(),
        account.listTariffs(),
        account.readModule("900"),
      ]),
    );
    results.push(
      await Promise.all([
        account.readCart(),
        account.readBalance(),
        account.previewRenewal(renewal),
        account.stopAutoRenewal("900"),
      ]),
    );
    results.push(
      await Promise.all([
        account.order(order, () => true),
        account.renew(renewal, () => true),
        account.renew(renewal, () => false),
      ]),
    );
  };
  const start = async (behaviour: Behaviour) => {
    const side = await openFarSide(behaviour);
    await useAll(side.origin);
    return side;
  };
  for (let kind = 0; kind < echo("").length; kind += 1) {
    const side = await start({ onRequest: (socket, { form }) => socket.end(echo(form.toString())[kind] ?? "") });
    expect(side.requests.length).toBeGreaterThan(8);
    expect(side.requests.every(({ form }) => form.get("authinfo")?.endsWith(password))).toBe(true);
  }
  await start({ onRequest: (socket) => socket.resetAndDestroy() });
  await start({});
  await useAll(`http://127.0.0.1:${await closedPort()}`);

  const seen = JSON.stringify([results, lines]) + String(results.flat().map((result) => JSON.stringify(result)));
  expect(lines.length).toBeGreaterThan(80);
  for (const secret of [password, encodeURIComponent(password), "canary", "canary%2B"])
    expect(seen).not.toContain(secret);
});
