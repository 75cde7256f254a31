// What would the price list cost if it were read, built and rendered for every request?
import { systemClock } from "../../src/clock.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { buildCatalogue } from "../../src/storefront/catalog.ts";
import { renderPriceList } from "../../src/storefront/price-list.ts";
import { readCatalogRows } from "../../src/whmcs/catalog-rows.ts";
import { group, noGoal, type Row } from "./table.ts";

const warmUpRounds = 50;
const durationMs = 1_500;
/** As many as the bridge has towards WHMCS. */
const connections = 5;

/** On the shop at `url` as it stands, one after the other, as the bridge does it: never two at the same time. */
export async function measureRendering(url: string): Promise<Row> {
  const database = openDatabase({ name: "whmcs", url, connections });
  try {
    const renderOnce = async () => {
      const { catalogue } = buildCatalogue(await readCatalogRows(database.query), null);
      renderPriceList(catalogue);
      return catalogue.modules.length;
    };
    for (let round = 0; round < warmUpRounds; round += 1) await renderOnce();
    const startedMs = systemClock.monotonicMs();
    let modules = 0;
    let lists = 0;
    for (; systemClock.monotonicMs() - startedMs < durationMs; lists += 1) modules = await renderOnce();
    const perSecond = (lists * 1000) / (systemClock.monotonicMs() - startedMs);
    return {
      what: `price list without memory: ${modules} modules read from WHMCS, built and rendered, one after the other`,
      measured: `${group(perSecond)} lists/s, ${(1000 / perSecond).toFixed(1)} ms each`,
      ...noGoal,
    };
  } finally {
    await database.close();
  }
}
