import { decodeIndex, decodeUnpacked, encodeIndex, IndexEncoder, type IndexVisitor } from "@tastic/format";
import { loadZstd } from "@tastic/zstd";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, fixture } from "./helpers.js";

const zstd = loadZstd();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const id = (digit: string): string => digit.repeat(64);

/** Everything a decoder reports, as lines. */
function report(json: Uint8Array | string): string[] {
  const lines: string[] = [];
  const visitor: IndexVisitor = {
    pack: (pack) => lines.push(`pack ${hex(pack)}`),
    blob: (blob, type, offset, length, uncompressed) =>
      lines.push(`${type} ${hex(blob)} ${offset} ${length} ${uncompressed}`),
  };
  decodeIndex(typeof json === "string" ? Buffer.from(json) : json, visitor, "index");
  return lines;
}

describe.each(["utc", "kolkata"])("an index that restic wrote in %s", (label) => {
  const json = Buffer.from(decodeUnpacked(fixture(`index-${label}.bin`), zstd, "index", 1 << 20));

  test("is written again as it was", () => {
    const encoder = new IndexEncoder();
    decodeIndex(
      json,
      {
        pack: (pack) => encoder.pack(pack),
        blob: (blob, type, offset, length, uncompressed) =>
          encoder.blob(blob, type, offset, length, uncompressed),
      },
      "index",
    );
    expect(Buffer.from(encoder.finish()).toString()).toBe(json.toString());
  });

  test("says the same in any other layout of its JSON", () => {
    const expected = report(json);
    const value = JSON.parse(json.toString()) as { packs: Record<string, unknown>[] };
    expect(report(JSON.stringify(value, undefined, 2))).toEqual(expected);
    expect(report(JSON.stringify({ supersedes: [id("a")], ...value }))).toEqual(expected);
    expect(report(JSON.stringify({ ...value, packs_to_delete: value.packs }))).toEqual(expected);
    // As rustic writes it: the fast path has reported a whole pack when it meets a key it does not know.
    const packs = value.packs.map((pack, i) =>
      i === value.packs.length - 1 ? { ...pack, time: "2024", size: 7 } : pack,
    );
    expect(report(JSON.stringify({ packs }))).toEqual(expected);
    const reversed = value.packs.map((pack) => Object.fromEntries(Object.entries(pack).toReversed()));
    expect(report(JSON.stringify({ packs: reversed }))).toEqual(expected);
    // White space in the middle of the last blob.
    expect(report(json.toString().replace(/,("offset":\d+,"length":\d+(?!.*"offset"))/s, ", $1"))).toEqual(
      expected,
    );
  });
});

const blob = fc.record({
  id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex),
  type: fc.constantFrom("data" as const, "tree" as const),
  offset: fc.integer({ min: 0, max: 0xffff_ffff }),
  length: fc.integer({ min: 0, max: 0xffff_ffff }),
  uncompressedLength: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff_ffff })),
});
const pack = fc.record({
  id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex),
  blobs: fc.array(blob, { maxLength: 5 }),
});

test("any index is what JSON.stringify makes of it, and comes back through both paths", () => {
  fc.assert(
    fc.property(fc.array(pack, { maxLength: 5 }), fc.nat(), (packs, at) => {
      const json = Buffer.from(encodeIndex(packs as never)).toString();
      const value = {
        packs: packs.map((p) => ({
          id: p.id,
          blobs: p.blobs.map(({ uncompressedLength, ...b }) => ({
            ...b,
            ...(uncompressedLength && { uncompressed_length: uncompressedLength }),
          })),
        })),
      };
      expect(json).toBe(`${JSON.stringify(value)}\n`);
      const lines = report(json);
      expect(lines).toHaveLength(packs.length + packs.flatMap((p) => p.blobs).length);
      // A space after any comma or colon leads off the fast path there, and must not change what is said.
      const separators = [...json.matchAll(/[,:]/g)].map((match) => match.index);
      const where = (separators[at % separators.length] ?? 0) + 1;
      expect(report(`${json.slice(0, where)} ${json.slice(where)}`)).toEqual(lines);
    }),
  );
});

test("an empty index", () => {
  expect(Buffer.from(encodeIndex([])).toString()).toBe('{"packs":[]}\n');
  for (const empty of [
    '{"packs":[]}',
    '{"packs":[]}\n',
    '{ "packs": null }',
    '{"packs":[],"supersedes":null}',
  ]) {
    expect(report(empty)).toEqual([]);
  }
});

test("the layout from before restic 0.2 is not supported", () => {
  expect(codeOf(() => report("[]"))).toBe("unsupported");
});

const one = `{"packs":[{"id":"${id("a")}","blobs":[{"id":"${id("b")}","type":"data","offset":1,"length":40,"uncompressed_length":9}]}]}`;

test.each([
  ["offset", '"offset":-1'],
  ["offset", '"offset":4294967296'],
  ["offset", '"offset":1.5'],
  ["offset", '"offset":"1"'],
  ["offset", '"offset":01'],
  ["offset", '"offset":'],
  ["length", '"length":1e99'],
  ["type", '"type":"tre"'],
  ["type", '"type":"datum"'],
  ["uncompressed_length", '"uncompressed_length":-5'],
])("a wrong %s is refused: %s", (name, wrong) => {
  expect(report(one)).toHaveLength(2);
  expect(codeOf(() => report(one.replace(new RegExp(`"${name}":("data"|\\d+)`), wrong)))).toBe(
    "invalid-format",
  );
});

test("wrong ids, lists and whole texts are refused", () => {
  for (const [from, to] of [
    [id("a"), id("A")],
    [id("b"), id("b").slice(1)],
    [id("b"), `${id("b")}b`],
    [id("a"), `${id("a").slice(1)}g`],
  ]) {
    expect(codeOf(() => report(one.replace(from ?? "", to ?? "")))).toBe("invalid-format");
  }
  for (const wrong of [
    "",
    "{}",
    "null",
    "7",
    '{"packs":{}}',
    '{"packs":[7]}',
    '{"packs":[{}]}',
    `{"packs":[{"id":"${id("a")}","blobs":7}]}`,
  ]) {
    expect(codeOf(() => report(wrong))).toBe("invalid-format");
  }
  expect(codeOf(() => report(`${one} x`))).toBe("invalid-format");
  expect(codeOf(() => report(`${one.slice(0, -1)},"packs":[]}`))).toBe("invalid-format");
});

test("an encoder refuses blobs without a pack, and numbers that no pack has", () => {
  const bytes = new Uint8Array(32);
  const encoder = new IndexEncoder();
  expect(codeOf(() => encoder.blob(bytes, "data", 0, 32, 0))).toBe("invalid-argument");
  encoder.pack(bytes);
  for (const wrong of [-1, 1.5, 2 ** 32, Number.NaN]) {
    expect(codeOf(() => encoder.blob(bytes, "data", wrong, 32, 0))).toBe("invalid-argument");
  }
  expect(codeOf(() => encoder.pack(new Uint8Array(31)))).toBe("invalid-argument");
});
