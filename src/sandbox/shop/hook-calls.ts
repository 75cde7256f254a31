// Which hook points would WHMCS run, and with which variables?

/** One hook run as data; `vars` is the array that PHP's hook function gets. */
export interface HookCall {
  readonly point: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** What every action of the shop returns besides its ids, in the order in which WHMCS would run them. */
export interface WithHooks {
  readonly hooks: readonly HookCall[];
}

export function hook(point: string, vars: HookCall["vars"]): HookCall {
  return { point, vars };
}
