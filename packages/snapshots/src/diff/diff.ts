/**
 * `diff`: what differs between two snapshots, or folders of them: items that came, went or changed, and the blobs that
 * only one of them uses (restic's manual, "Comparing snapshots").
 */
import { TasticError, isTasticError, messageOf } from "@tastic/errors";
import { compareNames, iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import { entrySize } from "../file-content.js";
import { AFTER, BEFORE, BlobSides, COMMON } from "./blob-sides.js";
import type { DiffAmount, DiffEvent, DiffOptions, DiffResult } from "./diff-types.js";
import { equalContents, equalMetadata, equalNodes } from "./node-equality.js";

/**
 * Compares two trees. The index must be loaded. Only the trees of one path of folders are held at a time.
 * @throws TasticError where one of the two cannot be read; what cannot be read below them becomes an event
 */
export async function diff(
  repository: Repository,
  before: BlobId,
  after: BlobId,
  options: DiffOptions = {},
): Promise<DiffResult> {
  return new Comparison(repository, options).run(before, after);
}

class Comparison {
  readonly #repository: Repository;
  readonly #metadata: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #tell: (event: DiffEvent) => void;
  readonly #blobs: BlobSides;
  readonly #added = noAmount();
  readonly #removed = noAmount();
  #changedFiles = 0;

  constructor(repository: Repository, { metadata = false, signal, onEvent }: DiffOptions) {
    this.#repository = repository;
    this.#metadata = metadata;
    this.#signal = signal;
    this.#tell = onEvent ?? (() => undefined);
    this.#blobs = new BlobSides(repository);
  }

  async run(before: BlobId, after: BlobId): Promise<DiffResult> {
    this.#blobs.mark("tree", before, BEFORE);
    this.#blobs.mark("tree", after, AFTER);
    await this.#compare("/", before, after);
    this.#count(BEFORE, this.#removed);
    this.#count(AFTER, this.#added);
    return { changedFiles: this.#changedFiles, added: this.#added, removed: this.#removed };
  }

  async #compare(folder: string, before: BlobId, after: BlobId): Promise<void> {
    const [left, right] = await Promise.all([this.#load(before), this.#load(after)]);
    for (const [one, other] of pairs(left, right)) {
      throwIfCancelled(this.#signal, "the comparison");
      this.#blobs.markNode(one, BEFORE);
      this.#blobs.markNode(other, AFTER);
      if (one !== undefined && other !== undefined) await this.#comparePair(folder, one, other);
      else if (one !== undefined) await this.#tellOf("-", folder, one);
      else if (other !== undefined) await this.#tellOf("+", folder, other);
    }
  }

  async #comparePair(folder: string, one: Node, other: Node): Promise<void> {
    const path = pathOf(folder, other);
    const modifier = this.#modifier(one, other);
    if (modifier !== "") this.#tell({ type: "change", path, modifier });
    if (one.type !== "dir" || other.type !== "dir") return;
    await this.#within(async () => {
      const [before, after] = [subtreeOf(one, path), subtreeOf(other, path)];
      if (before === after) await this.#markCommon(before);
      else await this.#compare(path, before, after);
    });
  }

  #modifier(one: Node, other: Node): string {
    const type = one.type === other.type ? "" : "T";
    if (one.type === "file" && other.type === "file" && !equalContents(one.content, other.content)) {
      this.#changedFiles++;
      return equalMetadata(one, other) ? "M?" : "M";
    }
    return this.#metadata && !equalNodes(one, other) ? `${type}U` : type;
  }

  /** An item that only one of the two has, and all below it. */
  async #tellOf(modifier: "+" | "-", folder: string, node: Node): Promise<void> {
    const path = pathOf(folder, node);
    this.#tell({ type: "change", path, modifier });
    const amount = modifier === "+" ? this.#added : this.#removed;
    amount[node.type === "file" ? "files" : node.type === "dir" ? "dirs" : "others"]++;
    if (node.type !== "dir") return;
    await this.#within(async () => {
      for (const child of await this.#load(subtreeOf(node, path))) {
        this.#blobs.markNode(child, modifier === "+" ? AFTER : BEFORE);
        await this.#tellOf(modifier, path, child);
      }
    });
  }

  /** Marks what is below a folder that both have. */
  async #markCommon(tree: BlobId): Promise<void> {
    if (!this.#blobs.claimCommon(tree)) return;
    for (const child of await this.#load(tree)) {
      this.#blobs.markNode(child, COMMON);
      if (child.type === "dir") await this.#within(() => this.#markCommon(subtreeOf(child, child.name)));
    }
  }

  /** Goes on where a folder below the two cannot be read. */
  async #within(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throwIfCancelled(this.#signal, "the comparison");
      if (!isTasticError(error)) throw error;
      this.#tell({ type: "error", message: messageOf(error) });
    }
  }

  async #load(tree: BlobId): Promise<Iterable<Node>> {
    throwIfCancelled(this.#signal, "the comparison");
    return iterateTree(await this.#repository.loadBlob("tree", tree, this.#signal), `tree ${tree}`);
  }

  #count(side: number, amount: DiffAmount): void {
    for (const entry of this.#blobs.only(side)) {
      amount[this.#repository.index.kind(entry) === TREE ? "treeBlobs" : "dataBlobs"]++;
      amount.bytes += entrySize(this.#repository, entry);
    }
    for (const { kind, id } of this.#blobs.unknownOnly(side)) {
      amount[kind === "tree" ? "treeBlobs" : "dataBlobs"]++;
      this.#tell({ type: "unknown-blob", kind, id });
    }
  }
}

function noAmount(): DiffAmount {
  return { files: 0, dirs: 0, others: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0 };
}

/** The nodes of two trees side by side, in the order of their names. */
function* pairs(
  left: Iterable<Node>,
  right: Iterable<Node>,
): Generator<readonly [Node | undefined, Node | undefined]> {
  const [ones, others] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  let [one, other] = [ones.next(), others.next()];
  while (one.done !== true || other.done !== true) {
    const order =
      one.done === true ? 1 : other.done === true ? -1 : compareNames(one.value.name, other.value.name);
    yield [order <= 0 ? one.value : undefined, order >= 0 ? other.value : undefined];
    if (order <= 0) one = ones.next();
    if (order >= 0) other = others.next();
  }
}

function pathOf(folder: string, { name, type }: Node): string {
  return `${folder}${name}${type === "dir" ? "/" : ""}`;
}

function subtreeOf({ subtree }: Node, path: string): BlobId {
  if (subtree !== undefined) return subtree;
  throw new TasticError("damaged-repository", `folder ${JSON.stringify(path)} has no subtree`, {
    guidance: "Run `check`; `repair snapshots` removes what cannot be read.",
  });
}
