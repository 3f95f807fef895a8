import {
  decodePackHeader,
  encodePackHeader,
  idFromBytes,
  MAX_HEADER_LENGTH,
  PackHeaderBuilder,
  readHeaderLength,
  type BlobId,
  type PackEntry,
} from "@tastic/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, fixture } from "./helpers.js";

interface DescribedPack {
  readonly size: number;
  readonly tail: string;
  readonly header: string;
}
const packs = (label: string): DescribedPack[] =>
  JSON.parse(fixture(`packs-${label}.json`).toString()) as DescribedPack[];
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

describe.each(["utc", "kolkata"])("packs that restic wrote in %s", (label) => {
  test("are read, and their headers written again", () => {
    for (const { size, tail, header } of packs(label)) {
      const plaintext = Buffer.from(header, "hex");
      expect(readHeaderLength(Buffer.from(tail, "hex"), size, "pack")).toBe(plaintext.length + 32);
      const entries = decodePackHeader(plaintext, size, "pack");
      expect(Buffer.from(encodePackHeader(entries)).equals(plaintext)).toBe(true);
      expect(entries.every((entry) => entry.uncompressedLength > 0 || label === "kolkata")).toBe(true);
      expect(new Set(entries.map((entry) => entry.type)).size).toBe(1);
    }
  });
});

const entry = fc.record({
  type: fc.constantFrom("data" as const, "tree" as const),
  id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => idFromBytes<BlobId>(bytes)),
  length: fc.integer({ min: 32, max: 0xffff_ffff }),
  uncompressedLength: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff_ffff })),
});

test("any list of blobs comes back with its offsets", () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 200 }), (blobs) => {
      const header = encodePackHeader(blobs);
      let offset = 0;
      const expected: PackEntry[] = blobs.map((blob) => ({
        ...blob,
        offset: (offset += blob.length) - blob.length,
      }));
      expect(decodePackHeader(header, offset + header.length + 36, "pack")).toEqual(expected);
      expect(codeOf(() => decodePackHeader(header, offset + header.length + 37, "pack"))).toBe(
        "invalid-format",
      );
    }),
  );
});

test("a builder counts, and refuses what cannot be in a pack", () => {
  const builder = new PackHeaderBuilder();
  const ids = new Uint8Array(40).fill(7);
  builder.add("data", ids, 32, 0);
  builder.add("tree", ids, 33, 5, 8);
  expect([builder.count, builder.length]).toEqual([2, 37 + 41]);
  for (const length of [31, 2 ** 32, -1])
    expect(codeOf(() => builder.add("data", ids, length, 0))).toBe("invalid-argument");
  expect(codeOf(() => builder.add("data", ids, 32, 0, 9))).toBe("invalid-argument");
  expect(builder.finish().length).toBe(78);
});

test("the length at the end of a pack is held against restic's limits", () => {
  const code = (length: number, size: number) => codeOf(() => readHeaderLength(uint32(length), size, "pack"));
  expect(readHeaderLength(uint32(69), 73, "pack")).toBe(69);
  expect(code(69, 72)).toBe("invalid-format");
  expect(code(0, 100)).toBe("invalid-format");
  expect(code(68, 100)).toBe("invalid-format");
  expect(code(97, 100)).toBe("invalid-format");
  expect(code(MAX_HEADER_LENGTH + 1, 2 ** 30)).toBe("limit-exceeded");
  expect(codeOf(() => readHeaderLength(new Uint8Array(3), 100, "pack"))).toBe("invalid-format");
});

test("a header with an unknown type, an impossible length or no entry is refused", () => {
  const good = Buffer.concat([Buffer.of(2), uint32(40), uint32(5), Buffer.alloc(32)]);
  const size = 40 + good.length + 36;
  expect(decodePackHeader(good, size, "pack")).toHaveLength(1);
  const changed = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = value;
    return bytes;
  };
  for (const header of [
    changed(0, 4),
    changed(0, 255),
    changed(1, 31),
    changed(1, 41),
    changed(5, 0),
    changed(0, 0),
    good.subarray(0, 0),
  ]) {
    expect(codeOf(() => decodePackHeader(header, size, "pack"))).toBe("invalid-format");
  }
});
