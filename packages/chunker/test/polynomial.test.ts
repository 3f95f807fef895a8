// Irreducibility against a sieve, random polynomials, and the spelling in restic's config.
import { formatPolynomial, isIrreducible, parsePolynomial, randomPolynomial } from "@tastic/chunker";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { xorshift32 } from "./data.js";

/** The product over GF(2), by shift and add. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (; b !== 0n; b >>= 1n, a <<= 1n) if (b & 1n) product ^= a;
  return product;
}

describe("isIrreducible", () => {
  it("agrees with a sieve of all products, up to degree 11", () => {
    const end = 1n << 12n;
    const products = new Set<bigint>();
    for (let a = 2n; a < end; a++) {
      for (let b = 2n; b <= a; b++) {
        const product = multiply(a, b);
        if (product < end) products.add(product);
        else if (b.toString(2).length + a.toString(2).length > 13) break;
      }
    }
    const wrong: bigint[] = [];
    for (let p = 2n; p < end; p++) if (isIrreducible(p) === products.has(p)) wrong.push(p);
    expect(wrong).toEqual([]);
  });

  it("knows the well-known: constants are none, x and x + 1 are, restic's example is", () => {
    expect([-7n, 0n, 1n].map(isIrreducible)).toEqual([false, false, false]);
    expect([2n, 3n, 0x3da3358b4dc173n].map(isIrreducible)).toEqual([true, true, true]);
    // Ben-Or's product has no factor twice; a square must be found all the same.
    expect(isIrreducible(multiply(0x5_00_00_27n, 0x5_00_00_27n))).toBe(false);
  });

  it("no product is", () => {
    const factor = fc.bigInt({ min: 2n, max: 2n ** 32n - 1n });
    fc.assert(fc.property(factor, factor, (a, b) => !isIrreducible(multiply(a, b))));
  });

  it("refuses more than 64 bits", () => {
    expect(() => isIrreducible(1n << 64n)).toThrow(expect.objectContaining({ code: "limit-exceeded" }));
  });
});

describe("randomPolynomial", () => {
  it("is irreducible, of degree 53, and not the same twice", () => {
    const found = Array.from({ length: 10 }, () => randomPolynomial());
    expect(found.every((p) => p >> 53n === 1n && isIrreducible(p))).toBe(true);
    expect(new Set(found).size).toBe(10);
  });

  it("depends on the source alone", () => {
    const source = () => {
      const next = xorshift32(5);
      return (length: number) => Uint8Array.from({ length }, () => next() & 0xff);
    };
    expect(randomPolynomial(source())).toBe(randomPolynomial(source()));
  });

  it.each([
    ["always zero", (length: number) => new Uint8Array(length)],
    ["short of bytes", (length: number) => new Uint8Array(length - 1).fill(1)],
    ["empty", () => new Uint8Array()],
  ])("gives up on a source that is %s", (_, source) => {
    expect(() => randomPolynomial(source)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});

describe("the spelling of polynomials", () => {
  it("is restic's", () => {
    expect(parsePolynomial("3da3358b4dc173")).toBe(0x3da3358b4dc173n);
    expect(formatPolynomial(0x3da3358b4dc173n)).toBe("3da3358b4dc173");
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
        (p) => parsePolynomial(formatPolynomial(p)) === p,
      ),
    );
  });

  it.each(["", "0", "0000", "0x3da3358b4dc173", "3da3358b4dc17g", " 3da", "-3da", "3da\n", "1".repeat(17)])(
    "%j is refused",
    (hex) => {
      expect(() => parsePolynomial(hex)).toThrow(expect.objectContaining({ code: "invalid-format" }));
    },
  );

  it("is not repeated at length when it is refused", () => {
    expect(() => parsePolynomial("f".repeat(1_000_000))).toThrow(/^.{40,90}$/);
  });

  it.each([0n, -1n, 1n << 64n])("%s has none", (polynomial) => {
    expect(() => formatPolynomial(polynomial)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
