/**
 * Making trees anew with nodes changed or left out, from the bottom up (restic's manual, "Working with repositories",
 * "Rewriting snapshots"). A tree that many snapshots share is rewritten once.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import { decodeNode, idFromBytes, iterateNodeTexts, TreeEncoder } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { isDamage } from "@tastic/repository";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";

/** What becomes of trees. Paths begin with "/", which is the root of the snapshot. */
export interface RewriteRules {
  /** The node as it is to be; undefined leaves it out. What is below a folder is rewritten before the folder itself. */
  node(node: Node, path: string): Node | undefined;
  /**
   * What stands for a tree that is missing or damaged: no nodes for an empty one, undefined for none at all. Without
   * it, such a tree ends the rewriting.
   */
  readonly failedTree?: (path: string, error: TasticError) => readonly Node[] | undefined;
  /** Told of a node that is none, and is left out. Without it, such a node ends the rewriting. */
  readonly failedNode?: (folder: string, error: TasticError) => void;
  /** Does a folder stay of which nothing is left? All do, without this. */
  readonly keepsEmptyFolder?: (path: string) => boolean;
  /** Write nodes anew even if that leaves out what we do not understand of them. */
  readonly mayLoseUnknown?: boolean;
  /** The same tree at two paths may become two: it is not enough to rewrite it once. */
  readonly dependsOnPath?: boolean;
}

export interface TreeRewriterOptions {
  readonly signal?: AbortSignal | undefined;
  /** Store nothing, only find out what trees would be. */
  readonly dryRun?: boolean;
}

export class TreeRewriter {
  readonly #repository: Repository;
  readonly #rules: RewriteRules;
  readonly #options: TreeRewriterOptions;
  readonly #rewritten = new Map<BlobId, BlobId | undefined>();
  #writer: RepositoryWriter | undefined;
  /** Trees that may not be in a pack yet. */
  readonly #unflushed = new Set<BlobId>();

  constructor(repository: Repository, rules: RewriteRules, options: TreeRewriterOptions = {}) {
    this.#repository = repository;
    this.#rules = rules;
    this.#options = options;
  }

  /**
   * Rewrites the tree of a snapshot, and stores all of it before it returns.
   * @returns the new tree, or undefined where nothing stands for it
   * @throws TasticError where a tree cannot be read and no rule says what then, `cancelled`, the store's
   */
  async rewrite(tree: BlobId): Promise<BlobId | undefined> {
    try {
      const rewritten = await this.#rewrite(tree, "/");
      await this.#flush();
      return rewritten;
    } finally {
      await this.#writer?.settle();
    }
  }

  async #rewrite(tree: BlobId | undefined, path: string): Promise<BlobId | undefined> {
    throwIfCancelled(this.#options.signal, "rewriting trees");
    const isShared = tree !== undefined && this.#rules.dependsOnPath !== true;
    if (isShared && this.#rewritten.has(tree)) return this.#rewritten.get(tree);
    const { nodes, isWhole } = await this.#load(tree, path);
    const rewritten = nodes && (await this.#rewriteNodes(nodes, path));
    // What is lost is told wherever it is.
    if (isShared && isWhole) this.#rewritten.set(tree, rewritten);
    return rewritten;
  }

  async #rewriteNodes(nodes: readonly Node[], path: string): Promise<BlobId | undefined> {
    const encoder = new TreeEncoder();
    for (const old of nodes) {
      const place = path === "/" ? `/${old.name}` : `${path}/${old.name}`;
      const node = this.#rules.node(old, place);
      if (node?.type === "dir") {
        const subtree = await this.#rewrite(node.subtree, place);
        if (subtree !== undefined) encoder.add({ ...node, subtree });
      } else if (node !== undefined) encoder.add(node);
    }
    const isEmptied = encoder.count === 0 && this.#rules.keepsEmptyFolder?.(path) === false;
    return isEmptied ? undefined : this.#save(encoder.finish());
  }

  /** The nodes of a tree, or what stands for them. */
  async #load(
    tree: BlobId | undefined,
    path: string,
  ): Promise<{ readonly nodes: readonly Node[] | undefined; readonly isWhole: boolean }> {
    try {
      if (tree === undefined) throw new TasticError("blob-not-found", `the folder ${path} has no tree`);
      if (this.#unflushed.has(tree)) await this.#flush();
      const bytes = await this.#repository.loadBlob("tree", tree, this.#options.signal);
      const nodes = this.#decode(bytes, `tree ${tree}`, path);
      if (this.#rules.mayLoseUnknown !== true) checkReencoding(bytes, nodes, path);
      return { nodes, isWhole: true };
    } catch (error) {
      throwIfCancelled(this.#options.signal, "rewriting trees");
      if (!isDamage(error) || this.#rules.failedTree === undefined) throw error;
      return { nodes: this.#rules.failedTree(path, error), isWhole: false };
    }
  }

  #decode(bytes: Uint8Array, what: string, path: string): Node[] {
    const nodes: Node[] = [];
    for (const text of iterateNodeTexts(bytes, what)) {
      try {
        nodes.push(decodeNode(text, what));
      } catch (error) {
        if (!isTasticError(error, "invalid-format") || this.#rules.failedNode === undefined) throw error;
        this.#rules.failedNode(path, error);
      }
    }
    return nodes;
  }

  async #save(bytes: Uint8Array): Promise<BlobId> {
    const hash = this.#repository.crypto.sha256(bytes);
    const id = idFromBytes<BlobId>(hash);
    if (this.#options.dryRun === true) return id;
    const { signal } = this.#options;
    this.#writer ??= this.#repository.createWriter(signal ? { signal } : {});
    const { isNew } = await this.#writer.add("tree", hash, bytes);
    if (isNew) this.#unflushed.add(id);
    return id;
  }

  async #flush(): Promise<void> {
    await this.#writer?.flush();
    this.#unflushed.clear();
  }
}

/** Refuses a tree that holds more than we would write again. */
function checkReencoding(bytes: Uint8Array, nodes: readonly Node[], path: string): void {
  const encoder = new TreeEncoder();
  try {
    for (const node of nodes) encoder.add(node);
    if (Buffer.compare(encoder.finish(), bytes) === 0) return;
  } catch (error) {
    if (!isTasticError(error)) throw error;
  }
  throw new TasticError("unsupported", `cannot encode tree at "${path}" without losing information`, {
    guidance: "A newer program wrote this. Use a newer version of this one.",
  });
}
