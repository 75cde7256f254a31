// Does the simulated ledger keep every promise that the real one keeps?
import { describeLedger, ledgerParts } from "../../purchases/ledger/describe-ledger.ts";
import { createSimulatedUnderTest } from "./under-test.ts";

for (const part of ledgerParts) describeLedger(part, createSimulatedUnderTest);
