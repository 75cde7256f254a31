// How old may the catalogue be that we answer with, and what do we answer when WHMCS is away?
import * as v from "valibot";
import { type Clock, waitAtMost } from "../clock.ts";
import { describeError, type Log } from "../log.ts";
import { type Catalogue, catalogueSchema } from "./catalog.ts";
import { type PriceDocuments, renderPriceList } from "./price-list.ts";

/** Where the last good catalogue outlives the process. */
export interface CatalogueKeeper {
  /** The kept catalogue, not yet validated, or null. */
  load(): Promise<{ catalogue: unknown; readAt: Date } | null>;
  keep(catalogue: Catalogue, readAt: Date): Promise<void>;
}

export interface CopySettings {
  /** Reads WHMCS; rejects when it cannot. Never called again before the call in flight has ended. */
  readonly readCatalogue: () => Promise<Catalogue>;
  readonly keeper: CatalogueKeeper;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CurrentCatalogue {
  readonly catalogue: Catalogue;
  readonly documents: PriceDocuments;
  /** WHMCS could not be read in time; this is the last good list. */
  readonly isStale: boolean;
}

export interface CatalogueCopy {
  /**
   * The catalogue to answer with, at once while it is fresh, else after one refresh for all who wait, within 2 s. Null
   * when there is none at most 24 hours old. Never rejects.
   */
  current(): CurrentCatalogue | null | Promise<CurrentCatalogue | null>;
}

const freshForMs = 2_000;
const waitAtMostMs = 2_000;
const serveStaleForMs = 24 * 60 * 60 * 1000;
/** After a failure the next attempt waits this long, so that a dead server is not asked by every request. */
const pauseAfterFailureMs = 500;
const keepAgainAfterMs = 10 * 60 * 1000;

interface Copy {
  readonly json: string;
  readonly catalogue: Catalogue;
  readonly readAt: Date;
  /** When the read began, on the monotonic clock; a copy from the keeper was never fresh. */
  readonly startedMs: number;
  readonly fresh: CurrentCatalogue;
  readonly stale: CurrentCatalogue;
}

/** Begins empty; the first question fills it from WHMCS or, failing that, from the keeper. */
export function createCatalogueCopy(settings: CopySettings): CatalogueCopy {
  const { clock, log, keeper } = settings;
  let copy: Copy | null = null;
  let refresh: Promise<void> | null = null;
  let loading: Promise<void> | null = null;
  let answer: Promise<CurrentCatalogue | null> | null = null;
  let refreshEndsMs = Number.NEGATIVE_INFINITY;
  let failedMs = Number.NEGATIVE_INFINITY;
  let kept: { json: string; readAt: Date } | null = null;
  let isKeeping = false;

  function current(): CurrentCatalogue | null | Promise<CurrentCatalogue | null> {
    const nowMs = clock.monotonicMs();
    if (copy !== null && nowMs - copy.startedMs <= freshForMs) return copy.fresh;
    if (refresh === null) {
      if (nowMs - failedMs < pauseAfterFailureMs) return stale();
      beginRefresh(nowMs);
    }
    // A refresh that has outlived its limit goes on in the background, alone, and nobody waits for it.
    return nowMs >= refreshEndsMs || answer === null ? stale() : answer;
  }

  function stale(): CurrentCatalogue | null {
    if (copy === null || clock.now().getTime() - copy.readAt.getTime() > serveStaleForMs) return null;
    return copy.stale;
  }

  function beginRefresh(startedMs: number): void {
    refreshEndsMs = startedMs + waitAtMostMs;
    if (copy === null) loading ??= loadKept();
    refresh = readWhmcs(startedMs);
    answer = waitAtMost(refreshOrLoad(refresh), waitAtMostMs, clock).then(() =>
      copy !== null && copy.startedMs === startedMs ? copy.fresh : stale(),
    );
  }

  /** What the keeper has matters only when WHMCS gave nothing: a slow ledger must not delay a good answer. */
  async function refreshOrLoad(reading: Promise<void>): Promise<void> {
    await reading;
    if (copy === null) await loading;
  }

  async function readWhmcs(startedMs: number): Promise<void> {
    const readAt = clock.now();
    try {
      copy = makeCopy(await settings.readCatalogue(), { readAt, startedMs }, copy);
      void keepIfWorthwhile(copy);
    } catch (error) {
      failedMs = clock.monotonicMs();
      log.warn("catalogue.refresh_failed", describeError(error));
    } finally {
      refresh = null;
    }
  }

  async function loadKept(): Promise<void> {
    try {
      const row = await keeper.load();
      if (row === null) return;
      const catalogue = v.parse(catalogueSchema, row.catalogue);
      const loaded = makeCopy(catalogue, { readAt: row.readAt, startedMs: Number.NEGATIVE_INFINITY }, null);
      kept = { json: loaded.json, readAt: row.readAt };
      copy ??= loaded;
    } catch (error) {
      log.warn("catalogue.load_failed", describeError(error));
    } finally {
      loading = null;
    }
  }

  async function keepIfWorthwhile({ json, catalogue, readAt }: Copy): Promise<void> {
    const isKept = kept?.json === json && readAt.getTime() - kept.readAt.getTime() < keepAgainAfterMs;
    if (isKept || isKeeping) return;
    isKeeping = true;
    try {
      await keeper.keep(catalogue, readAt);
      kept = { json, readAt };
    } catch (error) {
      log.warn("catalogue.keep_failed", describeError(error));
    } finally {
      isKeeping = false;
    }
  }

  return { current };
}

/** Renders anew only when something changed. */
function makeCopy(catalogue: Catalogue, read: { readAt: Date; startedMs: number }, previous: Copy | null): Copy {
  const json = JSON.stringify(catalogue);
  const documents = previous?.json === json ? previous.fresh.documents : renderPriceList(catalogue);
  return {
    json,
    catalogue,
    ...read,
    fresh: { catalogue, documents, isStale: false },
    stale: { catalogue, documents, isStale: true },
  };
}
