import { TreeEncoder, decodeTree, encodeNode } from "@tastic/format";
import type { Node } from "@tastic/format";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FolderBuilder, type ReadyNode } from "../dist/backup/folder-builder.js";
import { sketchNode } from "./sample-repository.js";

const node = (name: string, uid = 0): Node => sketchNode({ name, type: "fifo", uid });

const readyNode = (one: Node): ReadyNode => ({ name: one.name, text: encodeNode(one) });

function encode(nodes: readonly Node[]): Buffer {
  const encoder = new TreeEncoder();
  for (const each of nodes) encoder.add(each);
  return Buffer.from(encoder.finish());
}

function builder(): { folder: FolderBuilder; refused: string[] } {
  const refused: string[] = [];
  return { folder: new FolderBuilder((name, error) => refused.push(`${name}: ${String(error)}`)), refused };
}

describe("building a folder", () => {
  it("encodes entries in their order, in whatever order they become ready", async () => {
    const entries = fc.integer({ min: 0, max: 40 }).chain((count) => {
      const indexes = Array.from({ length: count }, (_, i) => i);
      return fc.record({
        left: fc.subarray(indexes),
        order: fc.shuffledSubarray(indexes, { minLength: count }),
        count: fc.constant(count),
        early: fc.boolean(),
      });
    });
    await fc.assert(
      fc.asyncProperty(entries, async ({ left, order, count, early }) => {
        const { folder, refused } = builder();
        const nodes = Array.from({ length: count }, (_, i) => node(`n${String(i).padStart(3, "0")}`));
        const slots = nodes.map(() => folder.add());
        if (early) folder.end();
        for (const i of order) folder.ready(slots[i]!, left.includes(i) ? undefined : readyNode(nodes[i]!));
        if (!early) folder.end();
        const expected = nodes.filter((_, i) => !left.includes(i));
        expect(Buffer.from(await folder.tree).equals(encode(expected))).toBe(true);
        expect(folder.count).toBe(expected.length);
        expect(refused).toEqual([]);
      }),
    );
  });

  it("is an empty tree without entries", async () => {
    const { folder } = builder();
    folder.end();
    expect(Buffer.from(await folder.tree).toString()).toBe('{"nodes":[]}\n');
  });

  it("takes in many thousand entries while they are announced", async () => {
    const { folder } = builder();
    for (let i = 0; i < 5000; i++) {
      folder.ready(folder.add(), readyNode(node(`n${String(i).padStart(6, "0")}`)));
      expect(folder.count).toBe(i + 1);
    }
    folder.end();
    expect(decodeTree(await folder.tree, "tree")).toHaveLength(5000);
  });

  it.each([
    ["the same twice", ["a", "b", "b", "c"], ["a", "b", "c"]],
    ["out of order", ["a", "c", "b", "d"], ["a", "c", "d"]],
  ])("leaves out a node that does not fit, says so, and keeps the others: %s", async (_, names, kept) => {
    const { folder, refused } = builder();
    for (const [i, name] of names.entries()) folder.ready(folder.add(), readyNode(node(name, i)));
    folder.end();
    expect(decodeTree(await folder.tree, "tree").map(({ name }) => name)).toEqual(kept);
    expect(refused).toEqual([expect.stringMatching(/^b: .*not ordered or duplicate/)]);
  });
});
