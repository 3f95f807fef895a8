/** Unchanged files, told by the text of their nodes. */
import { encodeNode, encodeNodeEnd, encodeNodeStart, idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { BlobIndex } from "@tastic/repository";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knownContent } from "../dist/backup/known-content.js";
import { sketchNode } from "./sample-repository.js";

const DATA = 0;
const TREE = 1;
const ids = Array.from({ length: 6 }, (_, i) => new Uint8Array(32).fill(17 * i + 171));
const index = BlobIndex.create();
const pack = index.addPack(new Uint8Array(32).fill(1));
const place = { pack, offset: 0, length: 100, uncompressedLength: 0 };
// The last two are not known as data.
for (const [i, id] of ids.slice(0, 5).entries()) index.add(id, i === 4 ? TREE : DATA, place);
const hex = ids.map((id) => idFromBytes<BlobId>(id));

const file = (content: readonly BlobId[]) => sketchNode({ name: "f", type: "file", size: 5, content });
const start = encodeNodeStart(file([])) + encodeNodeEnd({ content: [] }).slice(0, -2);

describe("the content of an unchanged file", () => {
  it("is known if every blob of it is", () => {
    const contents = fc.array(fc.nat({ max: 5 }), { maxLength: 5 });
    fc.assert(
      fc.property(contents, (numbers) => {
        const text = encodeNode(file(numbers.map((i) => hex[i]!)));
        expect(knownContent(text, start, index)).toBe(numbers.every((i) => i < 4));
      }),
    );
  });

  const whole = encodeNode(file([hex[0]!, hex[1]!]));
  it("is not known if anything else is there, or missing", () => {
    expect(knownContent(whole, start, index)).toBe(true);
    for (let i = 0; i < whole.length; i++) {
      expect(knownContent(whole.slice(0, i), start, index)).toBe(false);
      expect(knownContent(`${whole.slice(0, i)} ${whole.slice(i)}`, start, index)).toBe(false);
      expect(knownContent(whole.slice(0, i) + whole.slice(i + 1), start, index)).toBe(false);
    }
    expect(knownContent(`${whole} `, start, index)).toBe(false);
    expect(knownContent(whole.replace("]}", '],"error":"x"}'), start, index)).toBe(false);
    expect(knownContent(start + whole.slice(start.length).toUpperCase(), start, index)).toBe(false);
    expect(knownContent(encodeNode({ ...file([hex[0]!]), uid: 77_777 }), start, index)).toBe(false);
  });
});
