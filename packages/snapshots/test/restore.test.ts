import { encodeName } from "@tastic/format";
import type { Node } from "@tastic/format";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { excludeFilter, includeFilter, parsePatterns, restore } from "@tastic/snapshots";
import type { RestoreEvent, RestoreOptions, RestoreResult } from "@tastic/snapshots";
import { SampleRepository, TIME, sketchNode } from "./sample-repository.js";
import { makeTestFolder, removeFolder } from "./test-folder.js";

let folder: string;
let sample: SampleRepository;

beforeEach(async () => {
  folder = makeTestFolder();
  sample = await SampleRepository.create();
});
afterEach(() => removeFolder(folder));

interface Outcome {
  readonly result: RestoreResult;
  readonly events: readonly RestoreEvent[];
  readonly errors: readonly string[];
}

async function restoreNodes(nodes: readonly Node[], options: Partial<RestoreOptions> = {}): Promise<Outcome> {
  const treeId = await sample.tree(nodes);
  await sample.flush();
  const events: RestoreEvent[] = [];
  const result = await restore(
    sample.repository,
    { treeId },
    { target: join(folder, "out"), onEvent: (event) => void events.push(event), ...options },
  );
  const errors = events.flatMap((event) =>
    event.type === "error" ? [`${event.path}: ${event.message}`] : [],
  );
  expect(result.errorCount).toBe(errors.length);
  return { result, events, errors };
}

function out(...names: string[]): string {
  return join(folder, "out", ...names);
}

function items(events: readonly RestoreEvent[]): string[] {
  return events.flatMap((event) => (event.type === "item" ? [`${event.action} ${event.path}`] : [])).sort();
}

function pattern(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * seed + (i >> 7)) % 251);
}

describe("content", () => {
  it("of files of none, one and many blobs, some shared and repeated", async () => {
    const [a, b, c] = [pattern(1000, 3), pattern(70_000, 7), pattern(5, 11)];
    const { result, errors } = await restoreNodes([
      await sample.folder("dir", [await sample.file("deep", [b, a, b])]),
      await sample.file("empty", []),
      await sample.file("many", [a, b, a, c, a]),
      await sample.file("one", [c]),
    ]);
    expect(errors).toEqual([]);
    expect(readFileSync(out("dir", "deep"))).toEqual(Buffer.concat([b, a, b]));
    expect(readFileSync(out("many"))).toEqual(Buffer.concat([a, b, a, c, a]));
    expect(readFileSync(out("one"))).toEqual(Buffer.from(c));
    expect(statSync(out("empty")).size).toBe(0);
    expect(result).toMatchObject({ totalFiles: 5, filesRestored: 5, filesSkipped: 0 });
    expect(result.bytesRestored).toBe(result.totalBytes);
  });

  it("of files that reach over several packs, more of them than may be open", async () => {
    // Random, so that they are not compressed into one pack.
    const large = Array.from({ length: 6 }, () => sample.repository.crypto.randomBytes(1 << 20));
    await sample.file("all", large);
    const [first = new Uint8Array(), last = new Uint8Array()] = [large[0], large[5]];
    const nodes: Node[] = [];
    for (let i = 0; i < 150; i++) {
      const name = String(i).padStart(3, "0");
      nodes.push(await sample.file(name, [first, `own ${name}`, last]));
    }
    const { errors } = await restoreNodes(nodes, { verify: true });
    expect(errors).toEqual([]);
    for (const name of ["000", "077", "149"]) {
      expect(readFileSync(out(name)).equals(Buffer.concat([first, Buffer.from(`own ${name}`), last]))).toBe(
        true,
      );
    }
    const [one, other] = [nodes[0]?.content?.[0], nodes[0]?.content?.[2]];
    expect(sample.packOf(one ?? ("" as never), 0)).not.toBe(sample.packOf(other ?? ("" as never), 0));
  });

  it("keeps holes with sparse, and the same bytes", async () => {
    const zeros = new Uint8Array(1 << 20);
    const mixed = Buffer.concat([Buffer.from("x"), zeros, Buffer.from("y")]);
    const nodes = [await sample.file("holes", [zeros, mixed, zeros])];
    await restoreNodes(nodes, { sparse: true });
    expect(readFileSync(out("holes")).equals(Buffer.concat([zeros, mixed, zeros]))).toBe(true);
    expect(statSync(out("holes")).blocks * 512).toBeLessThan(1 << 20);
  });

  it("of a damaged pack is an error of the files in it alone", async () => {
    const good = await sample.file("good", ["good"]);
    await sample.flush();
    const bad = await sample.file("bad", ["bad"]);
    await sample.flush();
    const pack = { type: "pack", name: sample.packOf(bad.content?.[0] ?? ("" as never), 0) } as const;
    const bytes = await sample.storage.load(pack);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await sample.storage.save(pack, bytes);
    const { errors } = await restoreNodes([bad, good]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^\/bad: data blob .* authentication tag/);
    expect(readFileSync(out("good"), "utf8")).toBe("good");
  });

  it("of a blob that no index lists is an error of that file alone", async () => {
    const lost = sketchNode({ name: "lost", type: "file", size: 3, content: ["ab".repeat(32) as never] });
    const { errors, result } = await restoreNodes([lost, await sample.file("rest", ["rest"])]);
    expect(errors).toEqual([`/lost: data blob ${"ab".repeat(32)} is in no index of the repository`]);
    expect(result).toMatchObject({ totalFiles: 2, filesRestored: 1 });
  });
});

describe("metadata", () => {
  it("sets modes, and times of folders after what is in them", async () => {
    const inner = await sample.file("run", ["#!"], { mode: 0o755 });
    await restoreNodes([await sample.folder("dir", [inner], { mode: 0x8010_0000 + 0o770 })]);
    expect(lstatSync(out("dir")).mode & 0o7777).toBe(0o1770);
    expect(lstatSync(out("dir", "run")).mode & 0o7777).toBe(0o755);
    for (const path of [out("dir"), out("dir", "run")]) {
      const { mtimeNs } = lstatSync(path, { bigint: true });
      expect(mtimeNs / 1000n).toBe(BigInt(Date.parse("2024-05-06T07:08:09Z")) * 1000n + 123_456n);
    }
  });

  it.skipIf(!hasPerl())("sets times to the nanosecond, of links too", async () => {
    await restoreNodes([
      await sample.folder("dir", [await sample.file("file", ["x"])]),
      sketchNode({ name: "link", type: "symlink", linkTarget: "dir/file" }),
    ]);
    const stated = BigInt(Date.parse("2024-05-06T07:08:09Z")) * 1_000_000n + 123_456_789n;
    for (const path of ["dir", "dir/file", "link"]) {
      expect(lstatSync(out(path), { bigint: true }).mtimeNs).toBe(stated);
    }
  });

  it("restores every microsecond as it is", async () => {
    const times = Array.from(
      { length: 200 },
      (_, i) => `2026-11-23T14:01:02.${String(i * 4999 + 1).padStart(6, "0")}Z`,
    );
    const nodes: Node[] = [];
    for (const [i, time] of times.entries()) {
      nodes.push(await sample.file(String(i).padStart(3, "0"), [], { mtime: time, atime: time }));
    }
    await restoreNodes(nodes);
    for (const [i, time] of times.entries()) {
      const { mtimeNs } = lstatSync(out(String(i).padStart(3, "0")), { bigint: true });
      expect(mtimeNs % 1_000_000_000n).toBe(BigInt(time.slice(20, 26)) * 1000n);
    }
  });

  it("links further names of a file to the first", async () => {
    const more = { inode: 2n ** 63n + 5n, deviceId: 7n, links: 2n };
    const { result } = await restoreNodes([
      await sample.file("a", ["same"], more),
      await sample.folder("dir", [await sample.file("b", ["same"], more)]),
      await sample.file("other", ["same"], { ...more, deviceId: 8n }),
    ]);
    expect(statSync(out("a")).ino).toBe(statSync(out("dir", "b")).ino);
    expect(statSync(out("other")).ino).not.toBe(statSync(out("a")).ino);
    expect(result).toMatchObject({ totalFiles: 4, filesRestored: 4, totalBytes: 8 });
  });

  it("restores names and link targets that are not UTF-8, links and FIFOs", async () => {
    const name = "bad\udcff\udc80 name";
    const { errors } = await restoreNodes([
      sketchNode({ name: `fifo\udcfe`, type: "fifo", mode: 0x0200_0000 + 0o640 }),
      sketchNode({ name: "link", type: "symlink", linkTarget: name }),
      sketchNode({ name: "sock", type: "socket" }),
      await sample.folder(`z${name}`, [await sample.file(name, ["content"])]),
    ]);
    expect(errors).toEqual([]);
    expect(readdirSync(out(), { encoding: "buffer" }).sort((a, b) => Buffer.compare(a, b))).toEqual([
      encodeName(`fifo\udcfe`),
      Buffer.from("link"),
      encodeName(`z${name}`),
    ]);
    expect(lstatSync(Buffer.concat([Buffer.from(`${out()}/`), encodeName(`fifo\udcfe`)])).isFIFO()).toBe(
      true,
    );
    expect(readlinkSync(out("link"), { encoding: "buffer" })).toEqual(encodeName(name));
    expect(
      readFileSync(Buffer.concat([Buffer.from(`${out()}/`), encodeName(`z${name}/${name}`)]), "utf8"),
    ).toBe("content");
  });
});

describe("over what is there", () => {
  it("rewrites only blobs that differ, in the same file", async () => {
    const blobs = [pattern(5000, 3), pattern(5000, 5), pattern(5000, 7)];
    mkdirSync(out(), { recursive: true });
    const there = Buffer.concat([
      blobs[0] ?? "",
      pattern(5000, 9),
      blobs[2] ?? "",
      Buffer.from("too long"),
    ] as Buffer[]);
    writeFileSync(out("file"), there);
    const { ino } = statSync(out("file"));
    const { result, events } = await restoreNodes([await sample.file("file", blobs)]);
    expect(readFileSync(out("file")).equals(Buffer.concat(blobs))).toBe(true);
    expect(statSync(out("file")).ino).toBe(ino);
    expect(items(events)).toEqual(["updated /file"]);
    expect(result).toMatchObject({ totalBytes: 15_000, bytesRestored: 15_000 });
  });

  it("leaves content that is right, and restores its metadata", async () => {
    mkdirSync(out());
    writeFileSync(out("file"), "same", { mode: 0o600 });
    const { result, events } = await restoreNodes([await sample.file("file", ["same"], { mode: 0o640 })]);
    expect(items(events)).toEqual(["unchanged /file"]);
    expect(result).toMatchObject({ totalFiles: 0, filesSkipped: 1, bytesSkipped: 4 });
    expect(statSync(out("file")).mode & 0o777).toBe(0o640);
  });

  it("if-changed trusts size and time, always does not", async () => {
    const node = await sample.file("file", ["1234"]);
    await restoreNodes([node]);
    writeFileSync(out("file"), "abcd");
    const when = Math.floor(Date.parse(TIME) / 1000) + 0.1234565;
    utimesSync(out("file"), when, when);
    await restoreNodes([node], { overwrite: "if-changed" });
    expect(readFileSync(out("file"), "utf8")).toBe("abcd");
    await restoreNodes([node], { overwrite: "always" });
    expect(readFileSync(out("file"), "utf8")).toBe("1234");
  });

  it("if-newer replaces older files only, never replaces nothing", async () => {
    mkdirSync(out());
    for (const name of ["newer", "older"]) writeFileSync(out(name), "there");
    utimesSync(out("newer"), 2_000_000_000, 2_000_000_000);
    utimesSync(out("older"), 1_000_000_000, 1_000_000_000);
    const nodes = [await sample.file("newer", ["snap"]), await sample.file("older", ["snap"])];
    const never = await restoreNodes(nodes, { overwrite: "never" });
    expect(items(never.events)).toEqual(["unchanged /newer", "unchanged /older"]);
    await restoreNodes(nodes, { overwrite: "if-newer" });
    expect(readFileSync(out("newer"), "utf8")).toBe("there");
    expect(readFileSync(out("older"), "utf8")).toBe("snap");
    const again = await restoreNodes(nodes, { overwrite: "if-newer" });
    expect(items(again.events)).toEqual(["unchanged /newer", "unchanged /older"]);
  });

  it("replaces what is of another type, but no folder that holds something", async () => {
    for (const name of ["empty", "full"]) mkdirSync(out(name), { recursive: true });
    writeFileSync(out("full", "precious"), "");
    writeFileSync(out("dir"), "a file in the place of a folder");
    const nodes = [
      await sample.folder("dir", [await sample.file("in", ["in"])]),
      await sample.file("empty", ["file"]),
      await sample.file("full", ["file"]),
    ];
    const { errors } = await restoreNodes(nodes);
    expect(errors).toEqual([`/full: rmdir ${out("full")}: directory not empty`]);
    expect(readFileSync(out("dir", "in"), "utf8")).toBe("in");
    expect(readFileSync(out("empty"), "utf8")).toBe("file");
    expect(existsSync(out("full", "precious"))).toBe(true);
    expect((await restoreNodes(nodes, { delete: true })).errors).toEqual([]);
    expect(readFileSync(out("full"), "utf8")).toBe("file");
  });

  it("replaces a file with other names instead of writing through it", async () => {
    mkdirSync(out());
    writeFileSync(join(folder, "elsewhere"), "keep me");
    linkSync(join(folder, "elsewhere"), out("file"));
    await restoreNodes([await sample.file("file", ["new"])]);
    expect(readFileSync(out("file"), "utf8")).toBe("new");
    expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe("keep me");
  });
});

describe("delete", () => {
  it("removes what the snapshot does not hold, without following links", async () => {
    mkdirSync(out("dir", "old", "deeper"), { recursive: true });
    writeFileSync(out("dir", "old", "deeper", "file"), "");
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere", "precious"), "");
    symlinkSync(join(folder, "elsewhere"), out("link"));
    const { result } = await restoreNodes([await sample.folder("dir", [await sample.file("new", ["x"])])], {
      delete: true,
    });
    expect(readdirSync(out())).toEqual(["dir"]);
    expect(readdirSync(out("dir"))).toEqual(["new"]);
    expect(readdirSync(join(folder, "elsewhere"))).toEqual(["precious"]);
    expect(result.filesDeleted).toBe(4);
  });

  it("reaches no further than the filter", async () => {
    mkdirSync(out("a"), { recursive: true });
    mkdirSync(out("b"));
    for (const name of ["a/old", "b/old", "old"]) writeFileSync(out(name), "");
    const nodes = [await sample.folder("a", [await sample.file("x", ["x"])]), await sample.folder("b", [])];
    await restoreNodes(nodes, { delete: true, filter: includeFilter([parsePatterns(["/a"])]) });
    expect(readdirSync(out("a"))).toEqual(["x"]);
    expect(existsSync(out("b", "old")) && existsSync(out("old"))).toBe(true);
  });

  it("spares a folder whose tree cannot be read", async () => {
    mkdirSync(out("dir"), { recursive: true });
    writeFileSync(out("dir", "precious"), "");
    const node = sketchNode({ name: "dir", type: "dir", subtree: "cd".repeat(32) as never });
    const { errors } = await restoreNodes([node], { delete: true });
    expect(errors).toHaveLength(1);
    expect(existsSync(out("dir", "precious"))).toBe(true);
  });
});

describe("parts", () => {
  it("include restores what matches and the folders above", async () => {
    const nodes = [
      await sample.folder("a", [await sample.file("x.txt", ["x"]), await sample.file("y", ["y"])], {
        mode: 0x8000_0000 + 0o711,
      }),
      await sample.folder("b", [await sample.file("z", ["z"])]),
    ];
    const { result } = await restoreNodes(nodes, { filter: includeFilter([parsePatterns(["*.txt"])]) });
    expect(readdirSync(out())).toEqual(["a"]);
    expect(readdirSync(out("a"))).toEqual(["x.txt"]);
    expect(statSync(out("a")).mode & 0o777).toBe(0o711);
    // The folder above was not chosen, so it was not expected; but it was restored.
    expect(result).toMatchObject({ totalFiles: 1, filesRestored: 2 });
  });

  it("exclude leaves out what matches and all in it", async () => {
    const nodes = [
      await sample.folder("a", [await sample.file("x", ["x"])]),
      await sample.folder("b", [await sample.file("a", ["a"]), await sample.file("z", ["z"])]),
    ];
    await restoreNodes(nodes, { filter: excludeFilter([parsePatterns(["a"])]) });
    expect(readdirSync(out())).toEqual(["b"]);
    expect(readdirSync(out("b"))).toEqual(["z"]);
  });

  it("a subfolder becomes the target itself", async () => {
    const treeId = await sample.tree([
      await sample.folder("a", [await sample.folder("b", [await sample.file("x", ["x"])])]),
    ]);
    await sample.flush();
    await restore(sample.repository, { treeId, subfolder: "/a/b/" }, { target: out() });
    expect(readdirSync(out())).toEqual(["x"]);
    const missing = restore(sample.repository, { treeId, subfolder: "a/c" }, { target: out() });
    await expect(missing).rejects.toMatchObject({ code: "not-found", message: "path a/c: not found" });
    const noFolder = restore(sample.repository, { treeId, subfolder: "a/b/x" }, { target: out() });
    await expect(noFolder).rejects.toMatchObject({
      code: "invalid-argument",
      message: "path a/b/x: not a directory",
    });
  });
});

describe("a dry run", () => {
  it("tells what the real one does, and touches nothing", async () => {
    const nodes = [
      await sample.folder("dir", [await sample.file("new", ["new"]), await sample.file("old", ["old"])]),
      sketchNode({ name: "link", type: "symlink", linkTarget: "dir" }),
    ];
    mkdirSync(out("dir"), { recursive: true });
    writeFileSync(out("dir", "old"), "is different");
    writeFileSync(out("extra"), "");
    const dry = await restoreNodes(nodes, { dryRun: true, delete: true });
    expect(readdirSync(out())).toEqual(["dir", "extra"]);
    expect(readFileSync(out("dir", "old"), "utf8")).toBe("is different");
    const real = await restoreNodes(nodes, { delete: true });
    expect(items(dry.events)).toEqual(items(real.events));
    const { seconds: _, ...counts } = real.result;
    expect(dry.result).toMatchObject(counts);
  });

  it("makes no target", async () => {
    await restoreNodes([await sample.folder("dir", [await sample.file("f", ["f"])])], { dryRun: true });
    expect(existsSync(out())).toBe(false);
  });
});

describe("verify", () => {
  it("counts files that are right, and tells which were changed meanwhile", async () => {
    const nodes = [await sample.file("bad", ["bad"]), await sample.file("good", ["good"])];
    const { events } = await restoreNodes(nodes, { verify: true });
    expect(events).toContainEqual({ type: "verified", files: 2 });
    const treeId = await sample.tree(nodes);
    const errors: string[] = [];
    await restore(
      sample.repository,
      { treeId },
      {
        target: join(folder, "second"),
        verify: true,
        onEvent: (event) => {
          if (event.type === "item" && event.path === "/bad")
            writeFileSync(join(folder, "second", "bad"), "???");
          if (event.type === "error") errors.push(event.message);
        },
      },
    );
    expect(errors).toEqual([`Unexpected content in ${join(folder, "second", "bad")}, starting at offset 0`]);
  });
});

describe("cancelling", () => {
  it("ends the restore with the error cancelled", async () => {
    const treeId = await sample.tree([await sample.file("f", ["f"])]);
    await sample.flush();
    const cancelled = restore(sample.repository, { treeId }, { target: out(), signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});

function hasPerl(): boolean {
  try {
    execFileSync("perl", ["-e", "exit 0"]);
    return process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  } catch {
    return false;
  }
}
