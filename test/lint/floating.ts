// Deliberately wrong: the lint test demands that the floating promise below is reported.
async function send(): Promise<void> {}
export function start(): void {
  send();
}
