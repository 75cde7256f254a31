// Is a connection given out once, and never after it was given up?
import { expect, test } from "vitest";
import { createConnection } from "../../src/ispmanager/connection.ts";
import { openFarSide } from "./far-side.ts";

type Given = "socket" | string;

/** What undici would be given for one call of the connector. */
function ask(connection: ReturnType<typeof createConnection>, port: number, protocol = "http:"): Promise<Given> {
  const target = { protocol, hostname: "127.0.0.1", port: String(port) };
  return new Promise((resolve) => {
    connection.connect(target, (error, socket) => {
      socket?.destroy();
      resolve(error ? error.message : "socket");
    });
  });
}

test("a second connection for the same request is refused", async () => {
  const side = await openFarSide({});
  const connection = createConnection({ isStillDue: () => true, connectMs: 1_000 });
  expect(connection.refusal()).toBe("not connected");
  expect(await ask(connection, side.port)).toBe("socket");
  expect(connection.refusal()).toBeNull();
  expect(await ask(connection, side.port)).toBe("one connection only");
  expect(side.connections).toBe(1);
});

test("a connection that was given up before it stood is never handed over", async () => {
  const side = await openFarSide({});
  let asked = 0;
  const isStillDue = () => {
    asked += 1;
    return true;
  };
  const connection = createConnection({ isStillDue, connectMs: 1_000 });
  const given = ask(connection, side.port);
  connection.abandon("deadline");
  expect([await given, connection.refusal(), asked]).toEqual(["deadline", "deadline", 0]);
  expect(await ask(connection, side.port)).toBe("one connection only");
});

test("what was handed over cannot be given up any more", async () => {
  const side = await openFarSide({});
  const connection = createConnection({ isStillDue: () => true, connectMs: 1_000 });
  expect(await ask(connection, side.port)).toBe("socket");
  connection.abandon("deadline");
  expect(connection.refusal()).toBeNull();
});

test("a connection that does not stand within its own deadline is given up", async () => {
  const side = await openFarSide({});
  const connection = createConnection({ isStillDue: () => true, connectMs: 40 });
  // The listener never answers the TLS greeting.
  expect(await ask(connection, side.port, "https:")).toBe("connect deadline");
  expect(connection.refusal()).toBe("connect deadline");
});
