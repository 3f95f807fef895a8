/**
 * Packs that are not what they should be, blob by blob: what of them opens, and what of them is in no other pack.
 */
import { isTasticError } from "@tastic/errors";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, BlobType, PackId } from "@tastic/format";
import { DATA, PACK, TREE } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import { PackTable } from "../pack-table.js";
import type { Repository } from "../repository.js";
import { readSealed } from "../sealed-blobs.js";
import type { WantedPack } from "../sealed-blobs.js";
import { isDamage } from "./damage.js";

/** A blob by its kind and id. */
export interface NamedBlob {
  readonly type: BlobType;
  readonly id: BlobId;
}

/** A blob of which no whole copy is known; its entry in the index, if it is listed. */
export interface NeededBlob extends NamedBlob {
  readonly entry: number | undefined;
}

interface DamagedPack {
  readonly id: PackId;
  readonly isThere: boolean;
  readonly broken: readonly number[];
}

export class DamagedPacks {
  /** As the index was when this was made. */
  readonly table: PackTable;
  /** By kind and id. Whoever finds one takes it out. */
  readonly needed = new Map<string, NeededBlob>();
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  /** By entry number of the pack. */
  readonly #packs = new Map<number, DamagedPack>();
  /** Packs that were suspected, and are whole. */
  readonly #whole = new Set<number>();
  /** Entries of blobs that open, by kind and id: one for each. */
  readonly #intact = new Map<string, number>();

  /** @param repository its index is loaded */
  constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#signal = signal;
    this.table = new PackTable(repository.index);
  }

  /** A pack that is damaged. One that no index lists is none of our business. */
  async addPack(id: PackId): Promise<void> {
    const pack = this.#repository.index.find(idToBytes(id), PACK);
    if (pack >= 0) await this.#examine(pack, "damaged");
  }

  /** A blob that no index lists, or that does not load. The pack that it lies in may be whole, if the blob is to blame. */
  async addBlob({ type, id }: NamedBlob): Promise<void> {
    const { index } = this.#repository;
    const first = index.find(idToBytes(id), type === "tree" ? TREE : DATA);
    if (first < 0) this.needed.set(`${type} ${id}`, { type, id, entry: undefined });
    for (let entry = first; entry >= 0; entry = index.findNext(entry)) {
      await this.#examine(index.pack(entry), "suspect");
    }
  }

  packs(): { readonly id: PackId; readonly pack: number }[] {
    return Array.from(this.#packs, ([pack, { id }]) => ({ id, pack }));
  }

  /** Packs in which any of these blobs does not open. */
  packsWith(blobs: readonly NamedBlob[]): { readonly id: PackId; readonly isThere: boolean }[] {
    const names = new Set(blobs.map(({ type, id }) => `${type} ${id}`));
    return [...this.#packs.values()].filter(({ broken }) =>
      broken.some((entry) => names.has(this.#name(entry))),
    );
  }

  /** What is whole, of which there is no other copy, by pack. */
  intact(): WantedPack[] {
    const { index } = this.#repository;
    const byPack = new Map<number, number[]>();
    for (const entry of this.#intact.values()) {
      const entries = byPack.get(index.pack(entry));
      if (entries === undefined) byPack.set(index.pack(entry), [entry]);
      else entries.push(entry);
    }
    return Array.from(byPack, ([pack, entries]) => ({ pack, entries }));
  }

  /** Once all packs are known: forgets the blobs of which a pack that is not damaged has a copy that opens. */
  async leaveOutCopies(): Promise<void> {
    for (const [name, { entry }] of this.needed) {
      if (this.#intact.has(name) || (entry !== undefined && (await this.#hasCopy(entry))))
        this.needed.delete(name);
    }
    for (const [name, entry] of this.#intact) if (await this.#hasCopy(entry)) this.#intact.delete(name);
  }

  async #hasCopy(entry: number): Promise<boolean> {
    const { index } = this.#repository;
    let copy = index.find(index.id(entry), index.kind(entry) === TREE ? TREE : DATA);
    for (; copy >= 0; copy = index.findNext(copy)) {
      if (this.#packs.has(index.pack(copy))) continue;
      if ((await openEntry(this.#repository, copy, undefined, this.#signal)) !== undefined) return true;
    }
    return false;
  }

  async #examine(pack: number, state: "damaged" | "suspect"): Promise<void> {
    if (this.#packs.has(pack) || (state === "suspect" && this.#whole.has(pack))) return;
    const id = this.table.id(pack);
    const blobs = this.table.blobs(pack);
    const isThere = await this.#isThere(id);
    const intact: number[] = [];
    const broken: number[] = isThere ? [] : blobs;
    const wanted = isThere ? [{ pack, entries: blobs }] : [];
    for await (const stretch of readSealed(this.#repository, wanted, this.#signal)) {
      for (const entry of stretch.entries) {
        const content = await openEntry(this.#repository, entry, stretch.sealed(entry), this.#signal);
        (content === undefined ? broken : intact).push(entry);
      }
    }
    if (state === "suspect" && broken.length === 0) {
      this.#whole.add(pack);
      return;
    }
    this.#packs.set(pack, { id, isThere, broken });
    for (const entry of intact) this.#intact.set(this.#name(entry), entry);
    for (const entry of broken) this.needed.set(this.#name(entry), { ...this.#named(entry), entry });
  }

  async #isThere(name: PackId): Promise<boolean> {
    try {
      await this.#repository.storage.stat({ type: "pack", name }, { signal: this.#signal });
      return true;
    } catch (error) {
      if (!isTasticError(error, "not-found")) throw error;
      return false;
    }
  }

  #named(entry: number): NamedBlob {
    const { index } = this.#repository;
    const type = index.kind(entry) === TREE ? "tree" : "data";
    return { type, id: idFromBytes<BlobId>(index.id(entry)) };
  }

  #name(entry: number): string {
    const { type, id } = this.#named(entry);
    return `${type} ${id}`;
  }
}

/**
 * The content of the blob of an entry, verified; undefined if it is damaged.
 * @param sealed as it came from the store, if it did
 * @throws TasticError what may pass, and so says nothing of the blob
 */
export async function openEntry(
  repository: Repository,
  entry: number,
  sealed: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    if (sealed !== undefined) return repository.blobs.openEntry(entry, sealed);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // It may have come over wrong.
  }
  try {
    return await repository.blobs.loadEntry(entry, signal);
  } catch (error) {
    throwIfCancelled(signal);
    if (!isDamage(error)) throw error;
    return undefined;
  }
}
