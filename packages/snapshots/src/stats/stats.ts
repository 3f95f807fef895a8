/**
 * `stats`: how much snapshots hold, counted in one of four ways (restic's manual, "Getting information about repository
 * data").
 */
import { TasticError, isTasticError, messageOf } from "@tastic/errors";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { StoredSnapshot } from "../stored-snapshot.js";
import { visitTree } from "../visit-tree.js";
import { BlobsPerFile, FilesByContents, RestoreSize } from "./counters.js";
import type { Counter } from "./counters.js";
import { countRawData } from "./raw-data.js";
import type { StatsMode, StatsOptions, StatsProgress, StatsResult } from "./stats-types.js";
import { TreeTotals } from "./tree-totals.js";

/** Nodes between two reports of progress. */
const NODES_PER_REPORT = 1024;

/**
 * Counts what the snapshots hold. The index must be loaded.
 * @throws TasticError where anything of them cannot be read or found: a sum without it would be wrong; `cancelled`
 */
export async function stats(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  options: StatsOptions = {},
): Promise<StatsResult> {
  const { mode = "restore-size", signal, onProgress = () => undefined } = options;
  if (mode === "raw-data") return countRawData(repository, snapshots, { signal, onProgress });
  const counter = COUNTERS[mode](repository);
  const totals = new TreeTotals(repository);
  for (const [done, { tree }] of snapshots.entries()) {
    const walk = new CountingWalk(counter, totals, (progress) =>
      onProgress({ ...progress, snapshots: done + 1 }),
    );
    counter.beginSnapshot();
    walk.report();
    try {
      await visitTree(repository, tree, walk, { signal, what: "the count" });
    } catch (error) {
      if (!isTasticError(error) || error.code === "cancelled") throw error;
      throw inTree(tree, error);
    } finally {
      walk.report();
    }
  }
  const { totalSize, totalFiles, totalBlobs } = counter;
  return { snapshots: snapshots.length, totalSize, totalFiles, totalBlobs };
}

type CountingMode = Exclude<StatsMode, "raw-data">;

const COUNTERS: Readonly<Record<CountingMode, (repository: Repository) => Counter>> = {
  "restore-size": () => new RestoreSize(),
  "files-by-contents": (repository) => new FilesByContents(repository),
  "blobs-per-file": (repository) => new BlobsPerFile(repository),
};

/** One snapshot's way through its trees. */
class CountingWalk {
  readonly #counter: Counter;
  readonly #totals: TreeTotals;
  readonly #tell: (progress: Omit<StatsProgress, "snapshots">) => void;
  #files = 0;
  #blobs = 0;
  #bytes = 0;
  /** Nodes that may count in one place and not in another. */
  #dependent = 0;
  /** The numbers above when each open folder was entered. */
  readonly #open: { files: number; bytes: number; dependent: number }[] = [];

  constructor(
    counter: Counter,
    totals: TreeTotals,
    tell: (progress: Omit<StatsProgress, "snapshots">) => void,
  ) {
    this.#counter = counter;
    this.#totals = totals;
    this.#tell = tell;
  }

  report(): void {
    this.#tell({ files: this.#files, blobs: this.#blobs, bytes: this.#bytes });
  }

  enters(_path: string, { subtree }: Node): boolean {
    return subtree === undefined || this.#totals.get(subtree) === undefined;
  }

  onNode(path: string, node: Node, tree: BlobId): void {
    this.#files++;
    this.#bytes += node.size ?? 0;
    const { blobs, depends } = this.#counter.count(path, node, tree);
    this.#blobs += blobs;
    if (depends) this.#dependent++;
    if (this.#files % NODES_PER_REPORT === 0) this.report();
    const below = node.subtree === undefined ? undefined : this.#totals.get(node.subtree);
    if (node.type !== "dir" || below === undefined) return;
    this.#files += below.files;
    this.#bytes += below.bytes;
    this.#counter.countAgain(below);
  }

  onUnreadable(_path: string, _tree: BlobId, _parent: BlobId, error: unknown): void {
    throw error;
  }

  onEnter(): void {
    this.#open.push({ files: this.#files, bytes: this.#bytes, dependent: this.#dependent });
  }

  onLeave(tree: BlobId): void {
    const before = this.#open.pop();
    if (before === undefined || before.dependent !== this.#dependent) return;
    this.#totals.set(tree, { files: this.#files - before.files, bytes: this.#bytes - before.bytes });
  }
}

/** In restic's words. */
function inTree(tree: BlobId, error: TasticError): TasticError {
  return new TasticError(error.code, `error walking snapshot: walking tree ${tree}: ${messageOf(error)}`, {
    guidance: "Run `check` to see what else is damaged.",
    data: { ...error.data, tree },
    cause: error,
  });
}
