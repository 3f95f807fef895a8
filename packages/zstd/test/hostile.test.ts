// Bytes that are no good: every one is refused with an error that names the object, and the context lives on.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contexts,
  declaredSize,
  fixture,
  longText,
  MiB,
  refusal,
  repeatFrame,
  text,
  unknownSize,
} from "./support.js";

const what = "blob 1a2b";
const maxLength = 16 * MiB;

describe.each(contexts)("%s", (_, zstd) => {
  const stillWorks = (): void => {
    const length = zstd.decompressTo(fixture("long-unknown-size"), { maxLength, what }, () => {});
    expect(length).toBe(longText.length);
  };

  it("refuses a frame that is cut short, wherever", () => {
    const large = zstd.compress(longText.subarray(0, 200_000), 3);
    for (const frame of [fixture("known-size-checksum"), fixture("unknown-size"), large]) {
      for (let length = 0; length < frame.length; length++) {
        const part = frame.subarray(0, length);
        const error = refusal(() => zstd.decompress(part, { maxLength, what }), "invalid-format");
        expect(error.message).toContain(what);
      }
    }
    stillWorks();
  });

  it("decodes to no more than the limit or refuses, whatever is changed", () => {
    const frames = [
      fixture("known-size-checksum"),
      fixture("unknown-size"),
      fixture("long-unknown-size"),
      zstd.compress(longText.subarray(0, 200_000), 1),
      zstd.compress(text, 19),
    ];
    const change = fc.record({ at: fc.nat(10_000), value: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (frame, changes) => {
          const bytes = Uint8Array.from(frame);
          // Half of the changes go to the first bytes, where the headers are.
          for (const { at, value } of changes) bytes[at % (at % 2 === 0 ? 64 : bytes.length)]! ^= value;
          try {
            expect(zstd.decompress(bytes, { maxLength, what }).length).toBeLessThanOrEqual(maxLength);
          } catch (error) {
            refusal(
              () => {
                throw error;
              },
              "invalid-format",
              "limit-exceeded",
            );
          }
        },
      ),
      { numRuns: 3000 },
    );
    stillWorks();
  });

  it("refuses a damaged checksum, bytes after the frame, no frame at all and a missing dictionary", () => {
    const damaged = Uint8Array.from(fixture("known-size-checksum"));
    damaged[damaged.length - 1]! ^= 1;
    const trailing = Buffer.concat([zstd.compress(longText.subarray(0, 200_000), 3), Buffer.from("more")]);
    const dictionary = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 9, 0, 0, 0]);
    for (const bytes of [
      damaged,
      trailing,
      dictionary,
      new Uint8Array(0),
      Buffer.from("not a frame of zstd"),
    ]) {
      const error = refusal(() => zstd.decompress(bytes, { maxLength, what }), "invalid-format");
      expect(error.message).toContain(what);
    }
    stillWorks();
  });

  it.each([
    ["does not tell its size", unknownSize(20)],
    ["tells its size", declaredSize(20, 1024 * MiB)],
    ["lies about its size", declaredSize(20, 1000)],
  ])("threat 8: stops a gigabyte in 32 KiB at the limit when the frame %s", (_case, header) => {
    const bomb = repeatFrame(header, 8192);
    const codes =
      header === unknownSize(20)
        ? (["limit-exceeded"] as const)
        : (["limit-exceeded", "invalid-format"] as const);
    refusal(() => zstd.decompress(bomb, { maxLength, what }), ...codes);
    refusal(() => zstd.decompress(bomb, { maxLength, uncompressedLength: 1000, what }), ...codes);
    let handed = 0;
    refusal(
      () => zstd.decompressTo(bomb, { maxLength, what }, (piece) => (handed += piece.length)),
      ...codes,
    );
    expect(handed).toBeLessThanOrEqual(maxLength);
    stillWorks();
  });

  it("refuses a declared size that its length cannot hold, before it makes room", () => {
    const frame = repeatFrame(declaredSize(20, 2 ** 45), 4);
    refusal(() => zstd.decompress(frame, { maxLength: 2 ** 50, what }), "invalid-format");
    refusal(() => zstd.decompress(frame, { maxLength, what }), "limit-exceeded");
  });

  it("refuses a window that would take too much memory", () => {
    const frame = repeatFrame(unknownSize(30), 40);
    const error = refusal(() => zstd.decompress(frame, { maxLength, what }), "limit-exceeded");
    expect(error.message).toContain(what);
  });

  it("holds the content to the length that is known", () => {
    for (const content of [text, longText]) {
      const frame = zstd.compress(content, 3);
      const options = { maxLength, what };
      const short = { ...options, uncompressedLength: content.length + 1 };
      const long = { ...options, uncompressedLength: content.length - 1 };
      refusal(() => zstd.decompress(frame, short), "invalid-format");
      refusal(() => zstd.decompressTo(frame, short, () => {}), "invalid-format");
      refusal(() => zstd.decompress(frame, long), "limit-exceeded");
      refusal(() => zstd.decompressTo(frame, long, () => {}), "limit-exceeded");
      refusal(
        () => zstd.decompress(frame, { ...options, uncompressedLength: maxLength + 1 }),
        "limit-exceeded",
      );
    }
  });

  it("refuses levels and lengths that make no sense", () => {
    for (const level of [0, 20, -1, 1.5, Number.NaN])
      refusal(() => zstd.compress(text, level), "invalid-argument");
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      refusal(() => zstd.decompress(fixture("unknown-size"), { maxLength: bad, what }), "invalid-argument");
    }
  });
});
