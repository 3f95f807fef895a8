/**
 * What the command's exit code says, as in restic.
 */
import { TasticError } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";

const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  incomplete: 3,
  "no-repository": 10,
  locked: 11,
  "wrong-password": 12,
  cancelled: 130,
};

/** The exit code for anything that was thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof TasticError ? (EXIT_CODES[error.code] ?? 1) : 1;
}
