/**
 * Paths of a snapshot as numbers: each is a name and the number of the folder above, so that a million of them need no
 * million long strings.
 */
import { NumberColumn } from "./number-column.js";

/** The number of the root, whose path is "/". */
export const ROOT_PATH = 0;

export class PathTable {
  readonly #parents = NumberColumn.uint32();
  readonly #names: string[] = [];
  /** Neighbours share their folder: its path is kept until another folder's is asked for. */
  #lastFolder = -1;
  #lastFolderPath = "";

  constructor() {
    this.add(ROOT_PATH, "");
  }

  /** Enters a name in the folder `parent`; returns the number of the path. */
  add(parent: number, name: string): number {
    this.#names.push(name);
    return this.#parents.push(parent);
  }

  parent(path: number): number {
    return this.#parents.get(path);
  }

  name(path: number): string {
    return this.#names[path] ?? "";
  }

  /** As text, with a leading slash; "/" for the root. */
  text(path: number): string {
    return path === ROOT_PATH ? "/" : this.textBelow(path);
  }

  /** As `text`, but empty for the root: what follows the path of the target. */
  textBelow(path: number): string {
    if (path === ROOT_PATH) return "";
    const folder = this.parent(path);
    if (folder !== this.#lastFolder) {
      this.#lastFolderPath = this.#join(folder);
      this.#lastFolder = folder;
    }
    return `${this.#lastFolderPath}/${this.name(path)}`;
  }

  #join(path: number): string {
    const names: string[] = [];
    for (let at = path; at !== ROOT_PATH; at = this.parent(at)) names.push(this.name(at));
    names.push("");
    return names.reverse().join("/");
  }
}
