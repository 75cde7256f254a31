import { describeLedger } from "./describe-ledger.ts";
import { createMariaDbLedger } from "./under-test.ts";

describeLedger("housing", createMariaDbLedger);
