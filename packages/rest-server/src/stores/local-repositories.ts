/** All repositories below one folder: the folders of a URL are folders there, as in rest-server. */
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hasSystemCode, storageError } from "@tastic/storage";
import { exists } from "./local-writer.js";
import { LocalStore, type LocalModes } from "./local-store.js";
import { ownFolder, type ObjectStore, type Repositories } from "./object-store.js";
import { isFolderName, maximumDepth } from "../http/request-path.js";

export interface LocalRepositoriesOptions {
  /** May the group of the server's user read and write what is made? */
  readonly groupAccessible?: boolean;
}

export function createLocalRepositories(
  path: string,
  options: LocalRepositoriesOptions = {},
): LocalRepositories {
  return new LocalRepositories(resolve(path), localModes(options.groupAccessible === true));
}

export function localModes(groupAccessible: boolean): LocalModes {
  return groupAccessible ? { folder: 0o770, file: 0o660 } : { folder: 0o700, file: 0o600 };
}

export class LocalRepositories implements Repositories {
  readonly location: string;
  readonly modes: LocalModes;

  constructor(root: string, modes: LocalModes) {
    this.location = root;
    this.modes = modes;
  }

  open(folders: readonly string[]): ObjectStore {
    return new LocalStore(this.location, join(this.location, ...folders), this.modes);
  }

  async *list(first?: string): AsyncGenerator<readonly string[], void, undefined> {
    try {
      yield* this.#below(first === undefined ? [] : [first]);
    } catch (error) {
      throw storageError(error, "list repositories in", this.location);
    }
  }

  async probe(): Promise<void> {
    try {
      await stat(this.location);
    } catch (error) {
      throw storageError(error, "reach", this.location);
    }
  }

  async *#below(folders: readonly string[]): AsyncGenerator<readonly string[], void, undefined> {
    const path = join(this.location, ...folders);
    // The config is the last thing that a client may have deleted: what is in the trash counts, too.
    const signs = ["config", "data", join(ownFolder, "trash")];
    for (const sign of signs) {
      if (await exists(join(path, sign))) {
        yield folders;
        break;
      }
    }
    if (folders.length === maximumDepth) return;
    let entries;
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      if (hasSystemCode(error, ["ENOENT", "EACCES"])) return;
      throw error;
    }
    for (const entry of entries) {
      if ((entry.isDirectory() || entry.isSymbolicLink()) && isFolderName(entry.name)) {
        yield* this.#below([...folders, entry.name]);
      }
    }
  }
}
