import type { BlobId } from "@tastic/format";
import { beforeAll, describe, expect, it } from "vitest";
import { walkTree } from "@tastic/snapshots";
import type { WalkOptions } from "@tastic/snapshots";
import { SampleRepository, sketchNode } from "./sample-repository.js";

let sample: SampleRepository;
let root: BlobId;

beforeAll(async () => {
  sample = await SampleRepository.create();
  const many = Array.from({ length: 200 }, (_, i) =>
    sketchNode({ name: `n${String(i).padStart(3, "0")}`, type: "fifo" }),
  );
  root = await sample.tree([
    await sample.folder("a", [
      await sample.folder("b", [await sample.file("deep", ["x"])]),
      await sample.file("c", ["y"]),
    ]),
    await sample.folder("ab", many),
    await sample.file("z", ["z"]),
  ]);
  await sample.flush();
});

async function list(options?: WalkOptions): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, node } of walkTree(sample.repository, root, options)) {
    expect(path.endsWith(`/${node.name}`)).toBe(true);
    paths.push(path);
  }
  return paths;
}

describe("walkTree", () => {
  it("lists everything, a folder before what is in it", async () => {
    const paths = await list();
    expect(paths.slice(0, 6)).toEqual(["/a", "/a/b", "/a/b/deep", "/a/c", "/ab", "/ab/n000"]);
    expect(paths).toHaveLength(206);
    expect(paths.at(-1)).toBe("/z");
  });

  // What restic lists for the same arguments.
  it.each([
    [["/"], false, ["/a", "/ab", "/z"]],
    [["/a"], false, ["/a", "/a/b", "/a/c"]],
    [["/a/"], false, ["/a", "/a/b", "/a/c"]],
    [["/a"], true, ["/a", "/a/b", "/a/b/deep", "/a/c"]],
    [["/z", "/a/b"], false, ["/a/b", "/a/b/deep", "/z"]],
    [["/a/c"], false, ["/a/c"]],
    [["/nothing"], true, []],
  ])("lists %j, recursive %j", async (paths, recursive, expected) => {
    expect(await list({ paths, recursive })).toEqual(expected);
  });

  it("refuses relative paths", async () => {
    await expect(list({ paths: ["a"] })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("raises the error of a tree that is missing, after what comes before the folder", async () => {
    const tree = await sample.tree([
      await sample.file("a", ["x"]),
      sketchNode({ name: "b", type: "dir", subtree: "ab".repeat(32) as BlobId }),
    ]);
    await sample.flush();
    const paths: string[] = [];
    const walk = async (): Promise<void> => {
      for await (const { path } of walkTree(sample.repository, tree)) paths.push(path);
    };
    await expect(walk()).rejects.toMatchObject({ code: "blob-not-found" });
    expect(paths).toEqual(["/a"]);
  });

  it("lists what leads to the paths, if asked to", async () => {
    const tree = await sample.tree([await sample.folder("a", [await sample.folder("b", [])])]);
    await sample.flush();
    const paths: string[] = [];
    const options = { paths: ["/a/./b/"], ancestors: true };
    for await (const { path } of walkTree(sample.repository, tree, options)) paths.push(path);
    expect(paths).toEqual(["/a", "/a/b"]);
  });

  it("ends when cancelled", async () => {
    await expect(list({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});
