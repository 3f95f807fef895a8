import type { BlobId, Node } from "@tastic/format";
import { beforeEach, describe, expect, it, test } from "vitest";
import { diff } from "../dist/index.js";
import type { DiffEvent, DiffOptions, DiffResult } from "../dist/index.js";
import { equalNodes } from "../dist/diff/node-equality.js";
import { SampleRepository, sketchNode } from "./sample-repository.js";

let sample: SampleRepository;

beforeEach(async () => {
  sample = await SampleRepository.create();
});

async function compare(
  before: readonly Node[],
  after: readonly Node[],
  options: DiffOptions = {},
): Promise<{ lines: string[]; result: DiffResult }> {
  const lines: string[] = [];
  const onEvent = (event: DiffEvent): void => {
    lines.push(event.type === "change" ? `${event.modifier} ${event.path}` : event.type);
  };
  const trees = [await sample.tree(before), await sample.tree(after)] as const;
  await sample.flush();
  return { lines, result: await diff(sample.repository, ...trees, { ...options, onEvent }) };
}

describe("diff", () => {
  it("counts what only one side uses", async () => {
    const moved = await sample.file("moved", ["12345"]);
    const { lines, result } = await compare(
      [await sample.folder("old", [moved]), await sample.file("x", ["123"])],
      [await sample.folder("new", [moved]), await sample.file("x", ["1234", "5678"])],
    );
    expect(lines).toEqual(["+ /new/", "+ /new/moved", "- /old/", "- /old/moved", "M /x"]);
    // The folder's tree is the same one.
    expect(result).toMatchObject({
      changedFiles: 1,
      added: { files: 1, dirs: 1, others: 0, dataBlobs: 2, treeBlobs: 1 },
      removed: { files: 1, dirs: 1, others: 0, dataBlobs: 1, treeBlobs: 1 },
    });
  });

  it("loads what is below a folder that did not change only once", async () => {
    const same = [await sample.folder("deep", [await sample.file("f", ["1"])])];
    const folders = await Promise.all(["a", "b", "c"].map((name) => sample.folder(name, same)));
    const loaded: BlobId[] = [];
    const loadBlob = sample.repository.loadBlob.bind(sample.repository);
    sample.repository.loadBlob = (type, id, signal) => {
      loaded.push(id);
      return loadBlob(type, id, signal);
    };
    const { lines, result } = await compare(folders, [...folders, await sample.file("d", ["1"])]);
    expect(lines).toEqual(["+ /d"]);
    expect(result.added).toMatchObject({ files: 1, dataBlobs: 0, treeBlobs: 1 });
    // The two roots, and the folder and what is in it.
    expect(loaded).toHaveLength(4);
  });

  it("tells of folders that cannot be read and of blobs that no index lists, and goes on", async () => {
    const missing = "ab".repeat(32) as BlobId;
    const { lines, result } = await compare(
      [
        sketchNode({ name: "a", type: "dir", subtree: missing }),
        sketchNode({ name: "f", type: "file", content: [missing], size: 5 }),
      ],
      [await sample.file("z", ["1"])],
    );
    expect(lines).toEqual(["- /a/", "error", "- /f", "+ /z", "unknown-blob", "unknown-blob"]);
    expect(result.removed).toMatchObject({ files: 1, dirs: 1, dataBlobs: 1, treeBlobs: 2 });
  });

  it("throws where one of the two cannot be read, and when cancelled", async () => {
    const tree = await sample.tree([]);
    await sample.flush();
    const missing = "ab".repeat(32) as BlobId;
    await expect(diff(sample.repository, tree, missing)).rejects.toMatchObject({ code: "blob-not-found" });
    const signal = AbortSignal.abort();
    await expect(diff(sample.repository, tree, tree, { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});

const plain = sketchNode({ name: "x", type: "file", links: 1n });
const attributes = (...names: string[]): Partial<Node> => ({
  extendedAttributes: names.map((name) => ({ name, value: Buffer.from(name) })),
});

test.each<[Partial<Node>, Partial<Node>, boolean]>([
  [{}, {}, true],
  [{ mtime: "2020-01-01T00:00:00Z" }, { mtime: "2020-01-01T01:00:00+01:00" }, true],
  [{ mtime: "2020-01-01T00:00:00Z" }, { mtime: "2020-01-01T00:00:00.000000001Z" }, false],
  [attributes("a", "b"), attributes("b", "a"), true],
  [attributes("a"), attributes("b"), false],
  [attributes("a"), attributes("a", "b"), false],
  [{ genericAttributes: { a: "1" } }, { genericAttributes: { a: "2" } }, false],
  [{ genericAttributes: { a: "1" } }, {}, false],
  [{ content: null }, { content: [] }, false],
  [{ linkTarget: "a" }, { linkTarget: "b" }, false],
  [{ inode: 1n }, { inode: 2n }, false],
  [{ device: 1n }, {}, false],
  [{ error: "e" }, {}, false],
  [{ user: "a" }, { user: "b" }, false],
])("%o and %o are the same: %j", (one, other, expected) => {
  expect(equalNodes({ ...plain, ...one }, { ...plain, ...other })).toBe(expected);
  expect(equalNodes({ ...plain, ...other }, { ...plain, ...one })).toBe(expected);
});
