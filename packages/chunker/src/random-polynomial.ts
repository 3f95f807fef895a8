// The polynomial of a new repository: section "Backups and Deduplication" of restic's design document.
import { randomBytes as systemRandomBytes } from "node:crypto";
import { TasticError } from "@tastic/errors";
import { isIrreducible } from "./irreducible.js";
import { RABIN_DEGREE } from "./rabin-tables.js";

/** About one in 27 odd polynomials of degree 53 is irreducible, so only a broken source of bytes takes this many. */
const MOST_TRIES = 10_000;
const LEADING_TERM = 1n << BigInt(RABIN_DEGREE);
const BYTES = Math.ceil(RABIN_DEGREE / 8);

/**
 * A random irreducible polynomial of degree 53. `randomBytes` returns as many bytes as it is asked for; by default
 * they are the system's. Throws `invalid-argument` if that source is not random enough to find one.
 */
export function randomPolynomial(randomBytes: (length: number) => Uint8Array = systemRandomBytes): bigint {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const bytes = randomBytes(BYTES);
    if (bytes.length !== BYTES) break;
    const bits = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
    // Without a constant term it could be divided by x.
    const polynomial = BigInt.asUintN(RABIN_DEGREE, bits) | LEADING_TERM | 1n;
    if (isIrreducible(polynomial)) return polynomial;
  }
  throw new TasticError("invalid-argument", "the source of random bytes gave no irreducible polynomial", {
    guidance: "Use a source that returns as many bytes as asked for, and different ones each time.",
  });
}
