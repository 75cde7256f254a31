// How far did the balance reach in the simulated ledger?
import { following, type KeptForecast } from "../../../src/purchases/ledger/forecast.ts";
import type { Server } from "./server.ts";
import { readSwitch, writeSwitch } from "./switches.ts";

const keepForecastCall = { name: "keepForecast", steps: ["begin", "lock", "switches"] } as const;

function parse(value: string): KeptForecast | null {
  return value === "" ? null : (JSON.parse(value) as KeptForecast);
}

export async function readForecast(server: Server): Promise<KeptForecast | null> {
  return await server.read("readForecast", () => parse(readSwitch(server.store, "forecast")));
}

export async function keepForecast(server: Server, forecast: KeptForecast): Promise<boolean> {
  return await server.transact(keepForecastCall, (writer) => {
    const before = parse(readSwitch(server.store, "forecast"));
    const why = "the balance was held against the renewals to come";
    writeSwitch(server, writer, {
      name: "forecast",
      value: JSON.stringify(following(before, forecast)),
      actor: "machine",
      why,
    });
    return (before?.lowSince ?? null) !== null;
  });
}
