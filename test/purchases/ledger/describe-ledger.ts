// What must every implementation of the ledger do?
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { describeChanging } from "./changing.ts";
import { describeClaiming } from "./claiming.ts";
import { describeCompeting } from "./competing.ts";
import { describeDeciding } from "./deciding.ts";
import { describeQueueing } from "./queueing.ts";
import { describeRecording } from "./recording.ts";
import { describeRemembering } from "./remembering.ts";
import { describeSwitching } from "./switching.ts";
import type { CreateLedgerUnderTest, LedgerUnderTest } from "./under-test.ts";

const parts = {
  recording: describeRecording,
  changing: describeChanging,
  deciding: describeDeciding,
  remembering: describeRemembering,
  claiming: describeClaiming,
  competing: describeCompeting,
  queueing: describeQueueing,
  switching: describeSwitching,
};

/** Holds one part of a ledger, empty before each test, against everything its port promises. */
export function describeLedger(part: keyof typeof parts, create: CreateLedgerUnderTest): void {
  describe(part, () => {
    let tested: LedgerUnderTest | undefined;
    const get = () => {
      if (tested === undefined) throw new Error("the ledger is for tests, not for their description");
      return tested;
    };
    beforeAll(async () => {
      tested = await create();
    });
    beforeEach(() => get().empty());
    afterAll(() => tested?.close());
    parts[part](get);
  });
}
