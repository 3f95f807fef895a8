/**
 * Chooses scrypt parameters for a new key, by restic's measure: half a second and less than 60 MiB on this machine.
 */
import type { CryptoProvider } from "./provider.js";
import { MAX_N, MAX_WORK, type ScryptParams } from "./scrypt-params.js";

export interface CalibrationOptions {
  /** The time one derivation should take. Default 500. */
  readonly milliseconds?: number;
  /** Bytes of memory that one derivation stays below. Default 60 MiB. */
  readonly memory?: number;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

const R = 8;
/** Half of restic's usual N: a machine that is busy for a moment must not leave a weak key for years. */
const MIN_N = 2 ** 14;

/**
 * Starts from the largest N that fits into memory, halves it while one run takes too long, then raises p as far as
 * the time allows. Time grows in proportion to p, so one run tells enough.
 */
export async function calibrateScrypt(
  provider: CryptoProvider,
  options: CalibrationOptions = {},
): Promise<ScryptParams> {
  const { milliseconds = 500, memory = 60 * 2 ** 20, now = () => performance.now() } = options;
  const password = provider.randomBytes(32);
  const salt = provider.randomBytes(64);

  let N = MIN_N;
  while (2 * N * R * 128 < memory && N < MAX_N) N *= 2;
  for (;;) {
    const start = now();
    await provider.scrypt(password, salt, { N, r: R, p: 1 }, 64);
    const took = now() - start;
    if (took <= milliseconds || N <= MIN_N) {
      const p = Math.floor(milliseconds / Math.max(took, 1e-3));
      // Whatever the clock says, the result is one that `checkScryptParams` accepts.
      return { N, r: R, p: Math.min(Math.max(p, 1), MAX_WORK / (N * R)) };
    }
    N /= 2;
  }
}
