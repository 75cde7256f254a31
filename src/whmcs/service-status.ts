// Which services will not be used again? Pure.

/** `tblhosting.domainstatus` of services, and `tblhostingaddons.status` of addons, that have ended. */
const endedStatuses: readonly string[] = ["Terminated", "Cancelled", "Fraud", "Completed"];

export function isServiceEnded(status: string): boolean {
  return endedStatuses.includes(status);
}

/** Where an addon stands: it ends with the service that it stands on, whatever its own row says. */
export function statusOfAddon(own: string, ofService: string): string {
  return isServiceEnded(ofService) && !isServiceEnded(own) ? ofService : own;
}

export function listEndedStatuses(): string[] {
  return [...endedStatuses];
}
