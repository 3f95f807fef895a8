/**
 * Index files: loading all of them into the blob index, and writing new ones while packs are stored (design.rst,
 * "Indexing").
 *
 * An index file is written once it would list 50,000 blobs or is ten minutes old, so that an interrupted backup
 * can be continued from what was stored.
 */
import { TasticError } from "@tastic/errors";
import { IndexEncoder, decodeIndex } from "@tastic/format";
import type { IndexId } from "@tastic/format";
import { DATA, TREE } from "./blob-entry.js";
import type { BlobIndex } from "./blob-index.js";
import { throwIfCancelled } from "./cancellation.js";

export const INDEX_FULL_BLOBS = 50_000;
export const INDEX_FULL_AGE_MS = 10 * 60_000;
/** What a blob and a pack take in the JSON of an index file, when their numbers are long. */
const BLOB_TEXT_LENGTH = 160;
const PACK_TEXT_LENGTH = 100;
/** How much of the room that the first index file makes us expect is made at once: too much would stay unused. */
const EXPECTATION = 0.9;

/** Where index files come from and go to: the repository, seen from here. */
export interface IndexStore {
  listIndexFiles(signal?: AbortSignal): Promise<{ id: IndexId; size: number }[]>;
  loadIndexFile(id: IndexId, signal?: AbortSignal): Promise<Uint8Array>;
  saveIndexFile(json: Uint8Array): Promise<IndexId>;
}

/** What may be observed while index files load. */
export interface IndexLoadOptions {
  readonly signal?: AbortSignal;
  /** Files that are in the index already, and are passed over. For whoever follows what others add. */
  readonly known?: ReadonlySet<IndexId>;
  /** So many files of so many are loaded. */
  onProgress?(loaded: number, total: number): void;
  /** Called with every index file and the packs that it lists, as entry numbers. For check. */
  onIndex?(id: IndexId, packs: readonly number[]): void;
  /**
   * Called with a file that cannot be loaded, which then is left out as a whole; it throws what it does not want to
   * pass over. Without it, the first such file ends the loading. For repairs.
   */
  readonly onFailure?: (id: IndexId, error: unknown) => void;
  /** How many files are loaded at once. */
  readonly connections: number;
}

/**
 * Loads every index file into `index`, and returns which those were. All must load: a blob that is missing from the index
 * would be stored again, or be taken for lost.
 */
export async function loadIndexFiles(
  store: IndexStore,
  index: BlobIndex,
  options: IndexLoadOptions,
): Promise<IndexId[]> {
  const { signal, known } = options;
  const files = (await store.listIndexFiles(signal)).filter(({ id }) => known?.has(id) !== true);
  let next = 0;
  let loaded = 0;
  const load = async ({ id, size }: (typeof files)[number]): Promise<void> => {
    throwIfCancelled(signal);
    const json = await loadJson(store, id, options);
    if (json === undefined) {
      options.onProgress?.(++loaded, files.length);
      return;
    }
    const before = index.size;
    const packs = addIndexFile(index, id, json);
    if (++loaded === 1) index.reserve(expectMore(index.size - before, size, files));
    options.onIndex?.(id, packs);
    options.onProgress?.(loaded, files.length);
  };
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      try {
        await load(file);
      } catch (error) {
        // Nobody begins another one.
        next = files.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.connections) }, work));
  return files.map(({ id }) => id);
}

/** The JSON of an index file; undefined where it is damaged and that is tolerated. */
async function loadJson(
  store: IndexStore,
  id: IndexId,
  { signal, onFailure }: IndexLoadOptions,
): Promise<Uint8Array | undefined> {
  try {
    const json = await store.loadIndexFile(id, signal);
    // Read as a whole before anything of it is entered, since nothing can be taken out of the index again.
    if (onFailure) decodeIndex(json, { pack: () => undefined, blob: () => undefined }, `index ${id}`);
    return json;
  } catch (error) {
    throwIfCancelled(signal);
    if (onFailure === undefined) throw error;
    onFailure(id, error);
    return undefined;
  }
}

/** How many entries the other files will make, by what the first one of `size` bytes made. */
function expectMore(entries: number, size: number, files: readonly { size: number }[]): number {
  const rest = files.reduce((sum, file) => sum + file.size, 0) - size;
  return size > 0 ? Math.floor((entries / size) * rest * EXPECTATION) : 0;
}

/** Enters what one index file lists; returns the entry numbers of its packs. */
function addIndexFile(index: BlobIndex, id: IndexId, json: Uint8Array): number[] {
  const packs: number[] = [];
  let pack = -1;
  decodeIndex(
    json,
    {
      pack(packId) {
        pack = index.addPack(packId);
        packs.push(pack);
      },
      blob(blobId, type, offset, length, uncompressedLength) {
        index.add(blobId, type === "tree" ? TREE : DATA, { pack, offset, length, uncompressedLength });
      },
    },
    `index ${id}`,
  );
  return packs;
}

/** A pack and the index entries of its blobs, in the order of the pack. */
export interface ListedPack {
  /** Its 32 bytes. */
  readonly id: Uint8Array;
  readonly entries: Uint32Array | readonly number[];
}

/** Collects stored packs and writes index files for them. */
export class IndexWriter {
  readonly #index: BlobIndex;
  readonly #store: IndexStore;
  readonly #onSaved: ((id: IndexId, packs: readonly ListedPack[]) => void) | undefined;
  #packs: ListedPack[] = [];
  #blobs = 0;
  #since = Date.now();

  /** @param onSaved is told of each index file that was stored, with its packs */
  constructor(
    index: BlobIndex,
    store: IndexStore,
    onSaved?: (id: IndexId, packs: readonly ListedPack[]) => void,
  ) {
    this.#index = index;
    this.#store = store;
    this.#onSaved = onSaved;
  }

  /** Lists a pack that is stored; writes an index file when there is enough for one. */
  async add(pack: ListedPack): Promise<void> {
    // Not the pack itself, which may have all its bytes with it.
    this.#packs.push({ id: pack.id, entries: pack.entries });
    this.#blobs += pack.entries.length;
    if (this.#blobs >= INDEX_FULL_BLOBS || Date.now() - this.#since >= INDEX_FULL_AGE_MS) await this.flush();
  }

  /** Writes what has not been written. */
  async flush(): Promise<void> {
    const packs = this.#packs;
    this.#packs = [];
    this.#blobs = 0;
    this.#since = Date.now();
    if (packs.length === 0) return;
    const id = await this.#store.saveIndexFile(encodePacks(this.#index, packs));
    this.#onSaved?.(id, packs);
  }
}

/** The JSON of an index file that lists these packs. */
function encodePacks(index: BlobIndex, packs: readonly ListedPack[]): Uint8Array {
  const blobs = packs.reduce((sum, { entries }) => sum + entries.length, 0);
  const encoder = new IndexEncoder(blobs * BLOB_TEXT_LENGTH + packs.length * PACK_TEXT_LENGTH);
  for (const pack of packs) {
    encoder.pack(pack.id);
    for (const entry of pack.entries) {
      if (index.isPending(entry))
        throw new TasticError("internal", "a pack was listed before its blobs were placed");
      encoder.blob(
        index.id(entry),
        index.kind(entry) === TREE ? "tree" : "data",
        index.offset(entry),
        index.length(entry),
        index.uncompressedLength(entry),
      );
    }
  }
  return encoder.finish();
}
