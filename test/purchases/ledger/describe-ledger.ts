// What must every implementation of the ledger do?
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { describeAdopting } from "./adopting.ts";
import { describeAnnouncing } from "./announcing.ts";
import { describeBooking } from "./booking.ts";
import { describeBreaking } from "./breaking.ts";
import { describeChanging } from "./changing.ts";
import { describeClaiming } from "./claiming.ts";
import { describeCompeting } from "./competing.ts";
import { describeDeciding } from "./deciding.ts";
import { describeHousing } from "./housing.ts";
import { describeKeeping } from "./keeping.ts";
import { describeOutliving } from "./outliving.ts";
import { describePrecautions } from "./precautions.ts";
import { describeQueueing } from "./queueing.ts";
import { describeRecording } from "./recording.ts";
import { describeRemembering } from "./remembering.ts";
import { describeSwitching } from "./switching.ts";
import { describeTelling } from "./telling.ts";
import type { CreateLedgerUnderTest, LedgerUnderTest } from "./under-test.ts";

const parts = {
  recording: describeRecording,
  changing: describeChanging,
  deciding: describeDeciding,
  adopting: describeAdopting,
  housing: describeHousing,
  remembering: describeRemembering,
  claiming: describeClaiming,
  competing: describeCompeting,
  queueing: describeQueueing,
  switching: describeSwitching,
  booking: describeBooking,
  precautions: describePrecautions,
  keeping: describeKeeping,
  telling: describeTelling,
  announcing: describeAnnouncing,
  breaking: describeBreaking,
  outliving: describeOutliving,
};

export type LedgerPart = keyof typeof parts;
export const ledgerParts = Object.keys(parts) as LedgerPart[];

/** Holds one part of a ledger, empty before each test, against everything its port promises. */
export function describeLedger(part: LedgerPart, create: CreateLedgerUnderTest): void {
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
