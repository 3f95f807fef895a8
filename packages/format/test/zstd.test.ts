import {
  compressionLevel,
  COMPRESSION_MODES,
  decodeUnpacked,
  encodeUnpacked,
  parseCompressionMode,
  type Zstd,
} from "@tastic/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readZstdFrame } from "../dist/zstd-frame.js";
import { nodeZstd } from "../dist/zstd-node.js";
import { wasmZstd } from "../dist/zstd-wasm.js";
import { checkedZstd } from "../dist/zstd.js";
import { codeOf, fixture } from "./helpers.js";

const native = nodeZstd();
const implementations: [string, Zstd][] = [["WebAssembly", checkedZstd(wasmZstd)]];
if (native !== undefined) implementations.push(["node:zlib", checkedZstd(native)]);

const text = Buffer.from("tastic ".repeat(300));
const MAGIC = Buffer.from("28b52ffd", "hex");
/** A block of the given type: 0 raw, 1 repeated byte, 2 compressed, 3 reserved. */
const block = (type: number, size: number, content: Uint8Array, last = false): Buffer => {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
};
/** A frame with a window of 512 KiB that does not say how much is in it. */
const unsized = (...blocks: Buffer[]): Buffer => Buffer.concat([MAGIC, Buffer.of(0x00, 0x48), ...blocks]);
const raw = (content: string, last = true): Buffer => block(0, content.length, Buffer.from(content), last);
const repeated = (count: number, last = true): Buffer => block(1, count, Buffer.from("x"), last);
const skippable = Buffer.concat([Buffer.from("502a4d1803000000", "hex"), Buffer.from("abc")]);
const options = { maxLength: 1 << 20, what: "blob" };

describe.each(implementations)("zstd by %s", (_, zstd) => {
  const decompress = (
    frame: Uint8Array,
    more: { uncompressedLength?: number; maxLength?: number } = {},
  ): string => Buffer.from(zstd.decompress(frame, { ...options, ...more })).toString();
  const sized = Buffer.from(zstd.compress(text, 3));
  /** The same frame, with its size taken out: descriptor 0x60 is a single segment with two bytes of size. */
  const unsizedText = Buffer.concat([MAGIC, Buffer.of(0x00, 0x48), sized.subarray(7)]);

  test("any content comes back, at every level", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(...COMPRESSION_MODES), (data, mode) => {
        const frame = zstd.compress(data, compressionLevel(mode));
        const content = zstd.decompress(frame, { ...options, uncompressedLength: data.length });
        expect(Buffer.from(content).equals(data)).toBe(true);
        expect(Buffer.from(zstd.decompress(frame, options)).equals(data)).toBe(true);
      }),
    );
  });

  test("writes one frame with its size and without a checksum", () => {
    expect(sized[4]).toBe(0x60);
    const frame = readZstdFrame(sized, 0, "blob");
    expect(frame).toMatchObject({ end: sized.length, contentSize: text.length, skippable: false });
    const large = zstd.compress(Buffer.alloc(3_000_000, "abcdefg"), 19);
    expect(readZstdFrame(large, 0, "blob")).toMatchObject({ end: large.length, contentSize: 3_000_000 });
    expect(zstd.decompress(large, { maxLength: 3_000_000, what: "blob" }).length).toBe(3_000_000);
  });

  test("reads what restic compressed", () => {
    const json = Buffer.from(decodeUnpacked(fixture("index-utc.bin"), zstd, "index", 1 << 20)).toString();
    expect(json).toMatch(/^\{"packs":\[.*\]\}\n$/);
    expect(codeOf(() => decodeUnpacked(fixture("index-utc.bin"), zstd, "index", json.length - 1))).toBe(
      "limit-exceeded",
    );
    expect(decodeUnpacked(fixture("index-utc.bin"), zstd, "index", json.length).length).toBe(json.length);
  });

  test("reads frames that do not say how much is in them", () => {
    expect(decompress(unsized(raw("abc", false), repeated(5)))).toBe("abcxxxxx");
    expect(decompress(unsizedText)).toBe(text.toString());
    expect(decompress(unsizedText, { maxLength: text.length })).toBe(text.toString());
    expect(decompress(unsizedText, { uncompressedLength: text.length })).toBe(text.toString());
    expect(decompress(unsized(raw("")))).toBe("");
  });

  test("reads frames one after the other, and skips what is to be skipped", () => {
    expect(decompress(Buffer.concat([unsized(raw("one ")), skippable, sized]))).toBe(
      `one ${text.toString()}`,
    );
    expect(decompress(skippable)).toBe("");
  });

  test("no more comes out than is allowed, whatever a frame says", () => {
    expect(codeOf(() => decompress(sized, { maxLength: text.length - 1 }))).toBe("limit-exceeded");
    expect(codeOf(() => decompress(unsizedText, { maxLength: text.length - 1 }))).toBe("limit-exceeded");
    expect(codeOf(() => decompress(unsized(repeated(100)), { maxLength: 99 }))).toBe("limit-exceeded");
    // 128 KiB out of four bytes, many times over: a bomb of 1.3 GB.
    const bomb = unsized(...Array.from({ length: 10_000 }, () => repeated(131_072, false)), repeated(1));
    expect(codeOf(() => decompress(bomb))).toBe("limit-exceeded");
    expect(codeOf(() => decompress(Buffer.concat([sized, sized]), { maxLength: text.length + 5 }))).toBe(
      "limit-exceeded",
    );
    expect(codeOf(() => decompress(sized, { uncompressedLength: 2 ** 40 }))).toBe("limit-exceeded");
    // A frame that claims 2^40 bytes and holds three.
    const liar = Buffer.concat([
      MAGIC,
      Buffer.from("e0000000000001000000000000".slice(0, 18), "hex"),
      raw("abc"),
    ]);
    expect(codeOf(() => decompress(liar, { maxLength: 2 ** 50 }))).toBe("invalid-format");
  });

  test("exactly the expected length must come out", () => {
    for (const frame of [sized, unsizedText]) {
      expect(codeOf(() => decompress(frame, { uncompressedLength: text.length - 1 }))).toBe("invalid-format");
      expect(codeOf(() => decompress(frame, { uncompressedLength: text.length + 1 }))).toBe("invalid-format");
      expect(codeOf(() => decompress(frame, { uncompressedLength: 0 }))).toBe("invalid-format");
    }
  });

  test("damage is found and named", () => {
    for (let length = 0; length < sized.length; length++) {
      expect(codeOf(() => decompress(sized.subarray(0, length)))).toBe("invalid-format");
      expect(codeOf(() => decompress(unsizedText.subarray(0, Math.max(0, length - 1))))).toBe(
        "invalid-format",
      );
    }
    expect(codeOf(() => decompress(Buffer.concat([sized, Buffer.from("x")])))).toBe("invalid-format");
    expect(codeOf(() => decompress(unsized(block(3, 0, Buffer.alloc(0), true))))).toBe("invalid-format");
    expect(codeOf(() => decompress(unsized(repeated(200_000))))).toBe("invalid-format");
    const reserved = Buffer.from(sized);
    reserved[4] = 0x68;
    expect(codeOf(() => decompress(reserved))).toBe("invalid-format");
    expect(() => decompress(sized.subarray(0, 9))).toThrow(/^blob: /);
  });

  test("frames that need a dictionary or a huge window are refused", () => {
    expect(codeOf(() => decompress(Buffer.concat([MAGIC, Buffer.of(0x01, 0x48, 0x07), raw("a")])))).toBe(
      "unsupported",
    );
    expect(codeOf(() => decompress(Buffer.concat([MAGIC, Buffer.of(0x00, 0xff), raw("a")])))).toBe(
      "limit-exceeded",
    );
  });

  test("random damage gives nothing but content or our error", () => {
    fc.assert(
      fc.property(fc.constantFrom(sized, unsizedText), fc.nat(), fc.nat(255), (frame, at, value) => {
        const damaged = Buffer.from(frame);
        damaged[at % damaged.length] = value;
        try {
          expect(zstd.decompress(damaged, options).length).toBeLessThanOrEqual(options.maxLength);
        } catch (error) {
          expect(["invalid-format", "limit-exceeded", "unsupported"]).toContain(
            codeOf(() => {
              throw error;
            }),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("unpacked files of both versions", () => {
    const json = Buffer.from('{"a":1}');
    expect(Buffer.from(encodeUnpacked(1, json, zstd))).toEqual(json);
    const packed = encodeUnpacked(2, json, zstd);
    expect(packed[0]).toBe(2);
    for (const bytes of [json, packed])
      expect(Buffer.from(decodeUnpacked(bytes, zstd, "x", 7))).toEqual(json);
    for (const bytes of [json, packed])
      expect(codeOf(() => decodeUnpacked(bytes, zstd, "x", 6))).toBe("limit-exceeded");
    expect(decodeUnpacked(Buffer.from("[]"), zstd, "x", 9).length).toBe(2);
    expect(decodeUnpacked(new Uint8Array(), zstd, "x", 9).length).toBe(0);
    expect(codeOf(() => decodeUnpacked(Buffer.of(3, 4), zstd, "x", 9))).toBe("unsupported");
    expect(codeOf(() => decodeUnpacked(Buffer.of(2), zstd, "x", 9))).toBe("invalid-format");
  });
});

test("ways to compress have restic's names", () => {
  expect(COMPRESSION_MODES.map(parseCompressionMode)).toEqual(["auto", "off", "fastest", "better", "max"]);
  expect(codeOf(() => parseCompressionMode("best"))).toBe("invalid-argument");
});
