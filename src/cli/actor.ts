// Who is at the command line?
import { userInfo } from "node:os";

const longestActor = 64;

/** Who did it, for the ledger: the operating system's user. */
export function nameActor(): string {
  try {
    return `cli:${userInfo().username}`.slice(0, longestActor);
  } catch {
    // A container may run under a number without a name.
    return `cli:uid ${process.getuid?.() ?? "unknown"}`;
  }
}
