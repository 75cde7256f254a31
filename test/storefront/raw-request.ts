// How does a test send bytes that no polite client would send?
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";

/** A bare connection to the server at `origin`. */
export async function openRaw(origin: string) {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  socket.on("error", () => {});
  await once(socket, "connect");

  /** Waits until something is so, at most two seconds. */
  async function until(isSo: () => boolean): Promise<void> {
    for (let tries = 0; tries < 400 && !isSo(); tries += 1) await setTimeout(5);
    if (!isSo()) throw new Error("it did not become so");
  }

  return {
    until,
    write: (text: string) => void socket.write(text, "latin1"),
    statusLine: async () => {
      await until(() => received.includes("\r\n"));
      return received.slice(0, received.indexOf("\r\n"));
    },
    close: () => void socket.destroy(),
  };
}
