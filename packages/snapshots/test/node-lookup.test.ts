import { compareNames } from "@tastic/format";
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
      fc.property(names, names, fc.boolean(), (there, asked, inOrder) => {
        const nodes = nodesOf(there);
        const lookup = new NodeLookup(nodes);
        for (const name of inOrder ? asked.sort(compareNames) : asked) {
          expect(lookup.find(name)).toBe(nodes.find((node) => node.name === name));
        }
      }),
    );
  });

  it("looks at no more nodes than it must when asked in order", () => {
    let taken = 0;
    function* count(): Generator<ReturnType<typeof sketchNode>> {
      for (const node of nodesOf(["a", "b", "c", "d", "e"])) {
        taken++;
        yield node;
      }
    }
    const lookup = new NodeLookup({ [Symbol.iterator]: count });
    expect(lookup.find("b")?.name).toBe("b");
    expect(taken).toBe(2);
    expect(lookup.find("bb")).toBeUndefined();
    expect(lookup.find("e")?.name).toBe("e");
    expect(taken).toBe(5);
  });

  it("finds what comes before damage, says so once, and then nothing", () => {
    function* broken(): Generator<ReturnType<typeof sketchNode>> {
      yield* nodesOf(["a"]);
      throw new Error("not a node");
    }
    const damages: unknown[] = [];
    const lookup = new NodeLookup({ [Symbol.iterator]: broken }, (error) => damages.push(error));
    expect(lookup.find("a")?.name).toBe("a");
    expect(lookup.find("b")).toBeUndefined();
    expect(lookup.find("c")).toBeUndefined();
    expect(damages).toEqual([new Error("not a node")]);
  });
});
