/**
 * Documents as files: each is a folder, in which `7.json` is its seventh version. A new version is a hard link, which only
 * one writer can make. Some old ones stay, so that a writer who comes late finds its version's name taken, rather than
 * free again. Works for several processes on one file system, also over NFS.
 */
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasSystemCode, storageError, syncFile, syncFolder } from "@tastic/storage";
import { namesIn } from "../stores/local-list.js";
import type { LocalModes } from "../stores/local-store.js";
import { unlinkIfThere } from "../stores/local-writer.js";
import { checkDocumentName, type DocumentStore, type StoredDocument } from "./documents.js";

/** So many versions stay. */
const keptVersions = 20;

const versionName = /^([1-9]\d{0,14})\.json$/;

export function createLocalDocuments(folder: string, modes: LocalModes): DocumentStore {
  return new LocalDocuments(folder, modes);
}

class LocalDocuments implements DocumentStore {
  readonly #root: string;
  readonly #modes: LocalModes;

  constructor(root: string, modes: LocalModes) {
    this.#root = root;
    this.#modes = modes;
  }

  read(name: string): Promise<StoredDocument | undefined> {
    return this.#try("read", name, async (folder) => {
      for (;;) {
        const newest = await newestVersion(folder);
        if (newest === 0) return undefined;
        try {
          return { content: await readFile(join(folder, `${newest}.json`), "utf8"), version: String(newest) };
        } catch (error) {
          // A newer one has taken its place since.
          if (!hasSystemCode(error, ["ENOENT"])) throw error;
        }
      }
    });
  }

  write(name: string, content: string, expected: string | undefined): Promise<boolean> {
    return this.#try("write", name, async (folder) => {
      try {
        return await this.#add(folder, content, Number(expected ?? 0));
      } catch (error) {
        // Another has written this version, or removes the document.
        if (hasSystemCode(error, ["EEXIST", "ENOENT"])) return false;
        throw error;
      }
    });
  }

  /** Adds the version after `before`, if that is the newest. Fails with EEXIST where another was quicker. */
  async #add(folder: string, content: string, before: number): Promise<boolean> {
    await this.#makeFolder(folder);
    if ((await newestVersion(folder)) !== before) return false;
    const path = join(folder, `${before + 1}.json`);
    const temporary = join(folder, `temp-${randomBytes(8).toString("hex")}`);
    try {
      const handle = await open(temporary, "wx", this.#modes.file);
      try {
        await handle.writeFile(content);
        await syncFile(handle);
      } finally {
        await handle.close();
      }
      await link(temporary, path);
    } finally {
      await unlinkIfThere(temporary);
    }
    await syncFolder(folder);
    const versions = await versionsIn(folder);
    if (Math.max(...versions) > before + keptVersions) {
      // This version had been there, and was removed as old: its name was free, but it is far too late.
      await unlinkIfThere(path);
      return false;
    }
    for (const old of versions)
      if (old <= before + 1 - keptVersions) await unlinkIfThere(join(folder, `${old}.json`));
    return true;
  }

  async *list(folder: string): AsyncGenerator<string, void, undefined> {
    const names = await this.#try("list", folder, namesIn);
    for (const name of names) yield `${folder}/${name}`;
  }

  remove(name: string): Promise<void> {
    // Tries again where a writer makes another version meanwhile.
    return this.#try("remove", name, (folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  }

  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: this.#modes.folder });
    if (first === undefined) return;
    for (let path = folder; path.length >= first.length; path = dirname(path))
      await syncFolder(dirname(path));
  }

  async #try<T>(action: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
    checkDocumentName(name);
    const folder = join(this.#root, ...name.split("/"));
    try {
      return await work(folder);
    } catch (error) {
      throw storageError(error, action, folder);
    }
  }
}

async function newestVersion(folder: string): Promise<number> {
  return Math.max(0, ...(await versionsIn(folder)));
}

async function versionsIn(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).flatMap((name) => versionName.exec(name)?.[1] ?? []).map(Number);
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return [];
    throw error;
  }
}
