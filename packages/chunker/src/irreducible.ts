// Whether a polynomial over GF(2) is irreducible, which restic's design document demands of the chunker's polynomial.
import { TasticError } from "@tastic/errors";
import { degree, greatestCommonDivisor, squareModulo } from "./polynomial.js";

const MOST_BITS = 64;

/**
 * Ben-Or's test: x^(2^i) - x is the product of all irreducible polynomials whose degree divides i. A polynomial of
 * degree n that is not irreducible has a factor of degree n/2 or less, so it shares it with one of those up to n/2.
 * Bit i of `polynomial` is the coefficient of x^i. Throws `limit-exceeded` beyond 64 bits.
 */
export function isIrreducible(polynomial: bigint): boolean {
  if (polynomial < 2n) return false;
  const length = degree(polynomial);
  if (length >= MOST_BITS) {
    throw new TasticError("limit-exceeded", `polynomial of degree ${length} is too long to be tested`, {
      guidance: `Give a polynomial of at most ${MOST_BITS} bits.`,
    });
  }
  const x = 2n;
  let power = x;
  for (let i = 1; i <= length / 2; i++) {
    power = squareModulo(power, polynomial);
    if (greatestCommonDivisor(polynomial, power ^ x) !== 1n) return false;
  }
  return true;
}
