/**
 * Staying within the target of a restore.
 *
 * A snapshot comes from whoever could write to the repository, and the target may hold anything, symbolic links to
 * other places among it. So no name may lead elsewhere, and nothing is written below a folder that was not looked at,
 * or made, by the restore itself: a link in the place of a folder is replaced, never followed.
 */
import { TasticError, systemErrorCode } from "@tastic/errors";
import { mkdirSync, realpathSync, unlinkSync } from "node:fs";
import { ROOT_PATH } from "./path-table.js";
import type { PathTable } from "./path-table.js";
import { statusIfThere } from "./remove-tree.js";
import { systemPath } from "../backup/source-files.js";

/** Refuses names that would lead out of their folder. @throws TasticError unsafe-path */
export function checkName(name: string, platform: NodeJS.Platform = process.platform): void {
  const leaves = name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0");
  // On Windows, a colon names a drive or a hidden stream, and a backslash is another slash.
  if (!leaves && !(platform === "win32" && /[\\:]/.test(name))) return;
  throw new TasticError("unsafe-path", `${JSON.stringify(name)} cannot be the name of a restored file`, {
    guidance: "The repository was written by a faulty or hostile program; look at who can write to it.",
  });
}

/** How a folder was found. */
type FolderState =
  /** It was there. */
  | "existing"
  /** The restore made it, or would have in a dry run: nothing is in it but what the restore puts there. */
  | "fresh";

export class SafeFolders {
  /** The folder to restore into, links in its own path resolved: those are the user's. */
  readonly target: string;
  readonly #paths: PathTable;
  readonly #dryRun: boolean;
  readonly #states = new Map<number, FolderState | Error>();

  /** Makes the target unless it is there. @throws system errors */
  constructor(target: string, paths: PathTable, dryRun: boolean) {
    const made = dryRun ? undefined : mkdirSync(target, { recursive: true, mode: 0o700 });
    const isThere = made === undefined && (!dryRun || statusIfThere(target) !== undefined);
    const real = dryRun && !isThere ? target : realpathSync(target);
    this.target = real === "/" ? "" : real;
    this.#paths = paths;
    this.#dryRun = dryRun;
    this.#states.set(ROOT_PATH, isThere ? "existing" : "fresh");
  }

  /** Where a path of the snapshot is restored to. */
  locate(path: number): string {
    return this.target + this.#paths.textBelow(path);
  }

  /** Makes sure that a folder and all above are folders of the target. @throws system errors, each time again */
  ensure(folder: number): void {
    const known = this.#states.get(folder);
    if (known instanceof Error) throw known;
    if (known !== undefined) return;
    try {
      this.ensure(this.#paths.parent(folder));
      this.#states.set(folder, this.#ensureChild(folder));
    } catch (error) {
      this.#states.set(folder, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** Can nothing be in this folder that the restore did not put there? Only after `ensure`. */
  isFresh(folder: number): boolean {
    return this.#states.get(folder) === "fresh";
  }

  #ensureChild(folder: number): FolderState {
    const path = this.locate(folder);
    const parentIsFresh = this.isFresh(this.#paths.parent(folder));
    if (this.#dryRun)
      return !parentIsFresh && statusIfThere(path)?.isDirectory() === true ? "existing" : "fresh";
    if (!parentIsFresh) {
      const status = statusIfThere(path);
      if (status?.isDirectory() === true) return "existing";
      if (status !== undefined) unlinkSync(systemPath(path));
    }
    try {
      mkdirSync(systemPath(path), 0o700);
      return "fresh";
    } catch (error) {
      // Where names that differ in case are the same, a twin may have been made before.
      if (systemErrorCode(error) === "EEXIST" && statusIfThere(path)?.isDirectory() === true)
        return "existing";
      throw error;
    }
  }
}
