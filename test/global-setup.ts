// Which database server do all test files share? One private MariaDB for the whole run.
import type { TestProject } from "vitest/node";
import { startMariaDb } from "../src/sandbox/mariadb.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** `mysql://root:…@127.0.0.1:port/` of the run's private server. */
    mariaDbRootUrl: string;
  }
}

/** Starts the server, tells the test files where it is, and returns what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMariaDb({ announce: (line) => console.log(line) });
  project.provide("mariaDbRootUrl", server.rootUrl());
  return () => server.stop();
}
