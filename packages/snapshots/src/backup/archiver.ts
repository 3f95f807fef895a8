/**
 * Walking the targets of a backup: every folder becomes a tree, everything else a node in it.
 *
 * The walk runs ahead of the reading: it lists folders, compares files with the parent snapshot, and hands those
 * that changed to the ingest, which answers later. Folders complete from the bottom up as their entries do.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { compareNames, idToBytes, iterateTree } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { attempt } from "./archiver-parts.js";
import type { ArchiverParts, Item } from "./archiver-parts.js";
import { FolderBuilder } from "./folder-builder.js";
import { LeafArchiver } from "./leaf-archiver.js";
import { NodeLookup } from "./node-lookup.js";
import { saveTree } from "./save-tree.js";
import { listFolder, nodeFromStatus, statusOfTarget } from "./source-files.js";
import { examine, pathIn } from "./source-items.js";
import type { TargetTree } from "./target-tree.js";
import { WalkPace } from "./walk-pace.js";

export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #pace: WalkPace;
  readonly #leaves: LeafArchiver;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
    this.#pace = new WalkPace(parts.ingest.lookAhead, () => this.#push(), parts.stop);
    this.#leaves = new LeafArchiver(parts, this.#pace);
  }

  /**
   * Saves all targets; returns the id of the snapshot's tree.
   * Errors: `no-source` if nothing could be saved. What ends the whole backup is told to `parts.stop`; then this may
   * never settle.
   */
  async archive(targets: TargetTree, previousTree: BlobId | undefined): Promise<BlobId> {
    const root = this.#builder("");
    await this.#targets(root, targets, "", await this.#previousNodes(previousTree, "/"));
    this.#push();
    const tree = await root.tree;
    if (root.count === 0) {
      throw new TasticError("no-source", "snapshot is empty", {
        guidance: "Nothing of what was named is left by what is excluded or cannot be read.",
      });
    }
    const { id, stored } = await saveTree(this.#parts, tree);
    this.#parts.report.root(stored);
    return id;
  }

  /** Begins everything that was only collected so far. */
  #push(): void {
    this.#parts.ingest.push();
    this.#parts.attributes?.push();
  }

  #builder(snapshotPath: string): FolderBuilder {
    return new FolderBuilder((name, error) => {
      this.#parts.report.error("archival", `${snapshotPath}/${name}`, messageOf(error));
    });
  }

  /** Enters what the target tree holds at one level. */
  async #targets(
    folder: FolderBuilder,
    tree: TargetTree,
    above: string,
    previous: NodeLookup,
  ): Promise<void> {
    const children = [...tree.children].sort(([a], [b]) => compareNames(a, b));
    for (const [name, child] of children) {
      const { path = child.metadataPath ?? "", isExplicit = false } = child;
      const item = {
        name,
        path: posix.resolve(path),
        isExplicit,
        snapshotPath: `${above}/${name}`,
        previous: previous.find(name),
      };
      if (child.path !== undefined) await this.#item(folder, item);
      else await this.#leadingFolder(folder, child, item);
      if (this.#pace.isDue) await this.#pace.pause();
    }
    folder.end();
  }

  /** A folder above targets: its metadata, and of its content only what leads to them. */
  async #leadingFolder(folder: FolderBuilder, tree: TargetTree, item: Item): Promise<void> {
    const stat = this.#attempt(item, () => statusOfTarget(item.path));
    if (stat === undefined) return;
    await this.#folder(folder, item, stat, (inner, previous) =>
      this.#targets(inner, tree, item.snapshotPath, previous),
    );
  }

  /** Saves a file or folder, unless it is left out. */
  async #item(folder: FolderBuilder, item: Item): Promise<void> {
    const stat = this.#attempt(item, () => examine(item, this.#parts.excludes));
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      this.#leaves.save(folder, item, stat);
      return;
    }
    // A folder that cannot be listed is left out, rather than saved as if it were empty.
    const names = this.#attempt(item, () => listFolder(item.path));
    if (names === undefined) return;
    await this.#folder(folder, item, stat, (inner, previous) =>
      this.#entries(inner, item, names, stat.dev, previous),
    );
  }

  /** Saves a folder once `fill` has announced its entries. Does not wait for them. */
  async #folder(
    parent: FolderBuilder,
    item: Item,
    stat: BigIntStats,
    fill: (inner: FolderBuilder, previous: NodeLookup) => Promise<void>,
  ): Promise<void> {
    const { report, stop, nodes, attributes } = this.#parts;
    const started = performance.now();
    const slot = parent.add();
    const inner = this.#builder(item.snapshotPath);
    const node = nodeFromStatus(item.name, item.path, stat, nodes);
    const complete = async (): Promise<void> => {
      const [tree, found] = await Promise.all([inner.tree, attributes?.read(item.path)]);
      const { id, stored } = await saveTree(this.#parts, tree);
      const whole = { ...node, ...found, subtree: id };
      report.folder(item.snapshotPath, item.previous, whole, stored, performance.now() - started);
      this.#pace.closed();
      parent.ready(slot, whole);
    };
    complete().catch((error: unknown) => stop.fail(error));
    const previous = item.previous?.type === "dir" ? item.previous.subtree : undefined;
    await fill(inner, await this.#previousNodes(previous, item.path));
    // Until now the walk itself kept it open, however deep it went.
    this.#pace.opened();
  }

  async #entries(
    folder: FolderBuilder,
    item: Item,
    names: readonly string[],
    folderDevice: bigint,
    previous: NodeLookup,
  ): Promise<void> {
    for (const [index, name] of names.entries()) {
      const path = pathIn(item.path, name);
      if (name === names[index - 1]) {
        this.#parts.report.warning(`${path} was listed twice; it is saved once`, path);
      } else {
        const snapshotPath = `${item.snapshotPath}/${name}`;
        await this.#item(folder, { name, path, folderDevice, snapshotPath, previous: previous.find(name) });
      }
      if (this.#pace.isDue) await this.#pace.pause();
    }
    folder.end();
  }

  /** The entries that a folder had. A tree that cannot be loaded only makes this backup read more. */
  async #previousNodes(tree: BlobId | undefined, path: string): Promise<NodeLookup> {
    const { repository, report, stop } = this.#parts;
    if (tree === undefined) return new NodeLookup([]);
    const damaged = (error: unknown): void => {
      const reason =
        repository.index.find(idToBytes(tree), TREE) < 0
          ? "is not known; the repository could be damaged, run `repair index` to try to repair it"
          : `could not be loaded; the repository could be damaged: ${messageOf(error)}`;
      report.error("archival", path, `${path}: tree ${tree} ${reason}`);
    };
    try {
      const bytes = await repository.loadBlob("tree", tree, stop.signal);
      return new NodeLookup({ [Symbol.iterator]: () => iterateTree(bytes, `tree ${tree}`) }, damaged);
    } catch (error) {
      stop.throwIfStopped();
      damaged(error);
      return new NodeLookup([]);
    }
  }

  #attempt<T>(item: Item, call: () => T): T | undefined {
    return attempt(this.#parts.report, item.path, call);
  }
}
