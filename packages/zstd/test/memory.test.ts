// WebAssembly memory never shrinks, so what an instance takes must not depend on how long its data are.
import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import { createNodeZstd, createWasmZstd, loadZstd } from "@tastic/zstd";
import { describe, expect, it } from "vitest";
import { longText, MiB, noise, refusal, repeatFrame, text, unknownSize } from "./support.js";

const what = "file 1a2b";

describe("createWasmZstd", () => {
  it("takes memory only when it is used", () => {
    expect(createWasmZstd().memorySize).toBe(0);
  });

  it("compresses and decompresses 96 MiB within 32", () => {
    const zstd = createWasmZstd();
    const part = Buffer.concat([longText, noise(2 * MiB)]);
    const data = Buffer.concat(Array.from({ length: 12 }, () => part));
    const frame = zstd.compress(data, 3);
    expect(frame.length).toBeGreaterThan(2 * MiB);
    const hash = createHash("sha256");
    const options = { uncompressedLength: data.length, maxLength: data.length, what };
    zstd.decompressTo(frame, options, (piece) => hash.update(piece));
    expect(hash.digest("hex")).toBe(createHash("sha256").update(data).digest("hex"));
    expect(zstd.memorySize).toBeLessThan(32 * MiB);
  });

  it("hands over a gigabyte from 32 KiB within 16 MiB", () => {
    const zstd = createWasmZstd();
    let most = 0;
    const length = zstd.decompressTo(
      repeatFrame(unknownSize(20), 8192),
      { maxLength: 2 ** 31, what },
      (piece) => {
        most = Math.max(most, piece.length, zstd.memorySize);
      },
    );
    expect(length).toBe(1024 * MiB);
    expect(most).toBeLessThan(16 * MiB);
  });

  it("does not keep the memory that a large window took", () => {
    const zstd = createWasmZstd();
    let during = 0;
    zstd.decompressTo(repeatFrame(unknownSize(26), 700), { maxLength: 2 ** 31, what }, () => {
      during = zstd.memorySize;
    });
    expect(during).toBeGreaterThan(64 * MiB);
    expect(zstd.memorySize).toBeLessThan(during);
    expect(zstd.decompress(zstd.compress(text, 3), { maxLength: MiB, what })).toEqual(new Uint8Array(text));
  });

  it("survives a sink that throws, and refuses one that decompresses with the same context", () => {
    const zstd = createWasmZstd();
    const frame = zstd.compress(longText, 3);
    const options = { maxLength: longText.length, what };
    const fault = new Error("the sink is full");
    expect(() =>
      zstd.decompressTo(frame, options, () => {
        throw fault;
      }),
    ).toThrow(fault);
    refusal(() => zstd.decompressTo(frame, options, () => zstd.decompress(frame, options)), "internal");
    expect(zstd.decompress(frame, options).length).toBe(longText.length);
  });
});

describe("loadZstd", () => {
  it("offers node:zlib's zstd exactly where the runtime has it", () => {
    expect(createNodeZstd() !== undefined).toBe("zstdCompressSync" in zlib);
    expect(loadZstd().compress(text, 3).length).toBeLessThan(text.length / 3);
  });
});
