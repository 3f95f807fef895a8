/**
 * The first pass of a restore: walks through the snapshot, makes the folders, compares with what is there, and plans.
 */
import { TasticError, isTasticError } from "@tastic/errors";
import { iterateTree } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { throwIfCancelled } from "../cancellation.js";
import { ItemPlanner } from "./item-planner.js";
import { ROOT_PATH } from "./path-table.js";
import type { RestoreContext } from "./restore-context.js";
import { describeFailure } from "./restore-failure.js";
import { checkName } from "./safe-path.js";
import { listFolder } from "../backup/source-files.js";
import type { TreeReader } from "../tree-reader.js";

/** A folder that waits for its turn. */
interface Subfolder {
  readonly path: number;
  readonly node: Node;
  readonly selected: boolean;
  /** Whether something in it may be selected. */
  readonly enters: boolean;
}

export class RestoreScan {
  readonly #context: RestoreContext;
  readonly #trees: TreeReader;
  readonly #items: ItemPlanner;
  #mayDelete: boolean;

  constructor(context: RestoreContext, trees: TreeReader) {
    this.#context = context;
    this.#trees = trees;
    this.#items = new ItemPlanner(context);
    this.#mayDelete = context.options.delete === true;
  }

  /** Plans the restore of a tree. Errors: `cancelled`; whatever else goes wrong is an event. */
  async run(treeId: BlobId): Promise<void> {
    const { plan } = this.#context;
    const { hasRestored, unexpected } = await this.#folder(treeId, ROOT_PATH);
    if (hasRestored) plan.folders.push({ path: ROOT_PATH, metadata: -1, unexpected });
    if (this.#mayDelete) return;
    for (const [i, folder] of plan.folders.entries()) plan.folders[i] = { ...folder, unexpected: [] };
  }

  /** Plans what is in a folder, and below. */
  async #folder(
    treeId: BlobId,
    folder: number,
  ): Promise<{ hasRestored: boolean; unexpected: readonly string[] }> {
    const { options } = this.#context;
    throwIfCancelled(options.signal, "the restore");
    const names = this.#mayDelete ? new Set<string>() : undefined;
    const subfolders: Subfolder[] = [];
    let hasRestored = false;
    let isComplete = true;
    try {
      const bytes = await this.#trees.load(treeId);
      for (const node of iterateTree(bytes, `tree ${treeId}`)) {
        names?.add(node.name);
        if (this.#node(node, folder, subfolders)) hasRestored = true;
      }
    } catch (error) {
      throwIfCancelled(options.signal, "the restore");
      // What else the snapshot holds here is unknown, so nothing counts as missing from it.
      isComplete = false;
      if (isTasticError(error, "unsafe-path")) this.#mayDelete = false;
      this.#fail(folder, error);
    }
    for (const [i, subfolder] of subfolders.entries()) {
      for (const next of subfolders.slice(i, i + this.#trees.ahead)) {
        if (next.enters && next.node.subtree !== undefined) this.#trees.expect(next.node.subtree);
      }
      if (await this.#subfolder(subfolder)) hasRestored = true;
    }
    const unexpected =
      names !== undefined && isComplete && hasRestored ? this.#unexpected(folder, names) : [];
    return { hasRestored, unexpected };
  }

  async #subfolder({ path, node, selected, enters }: Subfolder): Promise<boolean> {
    const { plan } = this.#context;
    let found: { hasRestored: boolean; unexpected: readonly string[] } = {
      hasRestored: false,
      unexpected: [],
    };
    if (enters && node.subtree !== undefined) found = await this.#folder(node.subtree, path);
    else if (enters) this.#fail(path, new TasticError("damaged-repository", "the folder has no subtree"));
    if (!selected && !found.hasRestored) return false;
    const metadata = plan.metadata.add(node);
    if (!this.#context.folders.isFresh(path)) this.#context.attributes.noteExisting(path, metadata);
    plan.folders.push({ path, metadata, unexpected: found.unexpected });
    return true;
  }

  /** Plans a node, folders only to be entered later; returns whether it was selected. */
  #node(node: Node, folder: number, subfolders: Subfolder[]): boolean {
    const { options, plan, report, folders } = this.#context;
    checkName(node.name);
    // Sockets are made by the programs that listen on them.
    if (node.type === "socket") return false;
    const isFolder = node.type === "dir";
    const path = plan.paths.add(folder, node.name);
    const { selected, childMayBeSelected } = options.filter?.selects(plan.paths.text(path), isFolder) ?? {
      selected: true,
      childMayBeSelected: isFolder,
    };
    if (isFolder && (selected || childMayBeSelected)) {
      subfolders.push({ path, node, selected, enters: childMayBeSelected });
    }
    if (!selected) return false;
    try {
      if (isFolder) {
        report.expect(0);
        folders.ensure(path);
      } else {
        folders.ensure(folder);
        this.#items.add(node, path, folder);
      }
    } catch (error) {
      this.#fail(path, error);
    }
    return true;
  }

  /** What the folder has and the snapshot does not, as far as the filter reaches. */
  #unexpected(folder: number, names: ReadonlySet<string>): readonly string[] {
    const { folders, options, plan } = this.#context;
    try {
      folders.ensure(folder);
      if (folders.isFresh(folder)) return [];
      const kept = ignoresCase ? new Set(Array.from(names, foldName)) : names;
      const parent = plan.paths.textBelow(folder);
      return listFolder(folders.locate(folder)).filter((name) => {
        if (kept.has(ignoresCase ? foldName(name) : name)) return false;
        return options.filter?.selects(`${parent}/${name}`, false).selected ?? true;
      });
    } catch (error) {
      this.#fail(folder, error);
      return [];
    }
  }

  #fail(path: number, error: unknown): void {
    const { plan, report, folders } = this.#context;
    report.error(plan.paths.text(path), describeFailure(error, folders.locate(path)));
  }
}

/** Systems whose file names may be the same though they differ in case, or in how accents are written. */
const ignoresCase = process.platform === "darwin" || process.platform === "win32";

function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
