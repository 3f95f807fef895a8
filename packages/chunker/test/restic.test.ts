// Both Rabin chunkers against what restic itself cut.
import { createHash } from "node:crypto";
import { createRabinChunker, createRabinTwin, isIrreducible, parsePolynomial } from "@tastic/chunker";
import { describe, expect, it } from "vitest";
import { cutAll, pieces } from "./cut-all.js";
import { kinds } from "./data.js";
import { repositories } from "./restic-vectors.js";

const MiB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each(repositories)("a repository with polynomial $polynomial", ({ polynomial: hex, files }) => {
  const polynomial = parsePolynomial(hex);
  const chunkers = {
    kernel: createRabinChunker(polynomial),
    "kernel with the smallest buffer": createRabinChunker(polynomial, { bufferSize: 8 * MiB }),
    twin: createRabinTwin(polynomial),
  };

  it("has an irreducible polynomial", () => {
    expect(isIrreducible(polynomial)).toBe(true);
  });

  it.each(files)("$kind $seed of $length bytes has restic's chunks", ({ kind, seed, length, chunks }) => {
    const input = kinds[kind](seed, length);
    for (const [name, chunker] of Object.entries(chunkers)) {
      const found = pieces(input, cutAll(chunker, input));
      expect(
        found.map((chunk) => [chunk.length, sha256(chunk)]),
        name,
      ).toEqual(chunks);
    }
  });
});

it("zeros are cut every 512 KiB, into the chunk that every restic repository with zeros has", () => {
  const input = new Uint8Array(3 * MiB);
  const found = pieces(input, cutAll(createRabinChunker(0x3da3358b4dc173n), input));
  expect(found.map(sha256)).toEqual(
    Array.from({ length: 6 }, () => "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"),
  );
});

it("no input has no chunks", () => {
  expect(cutAll(createRabinChunker(0x3da3358b4dc173n), new Uint8Array())).toEqual([]);
});
