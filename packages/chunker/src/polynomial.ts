// Arithmetic on polynomials over GF(2). Bit i of a bigint is the coefficient of x^i; to add is to xor.

/** The degree, or -1 for zero. */
export function degree(a: bigint): number {
  return a === 0n ? -1 : a.toString(2).length - 1;
}

/** The remainder of `a` divided by `divisor`, which must not be zero. */
export function remainder(a: bigint, divisor: bigint): bigint {
  const length = degree(divisor);
  for (let shift = degree(a) - length; shift >= 0; shift--) {
    if ((a >> BigInt(shift + length)) & 1n) a ^= divisor << BigInt(shift);
  }
  return a;
}

/** a² modulo `divisor`: squaring over GF(2) only spreads the bits, as the mixed terms come in pairs. */
export function squareModulo(a: bigint, divisor: bigint): bigint {
  const bits = a.toString(2).split("");
  return remainder(BigInt(`0b${bits.join("0")}`), divisor);
}

/** The greatest common divisor; zero only if both are. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, remainder(a, b)];
  return a;
}
