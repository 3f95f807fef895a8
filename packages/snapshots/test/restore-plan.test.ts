import { BlobIndex } from "@tastic/repository";
import fc from "fast-check";
import { closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitDeviceNumber } from "../dist/device-number.js";
import { NumberColumn } from "../dist/restore/number-column.js";
import { PathTable, ROOT_PATH } from "../dist/restore/path-table.js";
import { writeSparsely } from "../dist/restore/positional-write.js";
import { RestorePlan } from "../dist/restore/restore-plan.js";
import { makeTestFolder, removeFolder } from "./test-folder.js";

describe("NumberColumn", () => {
  it("keeps what was pushed, however much", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 5000 }), (numbers) => {
        const column = NumberColumn.uint32();
        for (const [i, number] of numbers.entries()) expect(column.push(number)).toBe(i);
        expect(Array.from(numbers, (_, i) => column.get(i))).toEqual(numbers);
        expect(column.length).toBe(numbers.length);
        expect(column.get(numbers.length)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });
});

describe("PathTable", () => {
  it("gives back the paths that were entered, in any order", () => {
    const paths = new PathTable();
    const texts = new Map<number, string>([[ROOT_PATH, ""]]);
    for (let i = 1; i < 500; i++) {
      const parent = (i * 31) % texts.size;
      texts.set(paths.add(parent, `n${i}`), `${texts.get(parent)}/n${i}`);
    }
    for (const [path, text] of [...texts].reverse()) {
      expect(paths.textBelow(path)).toBe(text);
      expect(paths.text(path)).toBe(text === "" ? "/" : text);
    }
  });
});

describe("RestorePlan", () => {
  it("names each missing blob once, pack by pack and in order within a pack", () => {
    const index = BlobIndex.create();
    const id = (i: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, k) => (i * 37 + k * 11) & 255);
    const packs = [0, 1, 2].map((i) => index.addPack(id(200 + i)));
    const entries = Array.from({ length: 60 }, (_, i) => {
      const pack = packs[(i * 7) % 3] ?? 0;
      index.add(id(i), 0, { pack, offset: ((i * 13) % 60) * 100, length: 100, uncompressedLength: 0 });
      return index.find(id(i), 0);
    });
    const plan = new RestorePlan();
    for (let file = 0; file < 40; file++) {
      const chosen = Array.from({ length: file % 7 }, (_, k) => entries[(file * 5 + k * 17) % 60] ?? 0);
      plan.addFile(
        file,
        0,
        0,
        false,
        chosen.map((entry, k) => ({ entry, length: 68, present: k === 3 })),
      );
    }
    const seen: number[] = [];
    const seenPacks: number[] = [];
    for (const blobs of plan.byPack(index)) {
      const pack = index.pack(plan.blobEntry(blobs[0] ?? 0));
      seenPacks.push(pack);
      let last = -1;
      for (const blob of blobs) {
        const entry = plan.blobEntry(blob);
        expect(index.pack(entry)).toBe(pack);
        expect(index.offset(entry)).toBeGreaterThanOrEqual(last);
        last = index.offset(entry);
        seen.push(blob);
      }
    }
    const expected: number[] = [];
    for (let file = 0; file < 40; file++) {
      const [first, end] = plan.fileBlobs(file);
      for (let blob = first; blob < end; blob++) {
        expect(plan.blobFile(blob)).toBe(file);
        expect(plan.blobOffset(blob)).toBe((blob - first) * 68);
        if (blob - first !== 3) expected.push(blob);
      }
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(expected);
    expect(new Set(seenPacks).size).toBe(seenPacks.length);
  });
});

describe("writeSparsely", () => {
  it("leaves the same bytes as writing everything, wherever the zeros are", () => {
    const folder = makeTestFolder();
    try {
      const run = fc.record({ zero: fc.boolean(), length: fc.integer({ min: 1, max: 9000 }) });
      fc.assert(
        fc.property(fc.array(run, { maxLength: 6 }), fc.integer({ min: 0, max: 5000 }), (runs, offset) => {
          const bytes = Buffer.concat(runs.map(({ zero, length }) => Buffer.alloc(length, zero ? 0 : 7)));
          const path = join(folder, "file");
          const fd = openSync(path, "w");
          ftruncateSync(fd, offset + bytes.length);
          writeSparsely(fd, bytes, offset);
          closeSync(fd);
          expect(readFileSync(path).equals(Buffer.concat([Buffer.alloc(offset), bytes]))).toBe(true);
        }),
        { numRuns: 50 },
      );
    } finally {
      removeFolder(folder);
    }
  });
});

describe("splitDeviceNumber", () => {
  it.each([
    [0x103n, 1, 3],
    [0x7c8n, 7, 200],
  ])("%s is %i, %i", (device, major, minor) => {
    expect(splitDeviceNumber(device)).toEqual({ major, minor });
  });

  it("is the inverse of what the C library does", () => {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(uint32, uint32, (major, minor) => {
        const [ma, mi] = [BigInt(major), BigInt(minor)];
        const device =
          ((ma & 0xfffn) << 8n) | ((ma & 0xfffff000n) << 32n) | (mi & 0xffn) | ((mi & 0xffffff00n) << 12n);
        expect(splitDeviceNumber(device)).toEqual({ major, minor });
      }),
    );
  });
});
