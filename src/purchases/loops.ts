// When does each loop run? On its interval, at once when there is new work, and never twice at the same time.
import type { Clock } from "../clock.ts";
import { describeError, type Log } from "../log.ts";
import type { WhmcsApi } from "../whmcs/api.ts";
import { createAlarm } from "./alarm.ts";
import { runAnnouncements } from "./announcements.ts";
import { runBuyer } from "./buyer.ts";
import type { Engine } from "./engine.ts";
import { runIntake } from "./intake.ts";
import { checkIntervalMs, createInvariantCheck } from "./invariant-check.ts";
import { createLifecycle } from "./lifecycle-round.ts";
import { runMessages } from "./messages.ts";
import { createRemoteSweep } from "./remote-sweep.ts";
import { runSweep } from "./sweep.ts";
import { runVerifier } from "./verifier.ts";
import { runWriteBack } from "./write-back.ts";

interface LoopParts {
  readonly name: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** One round; how many rows or events it handled. */
  readonly run: () => Promise<number>;
  /** Called after a round that handled something. */
  readonly then?: () => void;
}

/** How often a process asks whether it is its turn to send messages. */
const messagesPaceMs = 15_000;

/** A round that handled this many has left more behind: the next one starts at once. */
const fullRound = 50;

interface Loop {
  /** The next round starts now, or right after the one under way. */
  wake(): void;
  /** Starts no further round; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** A round that throws is logged and tried again after the interval. */
function startLoop({ name, everyMs, clock, log, run, then }: LoopParts): Loop {
  let isStopping = false;
  let isWoken = false;
  let alarm = new AbortController();
  const round = async () => {
    try {
      return await run();
    } catch (error) {
      log.error("loop.failed", { loop: name, ...describeError(error) });
      return 0;
    }
  };
  const live = async () => {
    while (!isStopping) {
      isWoken = false;
      if (alarm.signal.aborted) alarm = new AbortController();
      const handled = await round();
      if (handled > 0) then?.();
      if (!isStopping && !isWoken && handled < fullRound) await clock.sleep(everyMs, alarm.signal);
    }
  };
  const ended = live();
  const wake = () => {
    if (isWoken) return;
    isWoken = true;
    alarm.abort("woken");
  };
  return {
    wake,
    stop: async () => {
      isStopping = true;
      wake();
      await ended;
    },
  };
}

export interface Loops {
  /** New events are stored: look at them at once. */
  wake(): void;
  /** Starts no further round; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Starts all loops of the purchase engine; each wakes the one that goes on with its work. */
export function startLoops(engine: Engine, api: WhmcsApi | null): Loops {
  const { settings, clock, log } = engine;
  const start = (name: string, everyMs: number, run: () => Promise<number>, then?: () => void) =>
    startLoop({ name, everyMs, clock, log, run, ...(then === undefined ? {} : { then }) });
  const pace = settings.buyerIntervalMs;
  const writeBack = start("write_back", pace, () => runWriteBack(engine, api));
  const heralds = engine.automation === null ? [] : [start("announcements", pace, () => runAnnouncements(engine))];
  const verifier = start(
    "verifier",
    pace,
    () => runVerifier(engine),
    () => {
      for (const loop of [writeBack, ...heralds]) loop.wake();
    },
  );
  const buyer = start("buyer", pace, () => runBuyer(engine), verifier.wake);
  const lifecycle = start("lifecycle", settings.sweepIntervalMs / 4, createLifecycle(engine));
  const intake = start(
    "intake",
    pace,
    () => runIntake(engine),
    () => {
      for (const loop of [buyer, lifecycle]) loop.wake();
    },
  );
  const sweep = start("sweep", settings.sweepIntervalMs / 4, () => runSweep(engine), buyer.wake);
  const messages = start("messages", messagesPaceMs, () => runMessages(engine, api));
  const alarm = createAlarm(engine);
  const rules = start("invariants", checkIntervalMs / 4, createInvariantCheck(engine, alarm));
  const remote = start("remote_sweep", settings.remoteSweepIntervalMs / 4, createRemoteSweep(engine, alarm));
  const all = [sweep, intake, lifecycle, buyer, verifier, writeBack, ...heralds, messages, rules, remote];
  return {
    wake: intake.wake,
    stop: async () => {
      await Promise.all(all.map((loop) => loop.stop()));
    },
  };
}
