import { idFromBytes, idToBytes, isId, parseId, shortId } from "@tastic/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf } from "./helpers.js";

const hex = "00ff".repeat(16);

test("an id has 64 lowercase hexadecimal digits and nothing else", () => {
  expect(isId(hex)).toBe(true);
  for (const wrong of [
    "",
    hex.slice(1),
    `${hex}0`,
    hex.toUpperCase(),
    `${hex.slice(1)}g`,
    `${hex}\n`,
    5,
    null,
  ]) {
    expect(isId(wrong)).toBe(false);
    expect(codeOf(() => parseId(wrong, "x"))).toBe("invalid-format");
  }
  expect(shortId(parseId(hex, "x"))).toBe("00ff00ff");
});

test("ids and bytes go both ways, at any offset", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(9), (bytes, offset) => {
      const target = new Uint8Array(offset + 40).fill(0xaa);
      const id = idFromBytes(bytes);
      expect(id).toBe(Buffer.from(bytes).toString("hex"));
      idToBytes(id, target, offset);
      expect(idFromBytes(target, offset)).toBe(id);
      expect([...target.subarray(0, offset), ...target.subarray(offset + 32)]).toEqual(
        Array(offset + 8).fill(0xaa),
      );
    }),
  );
});

test("what is no id is refused, and nothing is read or written out of bounds", () => {
  expect(codeOf(() => idToBytes(hex.slice(2)))).toBe("invalid-format");
  for (const digit of ["g", "A", "é", "\uffff", "\0"]) {
    expect(codeOf(() => idToBytes(digit + hex.slice(1)))).toBe("invalid-format");
    expect(codeOf(() => idToBytes(hex.slice(1) + digit))).toBe("invalid-format");
  }
  expect(codeOf(() => idToBytes(hex, new Uint8Array(33), 2))).toBe("invalid-argument");
  expect(codeOf(() => idFromBytes(new Uint8Array(33), 2))).toBe("invalid-argument");
  expect(codeOf(() => idFromBytes(new Uint8Array(64), -1))).toBe("invalid-argument");
});
