// Deliberately wrong: which floating promises must the lint rule report? Each line marked "floats".
import { type Clock, systemClock } from "../../src/clock.ts";

async function send(): Promise<void> {}

export function sendAll(clock: Clock): void {
  send(); // floats: a function of this file
  systemClock.sleep(1); // floats: an object of another file
  clock.sleep(1).then(() => send()); // floats: an interface of another file, with no word about failure
}
