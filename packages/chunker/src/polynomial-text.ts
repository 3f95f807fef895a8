// How restic's config file spells the chunker's polynomial: hexadecimal digits, no prefix, no padding.
import { TasticError } from "@tastic/errors";

/** 64 bits, the most that restic reads. */
const DIGITS = /^[0-9a-fA-F]{1,16}$/;

/**
 * Bit i of the result is the coefficient of x^i. Throws `invalid-format` for what is no hexadecimal number, longer
 * than 64 bits, or zero. Whether the polynomial can cut is for `isIrreducible` and `createRabinChunker` to say.
 */
export function parsePolynomial(hex: string): bigint {
  const polynomial = DIGITS.test(hex) ? BigInt(`0x${hex}`) : 0n;
  if (polynomial === 0n) {
    const shown = hex.length > 32 ? `${hex.slice(0, 32)}…` : hex;
    throw new TasticError("invalid-format", `chunker polynomial ${JSON.stringify(shown)} is not valid`, {
      guidance: "It must be 1 to 16 hexadecimal digits, and not zero.",
    });
  }
  return polynomial;
}

/** The inverse of `parsePolynomial`. Throws `invalid-argument` for what that would not read. */
export function formatPolynomial(polynomial: bigint): string {
  if (polynomial <= 0n || polynomial >> 64n !== 0n) {
    throw new TasticError("invalid-argument", "chunker polynomial is not within 1 and 2^64 - 1");
  }
  return polynomial.toString(16);
}
