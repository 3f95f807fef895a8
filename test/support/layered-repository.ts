/**
 * A small repository of which a test knows what lies where: two snapshots, each with a data pack, a tree pack and an index
 * file of its own, and two keys.
 */
import { idFromBytes, idToBytes, parseId } from "@tastic/format";
import type { BlobId, SnapshotId } from "@tastic/format";
import { DATA, PACK, PackTable, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { readdirSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { sampleBytes } from "./bytes.js";
import { makeCheapRepository } from "./cheap-repository.js";
import { openTestRepository, packsOf } from "./damaged-twins.js";
import type { KnownPack } from "./damaged-twins.js";
import { runRestic, succeed } from "./peers.js";
import { treeOf, writeFiles } from "./trees.js";

export const SECOND_PASSWORD = "zweites";
/** Backups, in their order; also the tags of their snapshots. */
export const LAYERS = ["one", "two"] as const;
export type LayerName = (typeof LAYERS)[number];

export interface Layer {
  readonly snapshot: string;
  readonly root: BlobId;
  readonly data: KnownPack;
  readonly trees: KnownPack;
  readonly index: string;
  /** What the snapshot restores to, as `treeOf` describes it. */
  readonly tree: Readonly<Record<string, string>>;
  /** Where the tree of each folder and the content of each file lies, by path; the root's is "". */
  readonly blobs: Readonly<Record<string, BlobPlace>>;
}

export interface BlobPlace {
  readonly id: BlobId;
  /** From the repository's folder on. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export interface LayeredRepository {
  readonly path: string;
  readonly layers: Readonly<Record<LayerName, Layer>>;
  /** The keys of the usual password and of the second one. */
  readonly keys: readonly [string, string];
}

/** Each blob is one file. `still` is a folder that both snapshots share; those above it differ. */
const SOURCES = {
  one: {
    a: sampleBytes(15_000, 1),
    "folder/b": sampleBytes(10_000, 2),
    shared: sampleBytes(8_000, 3),
    "still/e": sampleBytes(5_000, 4),
  },
  two: { c: sampleBytes(12_000, 5), "folder/deep/d": sampleBytes(9_000, 6) },
};

export async function makeLayeredRepository(
  home: string,
  options: Parameters<typeof makeCheapRepository>[1] = {},
): Promise<LayeredRepository> {
  const path = `${home}/repo`;
  const { password } = options;
  await makeCheapRepository(path, options);
  const known = new Set<string>();
  const news = (folder: string): string => {
    const [name = "", ...more] = readdirSync(`${path}/${folder}`).filter((file) => !known.has(file));
    if (more.length > 0) throw new Error(`more than one new file in ${folder}`);
    known.add(name);
    return name;
  };
  const layers: Partial<Record<LayerName, Layer>> = {};
  for (const layer of LAYERS) {
    await writeFiles(`${home}/source`, SOURCES[layer]);
    const args = ["backup", "-q", "--no-cache", "--tag", layer, "."];
    succeed(await runRestic(args, { repo: path, cwd: `${home}/source`, ...(password && { password }) }));
    const packs = (await packsOf(path, password)).filter(({ id }) => !known.has(id));
    for (const { id } of packs) known.add(id);
    const snapshot = news("snapshots");
    const repository = await openTestRepository(path, password);
    await repository.loadIndex();
    const { tree: root } = await repository.loadSnapshot(parseId<SnapshotId>(snapshot, "snapshot"));
    layers[layer] = {
      snapshot,
      root,
      data: packs.find(({ type }) => type === "data")!,
      trees: packs.find(({ type }) => type === "tree")!,
      index: news("index"),
      tree: await treeOf(`${home}/source`),
      blobs: await placesOf(repository, root),
    };
  }
  const first = news("keys");
  const repository = await openTestRepository(path, password);
  const second = await repository.addKey(SECOND_PASSWORD, { scrypt: { N: 16, r: 1, p: 1 } });
  return { path, layers: layers as Record<LayerName, Layer>, keys: [first, second] };
}

async function placesOf(repository: Repository, root: BlobId): Promise<Record<string, BlobPlace>> {
  const { index } = repository;
  const places: Record<string, BlobPlace> = {};
  const enter = (path: string, id: BlobId, kind: typeof DATA | typeof TREE): void => {
    const entry = index.find(idToBytes(id), kind);
    const pack = repository.blobs.packId(entry);
    const [offset, length] = [index.offset(entry), index.length(entry)];
    places[path] = { id, path: join("data", pack.slice(0, 2), pack), offset, length };
  };
  const visit = async (path: string, tree: BlobId): Promise<void> => {
    enter(path, tree, TREE);
    for (const { name, content, subtree } of await repository.loadTree(tree)) {
      const child = path === "" ? name : `${path}/${name}`;
      for (const id of content ?? []) enter(child, id, DATA);
      if (subtree !== undefined) await visit(child, subtree);
    }
  };
  await visit("", root);
  return places;
}

/** Stores all blobs of a pack once more, in a new pack. Returns its id. */
export async function storeTwice(repo: string, pack: string): Promise<string> {
  const from = await openTestRepository(repo);
  await from.loadIndex();
  // What knows no index takes everything for new.
  const into: Repository = await openTestRepository(repo);
  const writer = into.createWriter();
  const entry = from.index.find(idToBytes(pack), PACK);
  // In another order, so that it is another pack.
  for (const blob of new PackTable(from.index).blobs(entry).reverse()) {
    const type = from.index.kind(blob) === TREE ? "tree" : "data";
    const id = from.index.id(blob);
    await writer.add(type, id, await from.loadBlob(type, idFromBytes<BlobId>(id)));
  }
  const known = new Set((await packsOf(repo)).map(({ id }) => id));
  await writer.flush();
  return (await packsOf(repo)).find(({ id }) => !known.has(id))!.id;
}

/** A copy to be damaged. It has no empty folders, of which a repository has 250. */
export async function copyOf(repository: LayeredRepository, path: string): Promise<string> {
  const all = await readdir(repository.path, { recursive: true, withFileTypes: true });
  for (const file of all.filter((entry) => entry.isFile())) {
    const folder = join(path, relative(repository.path, file.parentPath));
    await mkdir(folder, { recursive: true });
    await copyFile(join(file.parentPath, file.name), join(folder, file.name));
  }
  return path;
}
