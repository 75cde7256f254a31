// How far did the balance reach in the simulated ledger?
import { following, type KeptForecast } from "../../../src/purchases/ledger/forecast.ts";
import type { Server } from "./server.ts";
import { makeSwitch, readSwitch, switchOf, writeSwitch } from "./switches.ts";

const keepForecastCall = { name: "keepForecast", steps: ["begin", "lock", "switches"] } as const;

function parse(value: string): KeptForecast | null {
  return value === "" ? null : (JSON.parse(value) as KeptForecast);
}

export async function readForecast(server: Server, account = "main"): Promise<KeptForecast | null> {
  return await server.read("readForecast", () => parse(readSwitch(server.store, switchOf("forecast", account))));
}

export async function keepForecast(server: Server, forecast: KeptForecast, account = "main"): Promise<boolean> {
  return await server.transact(keepForecastCall, (writer) => {
    const name = switchOf("forecast", account);
    makeSwitch(server, writer, { name, account });
    const before = parse(readSwitch(server.store, name));
    const why = "the balance was held against the renewals to come";
    writeSwitch(server, writer, {
      name,
      value: JSON.stringify(following(before, forecast)),
      actor: "machine",
      why,
    });
    return (before?.lowSince ?? null) !== null;
  });
}
