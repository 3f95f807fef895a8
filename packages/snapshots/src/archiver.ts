/**
 * Walking the targets of a backup: every folder becomes a tree, every file a node with its content.
 *
 * The walk runs ahead of the reading: it lists folders, compares files with the parent snapshot, and hands those
 * that changed to the ingest, which answers later. Folders complete from the bottom up as their entries do. How far
 * ahead is bounded by the number of files that wait to be read.
 */
import { messageOf } from "@tastic/errors";
import { compareNames, idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AttributeQueue } from "./attribute-queue.js";
import type { BackupReport, StoredBytes } from "./backup-report.js";
import { fileChanged } from "./change-detection.js";
import type { ChangeOptions } from "./change-detection.js";
import type { ExcludeRules, SourceItem } from "./exclude-rules.js";
import { FolderBuilder } from "./folder-builder.js";
import type { Slot } from "./folder-builder.js";
import type { Ingest } from "./ingest.js";
import { NodeLookup } from "./node-lookup.js";
import { describeSystemError } from "./source-error.js";
import { listFolder, nodeFromStatus, statusOf, statusOfTarget, typeOf } from "./source-files.js";
import type { NodeOptions } from "./source-files.js";
import type { TargetTree } from "./target-tree.js";

/** Files that may wait to be read before the walk pauses, and to how many they fall before it goes on. */
const MOST_WAITING = 2048;
const RESUME_AT = 1024;
/** The walk lets others have their turn after so many milliseconds. */
const TURN_MS = 5;

export interface ArchiverParts {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
  readonly ingest: Ingest;
  readonly excludes: ExcludeRules | undefined;
  readonly attributes: AttributeQueue | undefined;
  readonly report: BackupReport;
  readonly nodes: NodeOptions;
  readonly changes: ChangeOptions;
  readonly signal: AbortSignal | undefined;
}

/** An object of the source and where it stands in the snapshot. */
interface Item {
  readonly name: string;
  /** Where it is read. */
  readonly path: string;
  /** Its path in the snapshot. */
  readonly snapshotPath: string;
  readonly previous: Node | undefined;
}

export class Archiver {
  readonly #parts: ArchiverParts;
  #waiting = 0;
  #resume: (() => void) | undefined;
  #lastTurn = performance.now();

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
  }

  /** Saves all targets; returns the id of the snapshot's tree. */
  async archive(targets: TargetTree, previousTree: BlobId | undefined): Promise<BlobId> {
    const folder = new FolderBuilder();
    await this.#targets(folder, targets, "/", await this.#previousNodes(previousTree));
    this.#parts.ingest.push();
    const { id, stored } = await this.#saveTree(await folder.tree);
    this.#parts.report.root(stored);
    return id;
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
      const snapshotPath = above === "/" ? `/${name}` : `${above}/${name}`;
      const old = previous.find(name);
      if (child.path !== undefined) {
        await this.#item(
          folder,
          { name, path: posix.resolve(child.path), snapshotPath, previous: old },
          true,
        );
      } else {
        await this.#leadingFolder(folder, child, {
          name,
          path: child.metadataPath ?? "",
          snapshotPath,
          previous: old,
        });
      }
    }
    folder.end();
  }

  /** A folder above targets: its metadata, and of its content only what leads to them. */
  async #leadingFolder(folder: FolderBuilder, tree: TargetTree, item: Item): Promise<void> {
    const stat = this.#try(item, () => statusOfTarget(item.path));
    if (stat === undefined) return;
    const node = nodeFromStatus(item.name, item.path, stat, this.#parts.nodes);
    await this.#folder(folder, item, node, (inner, previous) =>
      this.#targets(inner, tree, item.snapshotPath, previous),
    );
  }

  /** Saves a file or folder, unless a rule excludes it. Targets are what the user asked for: no rule does. */
  async #item(folder: FolderBuilder, item: Item, isTarget = false): Promise<void> {
    const { excludes } = this.#parts;
    const stat = this.#try(item, () => statusOf(item.path));
    if (stat === undefined) return;
    if (!isTarget && excludes?.excludes(sourceItem(item, stat)) === true) return;
    if (stat.isDirectory()) {
      const node = nodeFromStatus(item.name, item.path, stat, this.#parts.nodes);
      await this.#folder(folder, item, node, (inner, previous) => this.#entries(inner, item, previous));
    } else {
      this.#leaf(folder, item, stat);
    }
  }

  /** Saves a folder once `fill` has announced its entries. Does not wait for them. */
  async #folder(
    parent: FolderBuilder,
    item: Item,
    node: Node,
    fill: (inner: FolderBuilder, previous: NodeLookup) => Promise<void>,
  ): Promise<void> {
    const started = performance.now();
    const slot = parent.add(undefined, 1);
    const inner = new FolderBuilder();
    const attributes = this.#parts.attributes?.read(item.path);
    const complete = async (): Promise<void> => {
      const { id, stored } = await this.#saveTree(await inner.tree);
      slot.node = { ...node, ...(await attributes), subtree: id };
      this.#parts.report.folder(
        item.snapshotPath,
        item.previous,
        slot.node,
        stored,
        performance.now() - started,
      );
      parent.ready(slot);
    };
    complete().catch((error: unknown) => parent.fail(error));
    const previous = item.previous?.type === "dir" ? item.previous.subtree : undefined;
    await fill(inner, await this.#previousNodes(previous));
  }

  async #entries(folder: FolderBuilder, item: Item, previous: NodeLookup): Promise<void> {
    const names = this.#try(item, () => listFolder(item.path));
    const { path, snapshotPath } = item;
    for (const name of names ?? []) {
      const child = {
        name,
        path: path.endsWith("/") ? `${path}${name}` : `${path}/${name}`,
        snapshotPath: `${snapshotPath}/${name}`,
        previous: previous.find(name),
      };
      await this.#item(folder, child);
      if (this.#waiting >= MOST_WAITING || performance.now() - this.#lastTurn > TURN_MS) await this.#pause();
    }
    folder.end();
  }

  /** Anything but a folder. */
  #leaf(folder: FolderBuilder, item: Item, stat: BigIntStats): void {
    const { attributes, report } = this.#parts;
    const node = this.#try(item, () => nodeFromStatus(item.name, item.path, stat, this.#parts.nodes));
    if (node === undefined) return;
    if (node.type === "socket") {
      report.warning("sockets are not saved", item.path);
      return;
    }
    const pending = attributes === undefined ? 0 : 1;
    const slot = folder.add(node, 1 + pending);
    if (attributes !== undefined) {
      attributes.read(item.path).then(
        (found) => {
          if (found !== undefined && slot.node !== undefined) slot.node = { ...slot.node, ...found };
          folder.ready(slot);
        },
        (error: unknown) => folder.fail(error),
      );
    }
    if (node.type !== "file") {
      folder.ready(slot);
    } else if (this.#isUnchanged(item, node)) {
      slot.node = { ...node, content: item.previous?.content ?? [] };
      report.file(item.snapshotPath, item.previous, slot.node, NOTHING, 0);
      folder.ready(slot);
    } else {
      this.#waiting++;
      this.#content(folder, slot, item, node).catch((error: unknown) => folder.fail(error));
    }
  }

  /** Reads a file's content and completes its node. */
  async #content(folder: FolderBuilder, slot: Slot, item: Item, node: Node): Promise<void> {
    const { ingest, report } = this.#parts;
    const started = performance.now();
    const outcome = await ingest.file(item.path, node.size ?? 0);
    this.#waiting--;
    if (this.#waiting <= RESUME_AT) this.#resume?.();
    if ("failure" in outcome) {
      report.error("archival", item.path, outcome.failure);
      slot.node = undefined;
    } else {
      const { content, size, newBlobs, newBytes, storedBytes } = outcome.file;
      const complete: Node = { ...(slot.node ?? node), size, content: idsOf(content) };
      slot.node = complete;
      const stored = { blobs: newBlobs, bytes: newBytes, storedBytes };
      report.file(item.snapshotPath, item.previous, complete, stored, performance.now() - started);
    }
    folder.ready(slot);
  }

  /** Is the file as it was, and is its content still there? */
  #isUnchanged(item: Item, node: Node): boolean {
    const { changes, repository, report } = this.#parts;
    if (fileChanged(node, item.previous, changes)) return false;
    const content = item.previous?.content ?? [];
    if (content.every((id) => repository.index.find(idToBytes(id), DATA) >= 0)) return true;
    report.warning(
      `parts of ${item.path} not found in the repository index; storing the file again`,
      item.path,
    );
    return false;
  }

  async #saveTree(bytes: Uint8Array): Promise<{ id: BlobId; stored: StoredBytes }> {
    const id = this.#parts.repository.crypto.sha256(bytes);
    const { isNew, storedLength } = await this.#parts.writer.add("tree", id, bytes);
    const stored = isNew ? { blobs: 1, bytes: bytes.length, storedBytes: storedLength } : NOTHING;
    return { id: idFromBytes<BlobId>(id), stored };
  }

  /** The entries that a folder had. A tree that cannot be loaded only makes this backup read more. */
  async #previousNodes(tree: BlobId | undefined): Promise<NodeLookup> {
    if (tree === undefined) return new NodeLookup([]);
    try {
      return new NodeLookup(await this.#parts.repository.loadTree(tree));
    } catch (error) {
      this.#parts.report.warning(`the parent snapshot's tree ${tree} cannot be used: ${messageOf(error)}`);
      return new NodeLookup([]);
    }
  }

  /** Runs a call to the system; what fails is reported, and left out of the snapshot. */
  #try<T>(item: Item, call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#parts.report.error("archival", item.path, describeSystemError(error, item.path));
      return undefined;
    }
  }

  /** Lets others have their turn; waits while too many files do. */
  async #pause(): Promise<void> {
    this.#parts.signal?.throwIfAborted();
    if (this.#waiting >= MOST_WAITING) {
      this.#parts.ingest.push();
      await new Promise<void>((resolve) => (this.#resume = resolve));
      this.#resume = undefined;
    } else {
      await nextTurn();
    }
    this.#lastTurn = performance.now();
  }
}

const NOTHING: StoredBytes = { blobs: 0, bytes: 0, storedBytes: 0 };

function sourceItem({ name, path }: Item, stat: BigIntStats): SourceItem {
  return { path, name, type: typeOf(stat), size: Number(stat.size), deviceId: stat.dev };
}

function idsOf(content: Uint8Array): BlobId[] {
  return Array.from({ length: content.length / 32 }, (_, i) => idFromBytes<BlobId>(content, i * 32));
}
