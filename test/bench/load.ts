// How many requests does a server answer when many clients ask as fast as they can?
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/clock.ts";

export interface LoadOptions {
  readonly port: number;
  /** The bytes of the next request. */
  readonly nextRequest: () => Buffer;
  /** Every answer must have it, else the round measures nothing. */
  readonly status: number;
  readonly durationMs: number;
}

/** What happened within `durationMs`; answers that came later are waited for and not counted. */
export interface LoadResult {
  readonly answersPerSecond: number;
  readonly answers: number;
  readonly latenciesMs: readonly number[];
}

export const connections = 32;

/** Sends requests on 32 connections, each the next one as soon as the answer before is complete. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => openConnection(options.port)));
  const latenciesMs: number[] = [];
  const startedMs = systemClock.monotonicMs();
  const endsMs = startedMs + options.durationMs;
  await Promise.all(sockets.map((socket) => keepAsking(socket, { ...options, endsMs, latenciesMs })));
  const answers = latenciesMs.length;
  return { answers, answersPerSecond: (answers * 1000) / options.durationMs, latenciesMs };
}

/** One request; its whole answer as text. */
export async function ask(port: number, request: Buffer): Promise<string> {
  const socket = await openConnection(port);
  try {
    return await new Promise((resolve, reject) => {
      collectAnswers(socket, { onAnswer: (answer) => resolve(answer.toString("utf8")), onFailure: reject });
      socket.write(request);
    });
  } finally {
    socket.destroy();
  }
}

/** A GET request on a connection that stays open. */
export function getRequest(target: string): Buffer {
  return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n`, "latin1");
}

async function openConnection(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

interface Asking extends LoadOptions {
  readonly endsMs: number;
  readonly latenciesMs: number[];
}

function keepAsking(socket: Socket, { nextRequest, status, endsMs, latenciesMs }: Asking): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    const send = () => {
      sentMs = systemClock.monotonicMs();
      socket.write(nextRequest());
    };
    const onAnswer = (answer: Buffer) => {
      const nowMs = systemClock.monotonicMs();
      if (Number(answer.toString("latin1", 9, 12)) !== status) {
        socket.destroy();
        return reject(new Error(`an answer was not ${status}: ${answer.toString("latin1", 0, 300)}`));
      }
      if (nowMs > endsMs) {
        socket.destroy();
        return resolve();
      }
      latenciesMs.push(nowMs - sentMs);
      send();
    };
    collectAnswers(socket, { onAnswer, onFailure: reject });
    send();
  });
}

interface Listener {
  readonly onAnswer: (answer: Buffer) => void;
  readonly onFailure: (error: Error) => void;
}

/** Calls `onAnswer` for each answer whose announced length has arrived. */
function collectAnswers(socket: Socket, { onAnswer, onFailure }: Listener): void {
  let received: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const length = answerLength(received);
    if (length === null || received.length < length) return;
    const answer = received.subarray(0, length);
    received = received.subarray(length);
    onAnswer(answer);
  });
  socket.on("error", onFailure);
  socket.on("close", () => onFailure(new Error("the server closed the connection")));
}

/** Head and body together, or null while the head is incomplete. */
function answerLength(received: Buffer): number | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const announced = /\r\ncontent-length: (\d+)/i.exec(received.toString("latin1", 0, headEnd))?.[1];
  if (announced === undefined) throw new Error("an answer did not announce its length");
  return headEnd + 4 + Number(announced);
}
