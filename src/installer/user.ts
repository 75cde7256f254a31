// Whose files are they, and how is something done with that user's rights only?
import { execFileSync } from "node:child_process";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The user and main group of that name; null when the system knows none. */
export function findUser(name: string): User | null {
  if (!/^[A-Za-z_][\w.-]{0,63}\$?$/.test(name)) return null;
  try {
    const ask = (flag: string) =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    return { uid: ask("-u"), gid: ask("-g") };
  } catch {
    return null;
  }
}

/** The user's name, or its number where it has none. */
export function nameUser({ uid }: User): string {
  try {
    return execFileSync("id", ["-un", String(uid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return String(uid);
  }
}

/** Whoever runs this program. */
export function ownUser(): User {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Runs `work`, which must not wait for anything, with the rights of `user` when we are root: what it makes is theirs, and a
 * link that they put in its way leads nowhere that they could not write themselves.
 */
export function asUser<T>(user: User, work: () => T): T {
  const { setegid, seteuid, setgroups, getgroups } = process;
  if (!isRoot() || !setegid || !seteuid || !setgroups || !getgroups) return work();
  const groups = getgroups.call(process);
  try {
    setgroups.call(process, [user.gid]);
    setegid.call(process, user.gid);
    seteuid.call(process, user.uid);
    return work();
  } finally {
    seteuid.call(process, 0);
    setegid.call(process, 0);
    setgroups.call(process, groups);
  }
}
