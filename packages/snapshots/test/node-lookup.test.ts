import { compareNames, encodeNode } from "@tastic/format";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NodeLookup } from "../dist/backup/node-lookup.js";
import { sketchNode } from "./sample-repository.js";

const nodesOf = (names: Iterable<string>) =>
  [...new Set(names)].sort(compareNames).map((name) => sketchNode({ name, type: "fifo" }));
const names = fc.array(fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom("a", "b", "c", "z") }));

describe("looking up nodes", () => {
  it("finds what is there and nothing else, in any order", () => {
    fc.assert(
      fc.property(names, names, fc.boolean(), fc.boolean(), (there, asked, inOrder, knowing) => {
        const nodes = nodesOf(there);
        const lookup = new NodeLookup(nodes.map(encodeNode), "a tree");
        for (const name of inOrder ? asked.sort(compareNames) : asked) {
          const expected = nodes.find((node) => node.name === name);
          const start = knowing ? `{"name":"${name}",` : undefined;
          expect(lookup.find(name, start)?.text).toBe(expected && encodeNode(expected));
        }
      }),
    );
  });

  it("looks at no more nodes than it must when asked in order", () => {
    let taken = 0;
    function* count(): Generator<string> {
      for (const node of nodesOf(["a", "b", "c", "d", "e"])) {
        taken++;
        yield encodeNode(node);
      }
    }
    const lookup = new NodeLookup({ [Symbol.iterator]: count }, "a tree");
    expect(lookup.find("b")?.node.name).toBe("b");
    expect(taken).toBe(2);
    expect(lookup.find("bb")).toBeUndefined();
    expect(lookup.find("e")?.node.name).toBe("e");
    expect(taken).toBe(5);
  });

  it("finds what comes before damage, says so once, and then nothing", () => {
    function* broken(): Generator<string> {
      yield* nodesOf(["a"]).map(encodeNode);
      throw new Error("not a node");
    }
    const damages: unknown[] = [];
    const lookup = new NodeLookup({ [Symbol.iterator]: broken }, "a tree", (error) => damages.push(error));
    expect(lookup.find("a")?.node.name).toBe("a");
    expect(lookup.find("b")).toBeUndefined();
    expect(lookup.find("c")).toBeUndefined();
    expect(damages).toEqual([new Error("not a node")]);
  });

  it("says so once, and finds nothing more, where a text is no node", () => {
    const damages: unknown[] = [];
    const texts = [...nodesOf(["a"]).map(encodeNode), '{"name":7}', ...nodesOf(["c"]).map(encodeNode)];
    const lookup = new NodeLookup(texts, "the tree", (error) => damages.push(error));
    expect(lookup.find("a")?.node.name).toBe("a");
    expect(lookup.find("b")).toBeUndefined();
    expect(lookup.find("c")).toBeUndefined();
    expect(damages.map(String)).toEqual([expect.stringContaining("the tree")]);
  });
});
