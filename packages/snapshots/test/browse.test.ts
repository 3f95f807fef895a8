/** Looking into snapshots as into folders. What restic's mount shows of the same snapshots was taken from restic 0.19.1. */
import { compareNames } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { arrangeSnapshots } from "../dist/browse/snapshot-folders.js";
import { ByteCache } from "../dist/browse/byte-cache.js";
import { SnapshotBrowser, DEFAULT_TEMPLATES } from "@tastic/snapshots";
import type { BrowsedFile, BrowsedFolder, BrowserOptions, SnapshotFolder } from "@tastic/snapshots";
import { createMemoryStorage } from "@tastic/storage";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { SampleRepository, sketchNode } from "./sample-repository.js";
import { snapshot } from "./stored-snapshots.js";

const berlin = { hostname: "h1", username: "root" };
const snapshots = [
  snapshot("11111111", { ...berlin, time: "2020-01-01T00:00:00+01:00", tags: ["x"] }),
  snapshot("22222222", { ...berlin, time: "2020-01-01T00:00:00+01:00", tags: ["x", "y"] }),
  snapshot("33333333", { ...berlin, time: "2020-01-01T00:00:00+01:00", hostname: "h2" }),
  snapshot("44444444", {
    ...berlin,
    time: "2020-07-01T12:30:00+02:00",
    hostname: "h2",
    tags: ["a/b", ".."],
  }),
  snapshot("55555555", { ...berlin, time: "2021-01-09T12:30:00+01:00", tags: ["a/b"] }),
];

function pathsOf(folder: SnapshotFolder, path = ""): string[] {
  if (folder.snapshot !== undefined) {
    const target = folder.target === undefined ? "" : ` -> ${folder.target}`;
    return [`${path}${target} ${folder.snapshot.id.slice(0, 1)}`];
  }
  const below = [...folder.children].flatMap(([name, child]) => pathsOf(child, `${path}/${name}`));
  return below.length === 0 ? [`${path}/`] : below.sort();
}

const arrange = (paths: readonly string[], time = DEFAULT_TEMPLATES.time): string[] =>
  pathsOf(arrangeSnapshots(snapshots, { paths, time }));

describe("the folders above snapshots", () => {
  it("are those of restic's mount", () => {
    expect(pathsOf(arrangeSnapshots(snapshots, DEFAULT_TEMPLATES))).toEqual([
      "/hosts/h1/2020-01-01T00:00:00+01:00 1",
      "/hosts/h1/2020-01-01T00:00:00+01:00-1 2",
      "/hosts/h1/2021-01-09T12:30:00+01:00 5",
      "/hosts/h1/latest -> 2021-01-09T12:30:00+01:00 5",
      "/hosts/h2/2020-01-01T00:00:00+01:00 3",
      "/hosts/h2/2020-07-01T12:30:00+02:00 4",
      "/hosts/h2/latest -> 2020-07-01T12:30:00+02:00 4",
      "/ids/11111111 1",
      "/ids/22222222 2",
      "/ids/33333333 3",
      "/ids/44444444 4",
      "/ids/55555555 5",
      "/snapshots/2020-01-01T00:00:00+01:00 1",
      "/snapshots/2020-01-01T00:00:00+01:00-1 2",
      "/snapshots/2020-01-01T00:00:00+01:00-2 3",
      "/snapshots/2020-07-01T12:30:00+02:00 4",
      "/snapshots/2021-01-09T12:30:00+01:00 5",
      "/snapshots/latest -> 2021-01-09T12:30:00+01:00 5",
      "/tags/__/2020-07-01T12:30:00+02:00 4",
      "/tags/__/latest -> 2020-07-01T12:30:00+02:00 4",
      "/tags/a/b/2021-01-09T12:30:00+01:00 5",
      "/tags/a/b/latest -> 2021-01-09T12:30:00+01:00 5",
      "/tags/a_b/2020-07-01T12:30:00+02:00 4",
      "/tags/a_b/latest -> 2020-07-01T12:30:00+02:00 4",
      "/tags/x/2020-01-01T00:00:00+01:00 1",
      "/tags/x/2020-01-01T00:00:00+01:00-1 2",
      "/tags/x/latest -> 2020-01-01T00:00:00+01:00-1 2",
      "/tags/y/2020-01-01T00:00:00+01:00 2",
      "/tags/y/latest -> 2020-01-01T00:00:00+01:00 2",
    ]);
    expect(pathsOf(arrangeSnapshots([], DEFAULT_TEMPLATES))).toEqual([
      "/hosts/",
      "/ids/",
      "/snapshots/",
      "/tags/",
    ]);
  });

  it("follow templates", () => {
    expect(arrange(["all-%T"], "2006")).toEqual([
      "/all-/latest -> 2021 5",
      "/all-2020 1",
      "/all-2020-1 2",
      "/all-2020-2 3",
      "/all-2020-3 4",
      "/all-2021 5",
    ]);
    expect(arrange(["u/%u/%I"])).toHaveLength(5);
    expect(arrange(["d/%T"], "2006/01")).toEqual([
      "/d/2020/01 1",
      "/d/2020/01-1 2",
      "/d/2020/01-2 3",
      "/d/2020/07 4",
      "/d/2021/01 5",
      "/d/latest -> 2021/01 5",
    ]);
    // %T within a path is no reason for a link; %% is a per cent sign, as is one before any other letter nothing.
    expect(arrange(["a%%b/%T/c/%q/%h%T%%T"], "06")).toContain("/a%b/21/c/q/h121%T 5");
    expect(arrange(["s//./../%t//%T"], "06")).toContain("/x/latest -> 20-1 2");
  });

  it("are not left by names that hosts, users and tags have (difference 15)", () => {
    const hostile = snapshot("66666666", {
      hostname: "../../ids",
      username: "..",
      tags: ["../../x", "./y\0"],
    });
    const paths = ["t/%t/%i", "h/%h/%i", "u/%u/%i"];
    const found = pathsOf(
      arrangeSnapshots([hostile, { ...hostile, tags: ["../../z"] }], { paths, time: "1" }),
    );
    expect(found).toEqual([
      "/h/.._.._ids/66666666 6",
      "/h/.._.._ids/66666666-1 6",
      "/t/.._.._x/66666666 6",
      "/t/._y_/66666666 6",
      "/t/__/__/z/66666666 6",
      "/u/__/66666666 6",
      "/u/__/66666666-1 6",
    ]);
  });
});

async function browse(
  sample: SampleRepository,
  options: Partial<BrowserOptions> = {},
): Promise<SnapshotBrowser> {
  const browser = new SnapshotBrowser(await sample.reopen(), {
    signal: new AbortController().signal,
    ...options,
  });
  await browser.start();
  return browser;
}

async function fileAt(browser: SnapshotBrowser, ...names: string[]): Promise<BrowsedFile> {
  const found = await browser.find(names);
  if (found?.kind !== "file") throw new Error(`${names.join("/")} is ${found?.kind}`);
  return found;
}

async function folderAt(browser: SnapshotBrowser, ...names: string[]): Promise<BrowsedFolder> {
  const found = await browser.find(names);
  if (found?.kind !== "folder") throw new Error(`${names.join("/")} is ${found?.kind}`);
  return found;
}

async function bytesOf(
  browser: SnapshotBrowser,
  file: BrowsedFile,
  start: number,
  end: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const piece of browser.readFile(file, start, end, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("a browser of snapshots", () => {
  it("finds and lists what there is, whatever its name", async () => {
    const sample = await SampleRepository.create();
    const names = ["a", "b\u0001\n", "c\udcff", "d<&>", "é"];
    const nodes: Node[] = [];
    for (const name of names) nodes.push(await sample.file(name, [name]));
    const link = sketchNode({ name: "link", type: "symlink", linkTarget: "../a" });
    nodes.push(await sample.folder("sub", [link]));
    await sample.snapshot(await sample.tree(nodes.sort((a, b) => compareNames(a.name, b.name))));
    const browser = await browse(sample);
    const root = await folderAt(browser, "snapshots", "latest");
    expect(Array.from(await browser.list(root), ({ name }) => name)).toEqual([
      "a",
      "b\u0001\n",
      "c\udcff",
      "d<&>",
      "sub",
      "é",
    ]);
    for (const name of names) {
      const file = await fileAt(browser, "snapshots", "latest", name);
      expect(browser.sizeOf(file)).toBe(Buffer.byteLength(name));
      expect(await bytesOf(browser, file, 0, 10)).toEqual(Buffer.from(name));
    }
    expect(await browser.find(["snapshots", "latest", "sub", "link"])).toMatchObject({
      kind: "other",
      node: { linkTarget: "../a" },
    });
    const { inside } = await folderAt(browser, "hosts", "h", "latest", "sub");
    expect(inside?.path).toBe("/sub");
    for (const path of [
      "x",
      "snapshots/x",
      "snapshots/latest/x",
      "snapshots/latest/a/x",
      "snapshots/latest/../ids",
    ]) {
      expect(await browser.find(path.split("/"))).toBeUndefined();
    }
  });

  it("reads any part of a file, with each blob loaded once", async () => {
    const storage = createMemoryStorage();
    const sample = await SampleRepository.create(storage);
    const blobs = Array.from({ length: 40 }, (_, i) =>
      Buffer.alloc(i % 7 === 3 ? 0 : 1 + ((i * 37) % 90), i + 1),
    );
    const content = Buffer.concat(blobs);
    await sample.snapshot(await sample.tree([await sample.file("empty", []), await sample.file("f", blobs)]));
    const browser = await browse(sample);
    const load = vi.spyOn(browser.repository, "loadBlob");
    const file = await fileAt(browser, "snapshots", "latest", "f");
    expect(browser.sizeOf(file)).toBe(content.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length), fc.nat(content.length), async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect((await bytesOf(browser, file, start, end)).equals(content.subarray(start, end))).toBe(true);
      }),
    );
    const loads = load.mock.calls.filter(([type]) => type === "data").map(([, id]) => id);
    expect(new Set(loads).size).toBe(loads.length);
    expect(loads.length).toBeGreaterThan(20);
    const empty = await fileAt(browser, "snapshots", "latest", "empty");
    expect(await bytesOf(browser, empty, 0, 0)).toEqual(Buffer.alloc(0));
    expect(browser.tagOf(empty)).not.toBe(browser.tagOf(file));
  });

  it("loads few blobs ahead, and none for who has left", async () => {
    const sample = await SampleRepository.create();
    const blobs = Array.from({ length: 50 }, (_, i) => Buffer.alloc(1000, i));
    await sample.snapshot(await sample.tree([await sample.file("f", blobs)]));
    const browser = await browse(sample);
    const file = await fileAt(browser, "snapshots", "latest", "f");
    const load = vi.spyOn(browser.repository, "loadBlob");
    const gone = new AbortController();
    const reading = browser.readFile(file, 0, 50_000, gone.signal);
    for (let i = 0; i < 3; i++) await reading.next();
    expect(load).toHaveBeenCalledTimes(5);
    gone.abort();
    await expect(reading.next()).rejects.toMatchObject({ code: "cancelled" });
    expect(load.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it("sees snapshots that are made meanwhile, and forgets those that are gone", async () => {
    const sample = await SampleRepository.create();
    const first = await sample.snapshot(await sample.tree([await sample.file("a", ["first"])]));
    const browser = await browse(sample, { refresh: 0 });
    expect(await browser.find(["snapshots", "latest", "b"])).toBeUndefined();
    const tree = await sample.tree([await sample.file("b", ["second"])]);
    await sample.snapshot(tree, { time: "2025-01-01T00:00:00Z" });
    expect(await bytesOf(browser, await fileAt(browser, "snapshots", "latest", "b"), 0, 6)).toEqual(
      Buffer.from("second"),
    );
    await sample.storage.remove({ type: "snapshot", name: first });
    expect([...(await browser.list(await folderAt(browser, "ids")))]).toHaveLength(1);
    const slow = await browse(sample);
    await sample.snapshot(tree, { time: "2026-01-01T00:00:00Z" });
    expect([...(await slow.list(await folderAt(slow, "ids")))]).toHaveLength(1);
  });

  it("goes on with what it knows where the store is away, and without snapshots that are damaged", async () => {
    const sample = await SampleRepository.create();
    await sample.snapshot(await sample.tree([await sample.file("a", ["x"])]));
    const damaged = "ab".repeat(32);
    await sample.storage.save({ type: "snapshot", name: damaged }, [Buffer.alloc(100)]);
    const problems: string[] = [];
    const browser = await browse(sample, { refresh: 0, onProblem: (message) => problems.push(message) });
    expect(problems).toEqual([expect.stringMatching(/^snapshot abababab is left out: /)]);
    browser.repository.list = () => Promise.reject(new Error("the store is away"));
    expect((await fileAt(browser, "snapshots", "latest", "a")).name).toBe("a");
    // The damaged one is not told again.
    expect(problems.slice(1)).toEqual(["cannot look for new snapshots: the store is away"]);
  });

  it("does not wait long for a store that does not answer", async () => {
    const sample = await SampleRepository.create();
    await sample.snapshot(await sample.tree([await sample.file("a", ["x"])]));
    const browser = await browse(sample, { refresh: 0, patience: 10 });
    let answer = (): void => undefined;
    const list = vi
      .spyOn(browser.repository, "list")
      .mockImplementation(() => new Promise((resolve) => (answer = () => resolve([]))));
    for (let i = 0; i < 3; i++) expect((await fileAt(browser, "snapshots", "latest", "a")).name).toBe("a");
    expect(list).toHaveBeenCalledTimes(1);
    answer();
    await new Promise((resolve) => setTimeout(resolve, 20));
    list.mockRestore();
    expect((await fileAt(browser, "snapshots", "latest", "a")).name).toBe("a");
  });

  it("says beforehand that a file cannot be read whole, and goes on with others", async () => {
    const sample = await SampleRepository.create();
    const missing = "cd".repeat(32) as BlobId;
    await sample.snapshot(
      await sample.tree([
        await sample.file("a", ["whole"]),
        sketchNode({ name: "b", type: "file", size: 7, content: [missing] }),
        sketchNode({ name: "c", type: "dir", subtree: missing }),
      ]),
    );
    const browser = await browse(sample);
    const lost = await fileAt(browser, "snapshots", "latest", "b");
    expect(browser.sizeOf(lost)).toBe(7);
    await expect(browser.checkFile(lost)).rejects.toMatchObject({ code: "blob-not-found" });
    await expect(browser.find(["snapshots", "latest", "c", "d"])).rejects.toMatchObject({
      code: "blob-not-found",
    });
    await browser.checkFile(await fileAt(browser, "snapshots", "latest", "a"));
  });
});

it("a cache keeps what was used last, and no errors", async () => {
  const cache = new ByteCache<Uint8Array>(100, ({ length }) => length);
  let made = 0;
  const get = (key: string, size: number): Promise<Uint8Array> =>
    cache.get(key, () => {
      made++;
      return Promise.resolve(new Uint8Array(size));
    });
  await Promise.all([get("a", 40), get("a", 40)]);
  await get("b", 40);
  await get("a", 40);
  expect([made, cache.bytes]).toEqual([2, 80]);
  await get("c", 40);
  expect([made, cache.bytes]).toEqual([3, 80]);
  await get("a", 40);
  expect(made).toBe(3);
  await get("b", 40);
  expect(made).toBe(4);
  await get("large", 101);
  expect([made, cache.bytes]).toEqual([5, 80]);
  await expect(cache.get("d", () => Promise.reject(new Error("once")))).rejects.toThrow("once");
  expect((await get("d", 1)).length).toBe(1);
});
