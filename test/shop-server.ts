// On which server do WHMCS's tables live when it is not the ledger's?
import type { TestProject } from "vitest/node";
import { startMariaDb } from "../src/sandbox/mariadb.ts";
import "./shape.ts";

/** Starts a second server, for shops only, and returns what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMariaDb({ announce: (line) => console.log(line) });
  project.provide("shopRootUrl", server.rootUrl());
  return () => server.stop();
}
