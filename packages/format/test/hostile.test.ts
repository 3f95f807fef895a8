// Input that someone cut off or tampered with: every decoder gives a result or a TasticError, never anything else.
import {
  decodeConfig,
  decodeIndex,
  decodeKeyFile,
  decodeLock,
  decodePackHeader,
  decodeSnapshot,
  decodeTree,
  decodeUnpacked,
} from "@tastic/format";
import { loadZstd } from "@tastic/zstd";
import { isTasticError } from "@tastic/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, fixture } from "./helpers.js";

const zstd = loadZstd();
const unpack = (name: string): Buffer => Buffer.from(decodeUnpacked(fixture(name), zstd, name, 1 << 20));
const [pack] = JSON.parse(fixture("packs-kolkata.json").toString()) as [{ size: number; header: string }];

/** A tree of every kind of entry, small enough to cut at every byte. */
const wanted = /"name":"(?:blockdev|dir|é|empty|link raw|owner|plain|\\\\xff)","type"/;
const nodes = fixture("tree-kolkata.bin")
  .toString()
  .trim()
  .slice(10, -2)
  .split(/,(?=\{"name":"(?:[^"\\]|\\.)*","type")/);
const tree = Buffer.from(`{"nodes":[${nodes.filter((node) => wanted.test(node)).join(",")}]}\n`);

const ignore = { pack: () => undefined, blob: () => undefined };
const decoders: [string, Buffer, (bytes: Uint8Array) => unknown][] = [
  ["config", fixture("config-utc.bin"), (bytes) => decodeConfig(bytes)],
  ["key file", fixture("key-utc.bin"), (bytes) => decodeKeyFile(bytes, "key")],
  ["snapshot", unpack("snapshot-utc.bin"), (bytes) => decodeSnapshot(bytes, "snapshot")],
  ["lock", unpack("lock-utc.bin"), (bytes) => decodeLock(bytes, "lock")],
  ["index", unpack("index-utc.bin").subarray(0, -1), (bytes) => decodeIndex(bytes, ignore, "index")],
  ["pack header", Buffer.from(pack.header, "hex"), (bytes) => decodePackHeader(bytes, pack.size, "pack")],
  ["tree", tree.subarray(0, -1), (bytes) => decodeTree(bytes, "tree")],
  ["unpacked file", fixture("lock-utc.bin"), (bytes) => decodeUnpacked(bytes, zstd, "lock", 1 << 16)],
];

describe.each(decoders)("%s", (kind, bytes, decode) => {
  test("is read whole, and refused when cut off anywhere", () => {
    expect(() => decode(bytes)).not.toThrow();
    for (let length = kind === "unpacked file" ? 1 : 0; length < bytes.length; length++) {
      expect(codeOf(() => decode(bytes.subarray(0, length)))).toBe("invalid-format");
    }
  });

  test("gives a result or our error for whatever was changed in it", () => {
    const change = fc.record({
      at: fc.nat(bytes.length - 1),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    const token = fc.constantFrom(
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "null",
      "-",
      "1e999",
      "\\u0000",
      "9".repeat(25),
      "\xff",
    );
    const tokenChange = fc.record({
      at: fc.nat(bytes.length - 1),
      remove: fc.nat(3),
      insert: token.map((text) => Buffer.from(text, "latin1")),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(change, tokenChange), { minLength: 1, maxLength: 3 }), (changes) => {
        let changed: Buffer = bytes;
        for (const { at, remove, insert } of changes) {
          changed = Buffer.concat([changed.subarray(0, at), insert, changed.subarray(at + remove)]);
        }
        try {
          decode(changed);
        } catch (error) {
          if (!isTasticError(error)) throw error;
          expect(error.code).not.toBe("internal");
        }
      }),
      { numRuns: 1500 },
    );
  });
});

test("threat 9: nesting without end is refused", () => {
  const deep = Buffer.from(`{"nodes":[${"[".repeat(200_000)}`);
  expect(codeOf(() => decodeTree(deep, "tree"))).toBe("invalid-format");
  const closed = Buffer.from(`{"x":${"[".repeat(200_000)}${"]".repeat(200_000)},"nodes":[]}`);
  expect(() => decodeTree(closed, "tree")).not.toThrow();
});

test("threat 11: names that mean something to JavaScript are names like others, in whatever was sealed", () => {
  const pollution =
    '"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"toString":"yes",';
  const json = decoders.filter(([kind]) => kind !== "pack header" && kind !== "unpacked file");
  expect(json).toHaveLength(6);
  const read = new Set<string>();
  for (const [kind, bytes, decode] of json) {
    const [open = "", ...rest] = Buffer.from(bytes)
      .toString("latin1")
      .split(/(?<=\{)/);
    // In each object of it, one at a time.
    const parts = [open, ...rest];
    for (let at = 0; at < parts.length - 1; at++) {
      const text = [...parts.slice(0, at + 1), pollution, ...parts.slice(at + 1)].join("");
      let decoded: unknown;
      try {
        decoded = decode(Buffer.from(text.replace(",}", "}"), "latin1"));
      } catch (error) {
        // The parser for trees is our own, and may be as strict as it likes.
        expect([kind, error]).toEqual([kind, expect.objectContaining({ code: "invalid-format" })]);
        continue;
      }
      read.add(kind);
      const objects = [decoded].flat(2).filter((one) => typeof one === "object" && one !== null);
      for (const one of objects) expect([kind, Reflect.get(one, "polluted")]).toEqual([kind, undefined]);
    }
  }
  expect([...read]).toEqual(json.map(([kind]) => kind));
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  expect(Object.prototype.toString.call({})).toBe("[object Object]");
});
