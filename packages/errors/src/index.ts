/**
 * The one error class of tastic, and the list of its stable codes.
 *
 * An error says what was wrong and where (`message`), what the user can do now (`guidance`), and carries a
 * `code` that programs may rely on. Soft faults, such as a source file that cannot be read, are not errors
 * but events of the operation that met them.
 */

/** Every code an error of tastic can carry. Codes are never renamed. */
export type ErrorCode =
  /** The caller passed something that makes no sense: an unknown flag, an impossible size. */
  | "invalid-argument"
  /** There is no repository at the location (restic's exit code 10). */
  | "no-repository"
  /** `init` found a repository, or part of one, at the location. */
  | "repository-exists"
  /** Another process holds a conflicting lock (restic's exit code 11). */
  | "locked"
  /** Our own lock could not be refreshed in time; the operation was stopped. */
  | "lock-lost"
  /** No key opens with this password (restic's exit code 12). */
  | "wrong-password"
  /** A password is needed and none was given. */
  | "no-password"
  /** A key file asks for more memory or time than we are willing to spend, or is malformed. */
  | "invalid-key"
  /** A ciphertext does not match its authentication tag, or is too short to have one. */
  | "damaged-ciphertext"
  /** A ciphertext begins with the all-zero nonce, which no writer produces. */
  | "zero-nonce"
  /** Bytes that were decrypted, or need no decryption, are not what their kind requires. */
  | "invalid-format"
  /** A stored object's bytes do not have the hash that its name states. */
  | "hash-mismatch"
  /** A length, count or depth is beyond what we accept, before anything was allocated for it. */
  | "limit-exceeded"
  /** The repository's version or a feature of it is newer than we understand. */
  | "unsupported"
  /** A named object is not in the store. */
  | "not-found"
  /** A named object is in the store already and must not be overwritten. */
  | "already-exists"
  /** A blob is in no index. */
  | "blob-not-found"
  /** A prefix matches more than one id. */
  | "ambiguous-id"
  /** The store refused us: permissions, credentials. */
  | "access-denied"
  /** The store has no room left. */
  | "no-space"
  /** The store failed in a way that may pass: network, time-out, a busy server. */
  | "storage-failed"
  /** None of the sources of a backup exists. */
  | "no-source"
  /** A path would leave the folder it must stay in. */
  | "unsafe-path"
  /** The repository is damaged: something that is referred to is missing or wrong. */
  | "damaged-repository"
  /** Some of the work could not be done; what could be was (restic's exit code 3 for backup). */
  | "incomplete"
  /** The caller cancelled the operation. */
  | "cancelled"
  /** A defect of tastic itself. */
  | "internal";

/** What an error may carry beside its message. */
export interface ErrorDetails {
  /** One sentence: what the user can do now. */
  readonly guidance?: string;
  /** Facts for programs: names, ids, numbers. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What led to this error. */
  readonly cause?: unknown;
}

/** What every operation throws when it cannot go on. `code` is for programs, `message` and `guidance` for people. */
export class TasticError extends Error {
  override readonly name = "TasticError";
  readonly code: ErrorCode;
  readonly guidance: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.guidance = details.guidance;
    this.data = details.data ?? {};
  }
}

/** Is `error` one of ours, and of this code if one is given? */
export function isTasticError(error: unknown, code?: ErrorCode): error is TasticError {
  return error instanceof TasticError && (code === undefined || error.code === code);
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
