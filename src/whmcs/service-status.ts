// Which services will not be used again? Pure.

/** `tblhosting.domainstatus` of services that have ended. */
const endedStatuses: readonly string[] = ["Terminated", "Cancelled", "Fraud", "Completed"];

export function isServiceEnded(status: string): boolean {
  return endedStatuses.includes(status);
}

export function listEndedStatuses(): string[] {
  return [...endedStatuses];
}
