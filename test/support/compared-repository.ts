/**
 * A repository for commands that read: snapshots between which everything changed that can, with names, numbers and
 * times that no real file system would have all at once. Nothing in it is random but what seals it.
 */
import { compareNames } from "@tastic/format";
import type { BlobId, Node, SnapshotId } from "@tastic/format";
import { createLocalStorage } from "@tastic/storage";
import { PASSWORD, SampleRepository, sketchNode } from "../../packages/snapshots/test/sample-repository.js";

export { PASSWORD as comparedPassword } from "../../packages/snapshots/test/sample-repository.js";

export interface ComparedRepository {
  readonly path: string;
  /** Oldest first: two that differ, and one that is as the second. */
  readonly snapshots: readonly [SnapshotId, SnapshotId, SnapshotId];
  /** A blob of a file, which is there under several names. */
  readonly shared: BlobId;
  /** A blob that only the first snapshot has. */
  readonly goneBlob: BlobId;
  /** The tree of a folder that all snapshots have, of one that only the first has, and of the first root. */
  readonly keptTree: BlobId;
  readonly goneTree: BlobId;
  readonly root: BlobId;
  /** A pack with data, and one with trees. */
  readonly dataPack: string;
  readonly treePack: string;
}

const BEFORE = "2020-01-02T03:04:05.123456789Z";
const AFTER = "2021-06-07T08:09:10+02:00";

export async function makeComparedRepository(path: string): Promise<ComparedRepository> {
  const sample = await SampleRepository.create(createLocalStorage(path));
  const { file, folder } = bound(sample);
  const kept = await folder("kept", [
    await file("readme.TXT", ["shared"]),
    await folder("deep", [await file("c.txt", ["in the depth"])]),
  ]);
  const first = await sample.tree(sorted(await itemsBefore(sample, kept)));
  // Packs are closed here, so that each snapshot has its own.
  await sample.flush();
  const second = await sample.tree(sorted(await itemsAfter(sample, kept)));
  const common = { username: "someone", programVersion: "restic 0.19.1" };
  const snapshots = [
    await sample.snapshot(first, { ...common, time: BEFORE, paths: ["/home/x"], tags: ["old"] }),
    await sample.snapshot(second, { ...common, time: AFTER, paths: ["/home/x"], tags: ["a", "b"] }),
    await sample.snapshot(second, { ...common, time: "2021-06-07T06:09:11Z", hostname: "other" }),
  ] as const;
  const shared = await sample.blob("data", Buffer.from("shared"));
  const gone = await folder("gone", [await file("nested", ["gone too"])]);
  return {
    path,
    snapshots,
    shared,
    goneBlob: await sample.blob("data", Buffer.from("gone too")),
    keptTree: treeOf(kept),
    goneTree: treeOf(gone),
    root: first,
    dataPack: sample.packOf(shared, 0),
    treePack: sample.packOf(first, 1),
  };
}

/** What `RunOptions` need to run on it. */
export function runOn({ path }: ComparedRepository): { readonly repo: string; readonly password: string } {
  return { repo: path, password: PASSWORD };
}

async function itemsBefore(sample: SampleRepository, kept: Node): Promise<Node[]> {
  const { file, folder } = bound(sample);
  return [
    ...(await itemsOfBoth(sample, kept)),
    await file("changed", ["one ", "two"]),
    await folder("gone", [await file("nested", ["gone too"])]),
    await file("hard-1", ["linked"], { links: 2n, inode: 5n, deviceId: 9n }),
    await file("hard-2", ["linked"], { links: 2n, inode: 5n, deviceId: 9n }),
    sketchNode({ name: "link-to-folder", type: "symlink", linkTarget: "kept", links: 1n }),
    await file("file-to-link", ["shared"]),
    await file("nothing-to-empty", [], { content: null }),
    await file("rotten", ["as it was"], { size: 9 }),
    await file("touched", ["shared"], { mtime: BEFORE }),
    await file("same-instant", ["shared"], { mtime: "2020-05-05T12:00:00Z" }),
    await file("owned", ["shared"], { user: "a", group: "b" }),
    await file("attributes", ["shared"], { extendedAttributes: [attribute("user.x", "1")] }),
    await file("attributes-in-order", ["shared"], {
      extendedAttributes: [attribute("user.x", "1"), attribute("user.y", "2")],
    }),
    await file("windows", ["shared"], { genericAttributes: { "windows.file_attributes": "32" } }),
    sketchNode({ name: "device", type: "chardev", mode: 0x0420_0000 + 0o600, device: 259n }),
  ];
}

async function itemsAfter(sample: SampleRepository, kept: Node): Promise<Node[]> {
  const { file, folder } = bound(sample);
  return [
    ...(await itemsOfBoth(sample, kept)),
    await file("changed", ["one ", "three"]),
    await file("hard-1", ["linked"], { links: 2n, inode: 6n, deviceId: 9n }),
    await file("hard-2", ["linked"], { links: 2n, inode: 6n, deviceId: 9n }),
    await folder("link-to-folder", [await file("inside", ["new inside"])]),
    sketchNode({ name: "file-to-link", type: "symlink", linkTarget: "bad \udcff", links: 1n }),
    await file("nothing-to-empty", []),
    await file("rotten", ["as it IS!"], { size: 9 }),
    await file("touched", ["shared"], { mtime: AFTER }),
    await file("same-instant", ["shared"], { mtime: "2020-05-05T14:00:00+02:00" }),
    await file("owned", ["shared"], { user: "a", group: "c" }),
    await file("attributes", ["shared"], { extendedAttributes: [attribute("user.x", "2")] }),
    await file("attributes-in-order", ["shared"], {
      extendedAttributes: [attribute("user.y", "2"), attribute("user.x", "1")],
    }),
    await file("windows", ["shared"], { genericAttributes: { "windows.file_attributes": "33" } }),
    sketchNode({ name: "device", type: "chardev", mode: 0x0420_0000 + 0o600, device: 260n }),
    await folder("new", [await folder("empty", []), await file("kept-copy", ["shared"]), kept]),
    sketchNode({ name: "new-fifo", type: "fifo", mode: 0x0200_0000 + 0o640 }),
  ];
}

async function itemsOfBoth(sample: SampleRepository, kept: Node): Promise<Node[]> {
  const { file, folder } = bound(sample);
  return [
    kept,
    await file("a", ["shared"], { links: 1n }),
    await file("a.txt", ["text", "shared", "text"], { links: 1n }),
    await folder("A-folder", [await file("a", ["x".repeat(5000)])], { mode: 0x8010_0000 + 0o1777 }),
    await file("bad-\udcff\udcfe", ["shared"]),
    await file("größe <&>", ["size"]),
    await file("new\nline", ["shared"]),
    await file("set-uid", [], { mode: 0x0080_0000 + 0o755 }),
    await file("large-numbers", [], { inode: 2n ** 64n - 1n, deviceId: 2n ** 63n, uid: 4294967294 }),
    await file(".hidden", []),
    await file("two.points.TXT", [], { mtime: AFTER, ctime: BEFORE, atime: BEFORE }),
    await file("before-1970", [], { mtime: "1965-07-08T09:10:11.5Z", atime: "1970-01-01T00:00:00Z" }),
    await file("far-east", [], { mtime: "2020-02-29T23:59:59.000000001+14:00" }),
    await file("error", ["shared"], { error: "could not read all of it" }),
  ];
}

function bound(sample: SampleRepository): Pick<SampleRepository, "file" | "folder"> {
  return {
    file: sample.file.bind(sample),
    folder: (name, nodes, more) => sample.folder(name, sorted(nodes), more),
  };
}

function sorted(nodes: readonly Node[]): Node[] {
  return nodes.toSorted((a, b) => compareNames(a.name, b.name));
}

function attribute(name: string, value: string): { name: string; value: Uint8Array } {
  return { name, value: Buffer.from(value) };
}

function treeOf({ name, subtree }: Node): BlobId {
  if (subtree === undefined) throw new Error(`${name} is no folder`);
  return subtree;
}
