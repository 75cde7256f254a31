// How does the program say what it does? JSON lines on stdout, fields from an allow-list of harmless types.
import { pino } from "pino";
import { BridgeError, type SafeFields } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** `event` is a fixed dotted name (`purchase.sent`); `fields` hold ids and codes, never bodies, URLs or headers. */
export interface Log {
  debug(event: string, fields?: SafeFields): void;
  info(event: string, fields?: SafeFields): void;
  warn(event: string, fields?: SafeFields): void;
  error(event: string, fields?: SafeFields): void;
}

/** The program's log on stdout. */
export function createLog(level: LogLevel): Log {
  const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return {
    debug: (event, fields) => sink.debug(fields ?? {}, event),
    info: (event, fields) => sink.info(fields ?? {}, event),
    warn: (event, fields) => sink.warn(fields ?? {}, event),
    error: (event, fields) => sink.error(fields ?? {}, event),
  };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The loggable part of anything thrown: our own message and fields, else only the class and the error code,
 * because foreign messages may carry SQL, URLs or bodies.
 */
export function describeError(error: unknown): SafeFields {
  if (error instanceof BridgeError) {
    const cause = error.cause === undefined ? {} : { cause: codeOf(error.cause) };
    return { code: error.code, message: error.message, ...error.fields, ...cause };
  }
  return { code: codeOf(error) };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause instanceof Error ? `${error.name}/${codeOf(error.cause)}` : error.name;
}
