/**
 * Making the index anew from what is stored (restic's manual, "Troubleshooting"): packs that are gone are listed no more,
 * those that no index lists, or not as long as they are, are listed by the header at their end.
 *
 * Nothing but index files is written or removed, and the new ones are stored before the old ones go.
 */
import { idToBytes } from "@tastic/format";
import type { IndexId, PackEntry, PackId } from "@tastic/format";
import { messageOf } from "@tastic/errors";
import { PACK } from "../blob-entry.js";
import { BlobIndex } from "../blob-index.js";
import { throwIfCancelled } from "../cancellation.js";
import { IndexWriter } from "../index-files.js";
import { PackTable } from "../pack-table.js";
import type { IndexFile } from "../prune/rewrite-index.js";
import { replaceIndex } from "../prune/rewrite-index.js";
import type { Repository } from "../repository.js";
import { isDamage } from "./damage.js";
import { enterHeader } from "./enter-header.js";
import type { RepairOptions } from "./repair-types.js";

/** How to repair the index. */
export interface RepairIndexOptions extends RepairOptions {
  /** Believe no index file, and read the headers of all packs. */
  readonly readAllPacks?: boolean;
  /** How far loading the index is. */
  readonly onIndexProgress?: (loaded: number, total: number) => void;
}

/**
 * Repairs the index of a repository whose index has not been loaded. The caller holds an exclusive lock, and `signal`
 * ends with it. The repository is of no more use afterwards but to be unlocked.
 * @throws TasticError `cancelled`, the store's; nothing is given up that merely could not be reached
 */
export async function repairIndex(repository: Repository, options: RepairIndexOptions = {}): Promise<void> {
  const run = new IndexRepair(repository, options);
  await run.load();
  await run.compare();
  await run.readPacks();
  await run.replace();
}

class IndexRepair {
  readonly #repository: Repository;
  readonly #options: RepairIndexOptions;
  readonly #files: IndexFile[] = [];
  /** Files that cannot be read, or are not to be believed. */
  readonly #obsolete: IndexId[] = [];
  /** Packs that the old index is not to be believed about. */
  readonly #gone = new Set<number>();
  /** Sizes of packs whose headers are to be read. */
  readonly #unlisted = new Map<PackId, number>();
  #table: PackTable;

  constructor(repository: Repository, options: RepairIndexOptions) {
    this.#repository = repository;
    this.#options = options;
    this.#table = new PackTable(repository.index);
  }

  async load(): Promise<void> {
    const { readAllPacks = false, signal, onEvent, onIndexProgress } = this.#options;
    if (readAllPacks) {
      this.#obsolete.push(...(await this.#repository.list<IndexId>("index")));
      return;
    }
    onEvent?.({ type: "phase", phase: "load-index" });
    await this.#repository.loadIndex({
      ...(signal && { signal }),
      ...(onIndexProgress && { onProgress: onIndexProgress }),
      onIndex: (id, packs) => void this.#files.push({ id, packs }),
      onFailure: (id, error) => {
        if (!isDamage(error)) throw error;
        onEvent?.({ type: "error", message: `removing invalid index ${id}: ${messageOf(error)}` });
        this.#obsolete.push(id);
      },
    });
    this.#table = new PackTable(this.#repository.index);
  }

  /** Holds the index against the packs that there are. */
  async compare(): Promise<void> {
    const { signal, onEvent } = this.#options;
    const { index, storage } = this.#repository;
    const tell = (message: string): void => onEvent?.({ type: "error", message });
    onEvent?.({ type: "phase", phase: "list-packs" });
    const seen = new Set<number>();
    for await (const { name, size } of storage.list("pack", { signal })) {
      const pack = index.find(idToBytes(name), PACK);
      const isListed = pack >= 0 && this.#table.blobs(pack).length > 0;
      if (isListed) seen.add(pack);
      const expected = isListed ? this.#table.size(pack) : undefined;
      if (expected === size) continue;
      this.#unlisted.set(name as PackId, size);
      if (pack >= 0) this.#gone.add(pack);
      tell(
        expected === undefined
          ? `adding pack file to index ${name}`
          : `reindexing pack file ${name} with unexpected size ${size} instead of ${expected}`,
      );
    }
    const missing = [...this.#table.packs()].filter((pack) => !seen.has(pack) && !this.#gone.has(pack));
    for (const pack of missing) this.#gone.add(pack);
    for (const id of missing.map((pack) => this.#table.id(pack)).sort())
      tell(`removing not found pack file ${id}`);
  }

  /** Lists packs by their headers, in index files of their own. */
  async readPacks(): Promise<void> {
    const { signal, onEvent } = this.#options;
    const total = this.#unlisted.size;
    if (total === 0) return;
    onEvent?.({ type: "phase", phase: "read-packs" });
    // What the old index says of the same packs must not mix with this.
    const found = BlobIndex.create();
    const writer = new IndexWriter(found, this.#repository.indexStore);
    const invalid: PackId[] = [];
    const packs = this.#unlisted.entries();
    let done = 0;
    const work = async (): Promise<void> => {
      for (const [id, size] of packs) {
        throwIfCancelled(signal);
        const header = await this.#readHeader(id, size);
        if (header === undefined) invalid.push(id);
        else await writer.add({ id: idToBytes(id), entries: enterHeader(found, id, header) });
        onEvent?.({ type: "progress", phase: "read-packs", done: ++done, total });
      }
    };
    const workers = Array.from({ length: Math.max(1, this.#repository.storage.connections) }, work);
    await Promise.allSettled(workers);
    await Promise.all(workers);
    await writer.flush();
    for (const id of invalid.sort())
      onEvent?.({ type: "detail", message: `skipped incomplete pack file: ${id}` });
  }

  async replace(): Promise<void> {
    const { signal, onEvent } = this.#options;
    const index = {
      files: this.#files,
      gone: this.#gone,
      blobsOf: (pack: number) => this.#table.blobs(pack),
    };
    await replaceIndex(this.#repository, index, { signal, onEvent, obsolete: this.#obsolete });
  }

  async #readHeader(id: PackId, size: number): Promise<readonly PackEntry[] | undefined> {
    try {
      return await this.#repository.loadPackHeader(id, size, this.#options.signal);
    } catch (error) {
      throwIfCancelled(this.#options.signal);
      if (!isDamage(error)) throw error;
      return undefined;
    }
  }
}
