// What does every check get besides the settings?
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
}
