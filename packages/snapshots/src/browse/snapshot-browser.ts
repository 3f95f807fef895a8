/**
 * Looking into a repository as into folders: those above the snapshots, and below them what the snapshots hold. It sees
 * snapshots that others make meanwhile, and keeps little in memory.
 */
import { messageOf } from "@tastic/errors";
import { shortId, TreeTable } from "@tastic/format";
import type { BlobId, IndexId, Node, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { contentSize } from "../file-content.js";
import { createSnapshotFilter, matchesFilter } from "../snapshot-filter.js";
import type { SnapshotFilter } from "../snapshot-filter.js";
import { listSnapshots } from "../snapshot-lookup.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { ByteCache } from "./byte-cache.js";
import { contentTag, FileReader } from "./file-reader.js";
import { arrangeSnapshots, DEFAULT_TEMPLATES } from "./snapshot-folders.js";
import type { FolderTemplates, SnapshotFolder } from "./snapshot-folders.js";

/** Trees that are kept for the next who asks, in bytes. */
const MAX_TREES = 32 << 20;
const EPOCH = "1970-01-01T00:00:00Z";

/** What a browser shows. */
export interface BrowserOptions {
  readonly templates?: FolderTemplates;
  readonly filter?: SnapshotFilter;
  /** After so many milliseconds it looks whether there are other snapshots, when somebody asks; 60,000 if not given. */
  readonly refresh?: number;
  /** So many milliseconds whoever asks waits for that; 5,000 if not given. Then what is known has to do. */
  readonly patience?: number;
  /** Is told what could not be loaded, where that does not stop the rest. */
  readonly onProblem?: (message: string) => void;
  /** Ends all loading. */
  readonly signal: AbortSignal;
}

/** A folder, above snapshots or in one. */
export interface BrowsedFolder {
  readonly kind: "folder";
  /** Empty for the one at the top. */
  readonly name: string;
  /** A stored time. */
  readonly modified: string;
  /** Where it is another name of a folder: the path of that, from the folder that this lies in. */
  readonly target?: string | undefined;
  /** In a snapshot: which, the path in it ("/" for all of it), and its tree. */
  readonly inside?:
    { readonly snapshot: StoredSnapshot; readonly path: string; readonly tree: BlobId } | undefined;
  /** Above snapshots. */
  readonly above?: SnapshotFolder | undefined;
}

/** A file in a snapshot. */
export interface BrowsedFile {
  readonly kind: "file";
  readonly name: string;
  readonly modified: string;
  readonly node: Node;
}

/** What is neither folder nor file. */
export interface BrowsedOther {
  readonly kind: "other";
  readonly name: string;
  readonly modified: string;
  readonly node: Node;
}

/** What there is at a path. */
export type BrowsedItem = BrowsedFolder | BrowsedFile | BrowsedOther;

/** Looks into the snapshots of a repository as into folders. */
export class SnapshotBrowser {
  readonly repository: Repository;
  readonly #options: BrowserOptions;
  readonly #filter: SnapshotFilter;
  readonly #trees = new ByteCache<TreeTable>(MAX_TREES, ({ memory }) => memory);
  readonly #files: FileReader;
  /** Loaded ones, and those that could not be. */
  readonly #snapshots = new Map<SnapshotId, StoredSnapshot | undefined>();
  readonly #indexes = new Set<IndexId>();
  #root: SnapshotFolder = { children: new Map() };
  #looked = -Infinity;
  #refreshing: { readonly done: Promise<void>; readonly since: number } | undefined;

  constructor(repository: Repository, options: BrowserOptions) {
    this.repository = repository;
    this.#options = options;
    this.#filter = options.filter ?? createSnapshotFilter();
    this.#files = new FileReader(repository, options.signal);
  }

  /**
   * Loads snapshots and index. Errors: those of the store and of damaged index files.
   * @param onProgress is told how many index files are loaded
   */
  async start(onProgress?: (loaded: number, total: number) => void): Promise<void> {
    await this.#load(onProgress);
    this.#looked = performance.now();
  }

  /** What a path names, name by name; undefined where there is no such thing. Errors: those of trees. */
  async find(names: readonly string[]): Promise<BrowsedItem | undefined> {
    await this.#refresh();
    let item: BrowsedItem = aboveSnapshots("", this.#root);
    for (const name of names) {
      if (item.kind !== "folder") return undefined;
      const next: BrowsedItem | undefined = await this.#child(item, name);
      if (next === undefined) return undefined;
      item = next;
    }
    return item;
  }

  /** What is in a folder, by name. Errors: those of trees. */
  async list(folder: BrowsedFolder): Promise<Iterable<BrowsedItem>> {
    const { inside, above } = folder;
    if (inside === undefined) {
      return Array.from(above?.children ?? [], ([name, child]) => aboveSnapshots(name, child));
    }
    const tree = await this.#tree(inside.tree);
    return itemsOf(folder, tree);
  }

  /** Bytes of a file, as far as the index knows. */
  sizeOf({ node }: BrowsedFile): number {
    return contentSize(this.repository, node);
  }

  /** The same for files with the same content, and different for others. */
  tagOf({ node }: BrowsedFile): string {
    return contentTag(node);
  }

  /** Is all of a file in the index? @throws TasticError blob-not-found */
  checkFile({ node }: BrowsedFile): Promise<void> {
    return this.#files.check(node);
  }

  /** The bytes of a file from `start` up to, not including, `end`, which must not be changed. Errors: as `loadBlob`. */
  readFile(
    { node }: BrowsedFile,
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    return this.#files.read(node, start, end, signal);
  }

  async #child(folder: BrowsedFolder, name: string): Promise<BrowsedItem | undefined> {
    const { inside, above } = folder;
    if (inside === undefined) {
      const child = above?.children.get(name);
      return child && aboveSnapshots(name, child);
    }
    const node = (await this.#tree(inside.tree)).find(name);
    return node && itemOf(folder, node);
  }

  #tree(id: BlobId): Promise<TreeTable> {
    return this.#trees.get(id, async () => {
      const bytes = await this.repository.loadBlob("tree", id, this.#options.signal);
      return new TreeTable(bytes, `tree ${id}`);
    });
  }

  async #refresh(): Promise<void> {
    const { refresh = 60_000, patience = 5_000 } = this.#options;
    const now = performance.now();
    if (now - this.#looked < refresh) return;
    this.#refreshing ??= { done: this.#reload(), since: now };
    const { done, since } = this.#refreshing;
    // A store that is away is tried again for a quarter of an hour.
    const left = since + patience - now;
    if (left <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, left)))]);
    clearTimeout(timer);
  }

  async #reload(): Promise<void> {
    try {
      await this.#load();
    } catch (error) {
      // What is known can still be read.
      this.#options.onProblem?.(`cannot look for new snapshots: ${messageOf(error)}`);
    } finally {
      this.#looked = performance.now();
      this.#refreshing = undefined;
    }
  }

  /** Loads what was added since, and forgets snapshots that are gone. */
  async #load(onProgress?: (loaded: number, total: number) => void): Promise<void> {
    const { repository } = this;
    const { signal, onProblem, templates = DEFAULT_TEMPLATES } = this.#options;
    const ids = await repository.list<SnapshotId>("snapshot");
    const isNew = ids.some((id) => !this.#snapshots.has(id));
    if (!isNew && ids.length === this.#snapshots.size && this.#looked !== -Infinity) return;
    const known = new Map(this.#snapshots);
    const failed = new Set<SnapshotId>();
    const all = await listSnapshots(
      {
        list: () => Promise.resolve(ids),
        loadSnapshot: async (id) => known.get(id) ?? repository.loadSnapshot(id),
      },
      (id, error) => {
        failed.add(id);
        if (!known.has(id)) onProblem?.(`snapshot ${shortId(id)} is left out: ${messageOf(error)}`);
      },
    );
    // Snapshots first: what they need was in an index before they were there.
    const options = { signal, known: this.#indexes, ...(onProgress && { onProgress }) };
    for (const id of await repository.loadIndex(options)) this.#indexes.add(id);
    this.#snapshots.clear();
    for (const id of failed) this.#snapshots.set(id, undefined);
    for (const snapshot of all) this.#snapshots.set(snapshot.id, snapshot);
    this.#root = arrangeSnapshots(
      all.filter((snapshot) => matchesFilter(snapshot, this.#filter)),
      templates,
    );
  }
}

function aboveSnapshots(name: string, folder: SnapshotFolder): BrowsedFolder {
  const { snapshot, target, newest = EPOCH } = folder;
  return {
    kind: "folder",
    name,
    modified: newest,
    target,
    ...(snapshot === undefined
      ? { above: folder }
      : { inside: { snapshot, path: "/", tree: snapshot.tree } }),
  };
}

function* itemsOf(folder: BrowsedFolder, tree: TreeTable): Generator<BrowsedItem> {
  for (const node of tree) yield itemOf(folder, node);
}

function itemOf({ inside }: BrowsedFolder, node: Node): BrowsedItem {
  const { name, type, mtime: modified, subtree } = node;
  if (type === "file") return { kind: "file", name, modified, node };
  if (type !== "dir" || subtree === undefined || inside === undefined)
    return { kind: "other", name, modified, node };
  const path = `${inside.path === "/" ? "" : inside.path}/${name}`;
  return { kind: "folder", name, modified, inside: { snapshot: inside.snapshot, path, tree: subtree } };
}
