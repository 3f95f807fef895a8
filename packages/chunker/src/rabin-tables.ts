// The tables that make the Rabin hash of restic's chunker fast. A polynomial gives two: one reduces the byte that
// appending pushes over the degree, one takes the oldest byte of the window out of the hash.
import { TasticError } from "@tastic/errors";
import { checkInteger, chunkerSizes, type ChunkerOptions, type ChunkerSizes } from "./chunker.js";
import { degree } from "./polynomial.js";

/** The degree of every polynomial that restic makes. The kernel has it built in. */
export const RABIN_DEGREE = 53;
/** The number of bytes that the hash at a position covers. */
export const RABIN_WINDOW = 64;

/** What a Rabin chunker works with: sizes and `mask`, the low bits of the hash that are all zero at a cut. */
export interface RabinParameters extends ChunkerSizes {
  readonly mask: number;
}

/** Throws `unsupported` for a polynomial of another degree, `invalid-argument` for impossible options. */
export function rabinParameters(polynomial: bigint, options: ChunkerOptions): RabinParameters {
  if (polynomial < 0n || degree(polynomial) !== RABIN_DEGREE) {
    throw new TasticError("unsupported", `chunker polynomial is not of degree ${RABIN_DEGREE}`, {
      guidance: "Take the one in the repository's config, or make one with randomPolynomial.",
    });
  }
  const { averageBits = 20 } = options;
  checkInteger("averageBits", averageBits, 1, 30);
  return { ...chunkerSizes(options, RABIN_WINDOW), mask: 2 ** averageBits - 1 };
}

/** The residues of b·x^power for all bytes b. `polynomial` must be of degree 53. */
export function residues(polynomial: bigint, power: number): BigUint64Array {
  const table = new BigUint64Array(256);
  const overflow = BigInt(RABIN_DEGREE);
  let residue = 1n;
  for (let exponent = 0; exponent < power + 8; exponent++) {
    if (exponent >= power) {
      const bit = 1 << (exponent - power);
      for (let rest = 0; rest < bit; rest++) table[bit | rest] = table[rest]! ^ residue;
    }
    residue <<= 1n;
    if (residue >> overflow) residue ^= polynomial;
  }
  return table;
}
