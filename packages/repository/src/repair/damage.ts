/**
 * Telling what is broken from what could not be reached: a repair gives up only what is broken. Whatever may pass, such
 * as a network that is down, ends the repair instead.
 */
import { TasticError } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";

const DAMAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "damaged-ciphertext",
  "zero-nonce",
  "invalid-format",
  "hash-mismatch",
  "limit-exceeded",
  "not-found",
  "blob-not-found",
]);

/** Does the error say that what is stored is missing or wrong, so that trying again is of no use? */
export function isDamage(error: unknown): error is TasticError {
  return error instanceof TasticError && DAMAGE.has(error.code);
}
