/**
 * What scrypt (RFC 7914) costs, and how much of it a key file may ask for. A key file is read before anything in it
 * can be authenticated: whoever writes to the store decides N, r and p.
 */
import { TasticError } from "@tastic/errors";

export interface ScryptParams {
  /** Cost: a power of two. */
  readonly N: number;
  /** Block size: 128 * r bytes. */
  readonly r: number;
  /** How many times in a row, independently. */
  readonly p: number;
}

/** The largest N we accept. */
export const MAX_N = 2 ** 20;
/** Bytes: 16 times what restic's calibration uses at most. */
const MAX_MEMORY = 2 ** 30;
/** The most N * r * p we accept: about ten seconds in Node, where restic's calibration aims at half a second. */
export const MAX_WORK = 2 ** 25;

/** The bytes that scrypt allocates: the table V, the blocks B, and working space. */
export function scryptMemory({ N, r, p }: ScryptParams): number {
  return 128 * r * (N + p + 2);
}

/**
 * Refuses parameters that are malformed, or would take more memory or time than we are willing to spend. Allocates
 * nothing. `what` names the object in errors ("key 1a2b3c4d").
 * @throws TasticError `invalid-key`
 */
export function checkScryptParams(params: ScryptParams, what: string): void {
  const { N, r, p } = params;
  const refuse = (reason: string): never => {
    throw new TasticError("invalid-key", `${what}: scrypt parameters N=${N}, r=${r}, p=${p}: ${reason}`, {
      guidance: "The key file is damaged or hostile; open the repository with another key.",
      data: { N, r, p },
    });
  };
  if (!Number.isSafeInteger(N) || N < 2 || N > MAX_N || !Number.isInteger(Math.log2(N))) {
    refuse(`N must be a power of two from 2 to ${MAX_N}`);
  }
  if (!Number.isSafeInteger(r) || r < 1 || !Number.isSafeInteger(p) || p < 1) {
    refuse("r and p must be whole numbers from 1");
  }
  if (r * p >= 2 ** 30) refuse("r * p must be less than 2^30");
  const memory = scryptMemory(params);
  // A table of exactly 1 GiB (N = 2^20, r = 8) is allowed; what comes on top of it does not count.
  if (128 * N * r > MAX_MEMORY || 128 * r * p > MAX_MEMORY) {
    refuse(`${Math.ceil(memory / 2 ** 20)} MiB of memory, more than the ${MAX_MEMORY / 2 ** 20} MiB allowed`);
  }
  if (N * r * p > MAX_WORK) {
    refuse(`work N * r * p = ${N * r * p}, more than the ${MAX_WORK} allowed`);
  }
}
