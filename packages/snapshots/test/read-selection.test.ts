import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectPacks } from "../dist/check/read-selection.js";

const packs = Array.from({ length: 300 }, (_, pack) => ({
  pack,
  firstByte: (pack * 7) % 256,
  size: 1000 + pack,
}));

describe("selectPacks", () => {
  it("parts are all packs, each once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (of) => {
        const parts = Array.from({ length: of }, (_, i) =>
          selectPacks(packs, { kind: "part", part: i + 1, of }),
        );
        const all = parts.flat().map(({ pack }) => pack);
        expect(all.toSorted((a, b) => a - b)).toEqual(packs.map(({ pack }) => pack));
      }),
    );
  });

  it("a part is chosen by the first byte of the id, as restic does", () => {
    const chosen = selectPacks(packs, { kind: "part", part: 2, of: 5 });
    expect(chosen.every(({ firstByte }) => firstByte % 5 === 1)).toBe(true);
    expect(chosen.length).toBeGreaterThan(0);
  });

  it("a percentage is that many different packs, one at least", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (percentage) => {
        const chosen = selectPacks(packs, { kind: "percentage", percentage });
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(chosen.length).toBe(Math.max(1, Math.floor((packs.length * percentage) / 100)));
      }),
    );
  });

  it("a size is that share of the packs", () => {
    const total = packs.reduce((sum, { size }) => sum + size, 0);
    expect(selectPacks(packs, { kind: "bytes", bytes: total / 2 })).toHaveLength(150);
    expect(selectPacks(packs, { kind: "bytes", bytes: 1 })).toHaveLength(1);
    expect(selectPacks(packs, { kind: "bytes", bytes: total * 9 })).toHaveLength(300);
    expect(selectPacks([], { kind: "bytes", bytes: 5 })).toEqual([]);
  });

  it.each([
    { kind: "part", part: 0, of: 5 },
    { kind: "part", part: 6, of: 5 },
    { kind: "part", part: 1.5, of: 5 },
    { kind: "part", part: 1, of: 257 },
    { kind: "percentage", percentage: 0 },
    { kind: "percentage", percentage: 101 },
    { kind: "percentage", percentage: Number.NaN },
    { kind: "bytes", bytes: 0 },
  ] as const)("refuses %j", (selection) => {
    expect(() => selectPacks(packs, selection)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }) as Error,
    );
  });
});
