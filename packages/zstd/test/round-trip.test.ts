// What is compressed comes back, here and in another zstd; and what others wrote is read.
import { compress as foreignCompress, decompress as foreignDecompress, isLoaded } from "@foxglove/wasm-zstd";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { contentSizeOf } from "../dist/frame-header.js";
import { contexts, fixture, longText, MiB, noise, text } from "./support.js";

const what = "blob 1a2b";
const maxLength = 64 * MiB;

beforeAll(async () => {
  await isLoaded;
});

/** Bytes of all kinds: empty, repetitive, mixed and incompressible, around the sizes where the paths part. */
const data = fc
  .record({
    length: fc.oneof(
      fc.nat(300),
      fc.nat(200_000),
      fc.constantFrom(
        65_535,
        65_536,
        65_792,
        MiB,
        2 * MiB - 1,
        2 * MiB,
        2 * MiB + 1,
        2.25 * MiB + 1,
        5 * MiB,
      ),
    ),
    kind: fc.constantFrom("noise", "text", "zero", "mixed"),
    seed: fc.nat(1000),
  })
  .map(({ length, kind, seed }) => {
    if (kind === "noise") return noise(length, seed);
    if (kind === "zero") return new Uint8Array(length);
    const bytes = Uint8Array.from(longText.subarray(seed, seed + length));
    if (kind === "mixed") bytes.set(noise(length >> 2, seed), length >> 2);
    return bytes;
  });

function same(a: Uint8Array, b: Uint8Array): void {
  // Faster than toEqual, and the message of a failure stays readable.
  expect(Buffer.compare(a, b)).toBe(0);
}

describe.each(contexts)("%s", (_, zstd) => {
  it("gives back what it compressed, to itself and to another zstd", () => {
    fc.assert(
      fc.property(data, fc.constantFrom(1, 2, 3, 4, 6), (bytes, level) => {
        const frame = zstd.compress(bytes, level);
        same(zstd.decompress(frame, { uncompressedLength: bytes.length, maxLength, what }), bytes);
        same(zstd.decompress(frame, { maxLength: bytes.length, what }), bytes);
        if (bytes.length > 0) same(foreignDecompress(frame, bytes.length), bytes);
      }),
      { numRuns: 60 },
    );
  });

  it("reads what another zstd compressed", () => {
    fc.assert(
      fc.property(data, fc.constantFrom(1, 3, 7, 12), (bytes, level) => {
        same(zstd.decompress(foreignCompress(bytes, level), { maxLength, what }), bytes);
      }),
      { numRuns: 20 },
    );
  });

  it("reads a frame from the room that it has for one", () => {
    const lay = (frame: Uint8Array): Uint8Array => {
      const room = zstd.inputRoom(frame.length);
      room?.set(frame);
      return room ?? frame;
    };
    const frames = [fixture("known-size-checksum"), fixture("unknown-size"), fixture("long-unknown-size")];
    for (const length of [1, 65_537, 2 * MiB, 5 * MiB]) frames.push(zstd.compress(noise(length, length), 3));
    for (const frame of frames) {
      const content = zstd.decompress(frame, { maxLength, what });
      same(zstd.decompress(lay(frame), { maxLength, what }), content);
      const pieces: Uint8Array[] = [];
      zstd.decompressTo(lay(frame), { maxLength, what }, (piece) => pieces.push(piece.slice()));
      same(Buffer.concat(pieces), content);
      expect(() => zstd.decompress(lay(frame.subarray(0, -1)), { maxLength, what })).toThrow(what);
      expect(() => zstd.decompress(lay(frame), { maxLength: content.length - 1, what })).toThrow(/more than/);
    }
    expect(zstd.inputRoom(0)?.length).toBe(0);
    expect(zstd.inputRoom(2 * MiB)?.length).toBe(2 * MiB);
    expect(zstd.inputRoom(2 * MiB + 1)?.length).toBe(2 * MiB + 1);
    expect(zstd.inputRoom(11 * MiB + 1)).toBeUndefined();
  });

  it("compresses at every level", () => {
    for (let level = 1; level <= 19; level++) {
      const frame = zstd.compress(longText.subarray(0, 150_000), level);
      expect(frame.length).toBeLessThan(5000);
      same(
        zstd.decompress(frame, { uncompressedLength: 150_000, maxLength, what }),
        longText.subarray(0, 150_000),
      );
    }
  });

  it("writes one frame with its content size and without a checksum", () => {
    for (const length of [0, 1, 255, 256, 65_791, 65_792, MiB, 2 * MiB, 2 * MiB + 1, 5 * MiB]) {
      const frame = zstd.compress(longText.subarray(0, length), 3);
      expect(contentSizeOf(frame)).toBe(length);
      expect(frame[4]! & 0x04).toBe(0);
    }
  });

  it("reads frames of the zstd program, with and without size and checksum", () => {
    for (const name of ["known-size-checksum", "unknown-size"]) {
      same(zstd.decompress(fixture(name), { uncompressedLength: text.length, maxLength, what }), text);
    }
    const long = fixture("long-unknown-size");
    same(zstd.decompress(long, { uncompressedLength: longText.length, maxLength, what }), longText);
    same(zstd.decompress(long, { maxLength: longText.length, what }), longText);
  });

  it("reads frames in a row, skippable ones among them", () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const long = zstd.compress(longText, 1);
    const frames = [fixture("unknown-size"), skippable, long, zstd.compress(text, 1)];
    for (const row of [frames, frames.toReversed(), [long, skippable], [skippable, long]]) {
      const expected = row.flatMap((frame) =>
        frame === skippable ? [] : frame === long ? [longText] : [text],
      );
      same(zstd.decompress(Buffer.concat(row), { maxLength, what }), Buffer.concat(expected));
    }
  });

  it("hands over piece by piece what it would return at once", () => {
    for (const frame of [fixture("unknown-size"), fixture("long-unknown-size"), zstd.compress(longText, 3)]) {
      const pieces: Uint8Array[] = [];
      const length = zstd.decompressTo(frame, { maxLength, what }, (piece) => pieces.push(piece.slice()));
      const whole = Buffer.concat(pieces);
      expect(length).toBe(whole.length);
      same(whole, zstd.decompress(frame, { maxLength, what }));
    }
  });

  it("returns bytes that later calls do not touch, and takes views of larger buffers", () => {
    const first = zstd.compress(longText.subarray(1000, 100_000), 3);
    const copy = first.slice();
    const content = zstd.decompress(first, { maxLength, what });
    zstd.compress(noise(300_000), 3);
    zstd.decompress(zstd.compress(noise(300_000), 3), { maxLength, what });
    same(first, copy);
    same(content, longText.subarray(1000, 100_000));
    expect(first.buffer.byteLength).toBe(first.length);
    expect(content.buffer.byteLength).toBe(content.length);
  });
});
