import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { writeFiles } from "../../../test/support/trees.js";
import { contentOf, failure, newStorage, only, run } from "./backup-support.js";

const time = BigInt(Date.UTC(2020, 1, 29)) * 1_000_000n + 123n;
const streamOf = (...pieces: Uint8Array[]): Readable => Readable.from(pieces, { objectMode: false });

describe("a backup of a stream", () => {
  it.each([
    ["stdin", ["/stdin"]],
    ["a/b/c", ["/a", "/a/b", "/a/b/c"]],
    ["/a/b/c", ["/a", "/a/b", "/a/b/c"]],
    ["./a//x/../c/", ["/a", "/a/c"]],
    ["../up", ["/up"]],
  ])("calls it %s, with the folders that this names", async (filename, paths) => {
    const storage = await newStorage();
    const bytes = sampleBytes(3_000_000);
    const stream = streamOf(bytes.subarray(0, 10), bytes.subarray(10, 2_000_000), bytes.subarray(2_000_000));
    const { nodes, snapshot, result } = await run(storage, { stdin: { filename, stream }, time });
    expect([...nodes.keys()]).toEqual(paths);
    expect(snapshot.paths).toEqual(paths.slice(-1));
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const times = { mtime: snapshot.time, atime: snapshot.time, ctime: snapshot.time };
    for (const [path, node] of nodes) {
      expect(node).toMatchObject({ ...owner, ...times, name: path.slice(path.lastIndexOf("/") + 1) });
      expect(node).not.toHaveProperty("user", expect.any(String));
      expect(node.inode ?? 0n).toBe(0n);
    }
    for (const path of paths.slice(0, -1)) {
      expect(nodes.get(path)).toMatchObject({ type: "dir", mode: 0o20_000_000_755, content: null });
    }
    const file = nodes.get(paths.at(-1) ?? "");
    expect(file).toMatchObject({ type: "file", mode: 0o644, size: bytes.length });
    expect((await contentOf(storage, file)).equals(bytes)).toBe(true);
    expect(result.summary).toMatchObject({
      filesNew: 1,
      dirsNew: paths.length - 1,
      treeBlobs: paths.length,
      totalFilesProcessed: 1,
      totalBytesProcessed: bytes.length,
    });
  });

  it("cuts as it cuts a file, however the bytes arrive", async () => {
    const folder = await temporaryFolder();
    const bytes = sampleBytes(20_000_000, 5);
    await writeFiles(folder, { f: bytes });
    const storage = await newStorage();
    const { nodes } = await run(storage, { targets: [folder] });
    const content = nodes.get(`${folder}/f`)?.content;
    for (const size of [65_536, 1_000_003, 20_000_000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const stream = await run(storage, { stdin: { filename: "f", stream: streamOf(...pieces) } });
      expect(stream.nodes.get("/f")?.content).toEqual(content);
      expect(stream.result.summary).toMatchObject({ dataBlobs: 0 });
    }
  });

  it("is no file where there is not a byte of it, and says so", async () => {
    const { nodes, result } = await run(await newStorage(), {
      stdin: { filename: "a/f", stream: streamOf() },
    });
    expect([...nodes.keys()]).toEqual(["/a"]);
    expect(result.errorCount).toBe(1);
    expect(result.summary).toMatchObject({ filesNew: 0, dirsNew: 1, totalFilesProcessed: 0 });
  });

  it("has no parent if none is named", async () => {
    const storage = await newStorage();
    const save = async (more = {}) =>
      run(storage, { stdin: { filename: "f", stream: streamOf(sampleBytes(5)) }, ...more });
    const first = await save();
    const second = await save();
    expect(second.snapshot.parent).toBeUndefined();
    const third = await save({ parent: first.result.snapshotId });
    expect(third.snapshot.parent).toBe(first.result.snapshotId);
  });

  it("reports how far it is", async () => {
    const { events } = await run(await newStorage(), {
      stdin: { filename: "d/f", stream: streamOf(sampleBytes(1000)) },
    });
    expect(only(events, "item").map(({ path, kind, action }) => `${action} ${kind} ${path}`)).toEqual([
      "new file /d/f",
      "new dir /d/",
    ]);
    expect(only(events, "progress").at(-1)).toMatchObject({
      filesDone: 1,
      bytesDone: 1000,
      currentFiles: ["/d/f"],
    });
  });

  it.each(["", "/", ".", "..", "a/.."])("refuses the name %o", async (filename) => {
    const error = await failure(
      run(await newStorage(), { stdin: { filename, stream: streamOf() } }),
      "invalid-argument",
    );
    expect(error.message).toContain("invalid filename");
  });
});
