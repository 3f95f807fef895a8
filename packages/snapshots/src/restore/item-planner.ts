/**
 * What to do with one file, link or special file of a snapshot, given what is at its place (restic's manual,
 * "Restoring from backup", "Restoring in-place").
 */
import { TasticError } from "@tastic/errors";
import { idToBytes, parseTime } from "@tastic/format";
import type { Node } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { Stats } from "node:fs";
import { compareContent, isSame, isSameTime, isWritable, openToOwner } from "./existing-file.js";
import type { Comparison } from "./existing-file.js";
import { entrySize } from "../file-content.js";
import { statusIfThere } from "./remove-tree.js";
import type { RestoreContext } from "./restore-context.js";
import type { PlannedBlob } from "./restore-plan.js";
import { statusOf } from "../backup/source-files.js";

export class ItemPlanner {
  readonly #context: RestoreContext;
  /** Paths of the first name of files with several, by device and inode. */
  readonly #firstNames = new Map<string, number>();

  constructor(context: RestoreContext) {
    this.#context = context;
  }

  /**
   * Enters an item into the plan, or skips it. Its folder must be ensured.
   * @throws system errors, TasticError `blob-not-found`
   */
  add(node: Node, path: number, folder: number): void {
    if (node.type === "file") this.#addFile(node, path, folder);
    else this.#addSpecial(node, path, folder);
  }

  #addSpecial(node: Node, path: number, folder: number): void {
    const { plan, report } = this.#context;
    report.expect(0);
    if (!this.#overwrites(node, path, this.#status(path, folder))) {
      report.skipped("other", () => plan.paths.text(path), 0);
      return;
    }
    plan.specials.push({
      path,
      metadata: plan.metadata.add(node),
      type: node.type,
      linkTarget: node.linkTarget ?? "",
      device: node.device ?? 0n,
    });
  }

  #addFile(node: Node, path: number, folder: number): void {
    const { plan, report } = this.#context;
    const status = this.#status(path, folder);
    const first = this.#firstName(node, path);
    // A further name adds nothing to the size.
    const size = first === undefined ? (node.size ?? 0) : 0;
    if (first !== undefined) report.expect(0);
    if (!this.#overwrites(node, path, status)) report.skipped("file", () => plan.paths.text(path), size);
    else if (first !== undefined) plan.hardLinks.push({ path, first });
    else this.#addContent(node, path, status, size);
  }

  #addContent(node: Node, path: number, status: Stats | undefined, size: number): void {
    const { repository, options, plan, report, attributes } = this.#context;
    const entries = this.#entries(node, size);
    if (status !== undefined && options.dryRun !== true)
      openToOwner(this.#context.folders.locate(path), status);
    const comparison = this.#compare(node, path, status, entries);
    const metadata = plan.metadata.add(node);
    const text = (): string => plan.paths.text(path);
    if (comparison !== undefined && isSame(comparison)) {
      report.skipped("file", text, size);
      plan.unchanged.push(path);
      plan.unchanged.push(metadata);
      attributes.noteExisting(path, metadata);
      return;
    }
    report.expect(size);
    if (options.dryRun === true) {
      report.wrote(size);
      report.restored(comparison === undefined ? "restored" : "updated", "file", text, size);
      return;
    }
    // A file with further names is replaced, not written to: those names are not part of the restore.
    const existing =
      comparison !== undefined && status?.nlink === 1 && isWritable(this.#context.folders.locate(path));
    if (existing) attributes.noteExisting(path, metadata);
    const blobs = entries.map((entry, i): PlannedBlob => ({
      entry,
      length: entrySize(repository, entry),
      present: existing && comparison.matches[i] === true,
    }));
    plan.addFile(path, metadata, size, existing, blobs);
  }

  /** The blobs of a file as entries of the index. */
  #entries(node: Node, size: number): number[] {
    const { repository, report } = this.#context;
    return (node.content ?? []).map((id) => {
      const entry = repository.index.find(idToBytes(id), DATA);
      if (entry >= 0) return entry;
      report.expect(size);
      throw new TasticError("blob-not-found", `data blob ${id} is in no index of the repository`);
    });
  }

  /** The path of the file's first name, if there was one. */
  #firstName(node: Node, path: number): number | undefined {
    if ((node.links ?? 0n) <= 1n) return undefined;
    const key = `${node.deviceId ?? 0n}/${node.inode ?? 0n}`;
    const first = this.#firstNames.get(key);
    if (first === undefined) this.#firstNames.set(key, path);
    return first;
  }

  #status(path: number, folder: number): Stats | undefined {
    const { folders } = this.#context;
    return folders.isFresh(folder) ? undefined : statusIfThere(folders.locate(path));
  }

  #overwrites(node: Node, path: number, status: Stats | undefined): boolean {
    const { options, folders } = this.#context;
    if (status === undefined) return true;
    if (options.overwrite === "never") return false;
    if (options.overwrite !== "if-newer") return true;
    const there = statusOf(folders.locate(path)).mtimeNs;
    const stated = parseTime(node.mtime);
    return stated > there && !isSameTime(there, stated);
  }

  #compare(
    node: Node,
    path: number,
    status: Stats | undefined,
    entries: readonly number[],
  ): Comparison | undefined {
    const { repository, folders, options } = this.#context;
    if (status?.isFile() !== true) return undefined;
    try {
      const trusted = options.overwrite === "if-changed" ? parseTime(node.mtime) : undefined;
      return compareContent(repository, folders.locate(path), entries, trusted);
    } catch {
      // What cannot be read is replaced; if that cannot be done either, that is the error to tell.
      return undefined;
    }
  }
}
