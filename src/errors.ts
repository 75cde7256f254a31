// Which errors does this program throw, and what does each of them say is known?

/** Facts that may be shown and logged: ids and codes only, never a secret, a URL or a body. */
export type SafeFields = Readonly<Record<string, string | number | boolean | null>>;

/** Root of everything thrown on purpose. `message` is safe to log; the original error stays in `cause`. */
export class BridgeError extends Error {
  readonly code: string;
  readonly fields: SafeFields;

  constructor(code: string, message: string, options: { cause?: unknown; fields?: SafeFields } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.fields = options.fields ?? {};
  }
}

/** Settings are missing or malformed: one line per problem, naming the setting, never its value. */
export class ConfigError extends BridgeError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super("config", problems.join("\n"));
    this.problems = problems;
  }
}

/** The caller's HTTP request cannot be served; `status` is the HTTP status to answer with. */
export class RequestError extends BridgeError {
  readonly status: number;

  constructor(status: number, code: string, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
    this.status = status;
  }
}

/** A database did not do what was asked; which one is in `fields.database`. */
export class DatabaseError extends BridgeError {}

/** A rule that must always hold does not: a defect, never an expected outcome. */
export class InvariantError extends BridgeError {
  constructor(message: string, fields: SafeFields = {}) {
    super("invariant", message, { fields });
  }
}
