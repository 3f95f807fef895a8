/**
 * Archiving what a walk finds: every folder becomes a tree, everything else a node in it.
 *
 * The walk runs ahead of the reading: files are compared with the parent snapshot, and those that changed handed to the
 * ingest, which answers later. Folders complete from the bottom up as their entries do.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { encodeNodeEnd, idToBytes, iterateNodeTexts } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { ArchiverParts } from "./archiver-parts.js";
import { reportProblem } from "./archiver-parts.js";
import type { FoundAttributes } from "./attribute-queue.js";
import { FolderBuilder } from "./folder-builder.js";
import type { Slot } from "./folder-builder.js";
import { LeafArchiver } from "./leaf-archiver.js";
import type { Item } from "./leaf-archiver.js";
import { NodeLookup } from "./node-lookup.js";
import { saveTree } from "./save-tree.js";
import type { WalkStep } from "./source-walk.js";
import { WalkPace } from "./walk-pace.js";

/** A folder that was announced and has steps of its own. */
interface OpenFolder {
  readonly item: Item;
  readonly slot: Slot;
}

const NO_ATTRIBUTES: FoundAttributes = { attributes: new Map(), failures: [] };

export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #pace: WalkPace;
  readonly #leaves: LeafArchiver;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
    this.#pace = new WalkPace(parts.ingest.lookAhead, () => parts.ingest.push(), parts.stop, parts.held);
    this.#leaves = new LeafArchiver(parts, this.#pace);
  }

  /**
   * Saves all that the walk finds; returns the id of the snapshot's tree.
   * Errors: `no-source` if nothing could be saved. What ends the whole backup is told to `parts.stop`; then this may
   * never settle.
   */
  async archive(previousTree: BlobId | undefined): Promise<BlobId> {
    const root = this.#builder("");
    await this.#fill(root, "", await this.#previousNodes(previousTree, "/"));
    this.#parts.ingest.push();
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

  #builder(snapshotPath: string): FolderBuilder {
    return new FolderBuilder((name, error) => {
      this.#parts.report.error("archival", `${snapshotPath}/${name}`, messageOf(error));
    });
  }

  /** Enters a folder's entries, and all below them. False if it could not be listed. Does not wait for what takes time. */
  async #fill(folder: FolderBuilder, snapshotPath: string, previous: NodeLookup): Promise<boolean> {
    for (;;) {
      if (this.#pace.isDue) await this.#pace.pause();
      const next = this.#parts.walk.next();
      if (next === undefined || next.step.type === "end") break;
      if (next.step.type === "unlisted") {
        reportProblem(this.#parts.report, next.step);
        return false;
      }
      const attributes = await this.#attributesOf(next.attributes);
      const inner = this.#enter(folder, snapshotPath, previous, next.step, attributes);
      for (const each of inner) await this.#folder(folder, each);
    }
    folder.end();
    return true;
  }

  async #attributesOf(answer: Promise<FoundAttributes> | undefined): Promise<FoundAttributes> {
    if (answer === undefined) return NO_ATTRIBUTES;
    const found = await answer;
    for (const { path, reason } of found.failures.splice(0)) {
      this.#parts.report.warning(`extended attributes of ${path} cannot be read: ${reason}`, path);
    }
    return found;
  }

  /** Enters a batch of entries; returns the folders among them, in order. */
  #enter(
    folder: FolderBuilder,
    snapshotPath: string,
    previous: NodeLookup,
    { entries, problems }: Extract<WalkStep, { type: "entries" }>,
    { attributes }: FoundAttributes,
  ): OpenFolder[] {
    this.#pace.walked(entries.length);
    const inner: OpenFolder[] = [];
    for (const problem of problems) reportProblem(this.#parts.report, problem);
    for (const entry of entries) {
      const item = {
        entry,
        attributes: attributes.get(entry.path),
        snapshotPath: `${snapshotPath}/${entry.name}`,
        previous: previous.find(entry.name, entry.start),
      };
      if (entry.type === "dir") inner.push({ item, slot: folder.add() });
      else this.#leaves.save(folder, item);
    }
    return inner;
  }

  /** Saves a folder once its entries are announced. Does not wait for them. */
  async #folder(parent: FolderBuilder, { item, slot }: OpenFolder): Promise<void> {
    const { stop } = this.#parts;
    const { entry, snapshotPath, previous } = item;
    const started = performance.now();
    const inner = this.#builder(snapshotPath);
    const lookup = await this.#previousNodes(this.#previousTree(item), entry.path);
    if (!(await this.#fill(inner, snapshotPath, lookup))) {
      // Left out, rather than saved as if it were empty.
      parent.ready(slot);
      return;
    }
    // Until now the walk itself kept it open, however deep it went.
    this.#pace.opened();
    const complete = async (): Promise<void> => {
      const { id, stored } = await saveTree(this.#parts, await inner.tree);
      const end = { extendedAttributes: item.attributes, device: undefined, content: null, subtree: id };
      const text = entry.start + encodeNodeEnd(end);
      this.#parts.report.folder(snapshotPath, previous, text, stored, performance.now() - started);
      this.#pace.closed();
      parent.ready(slot, { name: entry.name, text });
    };
    complete().catch((error: unknown) => stop.fail(error));
  }

  #previousTree({ previous, entry }: Item): BlobId | undefined {
    try {
      return previous?.node.type === "dir" ? previous.node.subtree : undefined;
    } catch (error) {
      this.#parts.report.error("archival", entry.path, `${entry.path}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** The entries that a folder had. A tree that cannot be loaded only makes this backup read more. */
  async #previousNodes(tree: BlobId | undefined, path: string): Promise<NodeLookup> {
    const { repository, report, stop } = this.#parts;
    const what = `tree ${tree ?? ""}`;
    if (tree === undefined) return new NodeLookup([], what);
    const damaged = (error: unknown): void => {
      const reason =
        repository.index.find(idToBytes(tree), TREE) < 0
          ? "is not known; the repository could be damaged, run `repair index` to try to repair it"
          : `could not be loaded; the repository could be damaged: ${messageOf(error)}`;
      report.error("archival", path, `${path}: ${what} ${reason}`);
    };
    try {
      const bytes = await repository.loadBlob("tree", tree, stop.signal);
      return new NodeLookup({ [Symbol.iterator]: () => iterateNodeTexts(bytes, what) }, what, damaged);
    } catch (error) {
      stop.throwIfStopped();
      damaged(error);
      return new NodeLookup([], what);
    }
  }
}
