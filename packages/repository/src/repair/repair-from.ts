/**
 * Repairing from another repository: what is damaged or missing here and whole there is stored here anew. Ids decide:
 * keys, versions and the way files were cut may differ.
 *
 * The order is that of `repairPacks`: new packs with their index, a new index, the old index away, last the damaged packs.
 * A pack of which something is nowhere to be had stays, and stays listed.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, BlobType, PackId } from "@tastic/format";
import { DATA, PACK, TREE } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { ListedPack } from "../index-files.js";
import { PackTable } from "../pack-table.js";
import { removeFiles } from "../prune/remove-files.js";
import { replaceIndex } from "../prune/rewrite-index.js";
import type { IndexFile } from "../prune/rewrite-index.js";
import type { Repository } from "../repository.js";
import { readSealed } from "../sealed-blobs.js";
import type { WantedPack } from "../sealed-blobs.js";
import type { RepositoryWriter } from "../writer.js";
import { isDamage } from "./damage.js";
import type { RepairEvent, RepairOptions } from "./repair-types.js";

/** What is known to be damaged. */
export interface KnownDamage {
  /** Packs that are missing, or not what their name says. */
  readonly packs: Iterable<PackId>;
  /** Blobs that no index lists, or that do not load. */
  readonly blobs: Iterable<{ readonly type: BlobType; readonly id: BlobId }>;
}

export interface RepairedFrom {
  /** Blobs that came from the other repository. */
  readonly restoredBlobs: number;
  /** Bytes of their content. */
  readonly restoredBytes: number;
  /** Packs that others are in the place of. */
  readonly repairedPacks: readonly PackId[];
  /** Packs that stay, since something of them is nowhere to be had. */
  readonly damagedPacks: readonly PackId[];
  /** Blobs that are nowhere to be had. */
  readonly lostBlobs: number;
}

/**
 * Repairs a repository whose index has not been loaded, with blobs of `other`, whose index is. The caller holds an
 * exclusive lock of the one and a lock of the other; `signal` ends with them. Forget the index afterwards.
 * @throws TasticError `cancelled`, the stores'; nothing is given up that merely could not be reached
 */
export async function repairFrom(
  repository: Repository,
  other: Repository,
  damage: KnownDamage,
  options: RepairOptions = {},
): Promise<RepairedFrom> {
  const run = new RepairFrom(repository, other, options);
  await run.load();
  await run.examine(damage);
  await run.rescue();
  return run.replace();
}

/** A pack that is not what it should be. */
interface DamagedPack {
  readonly id: PackId;
  /** Blobs of it that open. */
  readonly intact: number[];
  readonly broken: number[];
}

class RepairFrom {
  readonly #repository: Repository;
  readonly #other: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #tell: (event: RepairEvent) => void;
  readonly #files: IndexFile[] = [];
  /** By entry number of the pack. */
  readonly #packs = new Map<number, DamagedPack>();
  /** Blobs that are needed from the other repository, by kind and id; those that were found are taken out. */
  readonly #needed = new Map<string, { readonly type: BlobType; readonly id: BlobId }>();
  readonly #written = new Map<number, ListedPack["entries"]>();
  #table: PackTable;
  #restoredBlobs = 0;
  #restoredBytes = 0;

  constructor(repository: Repository, other: Repository, { signal, onEvent }: RepairOptions) {
    this.#repository = repository;
    this.#other = other;
    this.#signal = signal;
    this.#tell = onEvent ?? (() => undefined);
    this.#table = new PackTable(repository.index);
  }

  async load(): Promise<void> {
    await this.#repository.loadIndex({
      ...(this.#signal && { signal: this.#signal }),
      onIndex: (id, packs) => void this.#files.push({ id, packs }),
    });
    this.#table = new PackTable(this.#repository.index);
  }

  /** Finds out which blobs are needed. */
  async examine({ packs, blobs }: KnownDamage): Promise<void> {
    this.#tell({ type: "phase", phase: "examine" });
    const { index } = this.#repository;
    for (const id of packs) {
      const pack = index.find(idToBytes(id), PACK);
      if (pack >= 0) await this.#examinePack(pack, "damaged");
    }
    for (const { type, id } of blobs) {
      const first = index.find(idToBytes(id), kindOf(type));
      if (first < 0) this.#needed.set(`${type} ${id}`, { type, id });
      for (let entry = first; entry >= 0; entry = index.findNext(entry))
        await this.#examinePack(index.pack(entry), "suspect");
    }
    const broken = [...this.#packs.values()].flatMap((pack) => pack.broken);
    for (const entry of broken) {
      const type = this.#typeOf(entry);
      const id = idFromBytes<BlobId>(index.id(entry));
      if (!(await this.#hasCopy(entry))) this.#needed.set(`${type} ${id}`, { type, id });
    }
  }

  /** Reads a pack, blob by blob. One that is only suspected is left alone if all of its blobs open. */
  async #examinePack(pack: number, state: "damaged" | "suspect"): Promise<void> {
    if (this.#packs.has(pack)) return;
    const found: DamagedPack = { id: this.#table.id(pack), intact: [], broken: [] };
    const wanted = [{ pack, entries: this.#table.blobs(pack) }];
    for await (const stretch of readSealed(this.#repository, wanted, this.#signal)) {
      for (const entry of stretch.entries) {
        const isWhole = await this.#opens(this.#repository, entry, stretch.sealed(entry));
        (isWhole === undefined ? found.broken : found.intact).push(entry);
      }
    }
    if (state === "damaged" || found.broken.length > 0) this.#packs.set(pack, found);
  }

  /** Is the blob of an entry whole in another pack? */
  async #hasCopy(entry: number): Promise<boolean> {
    const { index } = this.#repository;
    let copy = index.find(index.id(entry), this.#typeOf(entry) === "tree" ? TREE : DATA);
    for (; copy >= 0; copy = index.findNext(copy)) {
      if (copy === entry) continue;
      if ((await this.#opens(this.#repository, copy, undefined)) !== undefined) return true;
    }
    return false;
  }

  /** The content of a blob, verified; undefined if it is damaged. Errors: what may pass. */
  async #opens(
    repository: Repository,
    entry: number,
    sealed: Uint8Array | undefined,
  ): Promise<Uint8Array | undefined> {
    try {
      if (sealed !== undefined) return repository.blobs.openEntry(entry, sealed);
    } catch (error) {
      if (!isDamage(error)) throw error;
      // It may have come over wrong.
    }
    try {
      return await repository.blobs.loadEntry(entry, this.#signal);
    } catch (error) {
      throwIfCancelled(this.#signal);
      if (!isDamage(error)) throw error;
      return undefined;
    }
  }

  /** Stores what the other repository has, then what is whole of packs that can go. */
  async rescue(): Promise<void> {
    const { index } = this.#repository;
    const writer = this.#repository.createWriter({
      ...(this.#signal && { signal: this.#signal }),
      onIndex: (id, packs) => {
        const numbers = packs.map(({ id: pack }) => index.find(pack, PACK));
        for (const [i, number] of numbers.entries()) this.#written.set(number, packs[i]?.entries ?? []);
        this.#files.push({ id, packs: numbers });
      },
    });
    try {
      await this.#takeFromOther(writer);
      await this.#moveIntact(writer);
      await writer.flush();
    } finally {
      await writer.settle();
    }
  }

  async #takeFromOther(writer: RepositoryWriter): Promise<void> {
    const total = this.#needed.size;
    let done = 0;
    this.#tell({ type: "phase", phase: "rescue", count: total });
    // Entries of their own, since those that are there stand for what is damaged.
    const { index, crypto } = this.#repository;
    const nowhere = index.addPack(crypto.randomBytes(32));
    for await (const stretch of readSealed(this.#other, this.#wantedOfOther(), this.#signal)) {
      for (const entry of stretch.entries) {
        const id = this.#other.index.id(entry);
        const type = this.#other.index.kind(entry) === TREE ? "tree" : "data";
        const name = `${type} ${idFromBytes(id)}`;
        if (!this.#needed.has(name)) continue;
        const content = await this.#opens(this.#other, entry, stretch.sealed(entry));
        // Another copy may follow.
        if (content === undefined) continue;
        const place = index.size;
        index.add(id, kindOf(type), { pack: nowhere, offset: 0, length: 0, uncompressedLength: 0 });
        await writer.rewrite(place, content, type === "tree");
        this.#needed.delete(name);
        this.#restoredBlobs++;
        this.#restoredBytes += content.length;
        this.#tell({ type: "progress", phase: "rescue", done: ++done, total });
      }
    }
    for (const name of [...this.#needed.keys()].sort()) {
      const message = `blob ${name.replace(" ", "/")} is damaged or missing, and the other repository has no whole copy`;
      this.#tell({ type: "error", message });
    }
  }

  /** All copies that the other repository lists of what is needed, by pack. */
  #wantedOfOther(): WantedPack[] {
    const { index } = this.#other;
    const byPack = new Map<number, number[]>();
    for (const { type, id } of this.#needed.values()) {
      let entry = index.find(idToBytes(id), kindOf(type));
      for (; entry >= 0; entry = index.findNext(entry)) {
        const entries = byPack.get(index.pack(entry));
        if (entries === undefined) byPack.set(index.pack(entry), [entry]);
        else entries.push(entry);
      }
    }
    return Array.from(byPack, ([pack, entries]) => ({ pack, entries }));
  }

  async #moveIntact(writer: RepositoryWriter): Promise<void> {
    const wanted = [...this.#packs]
      .filter(([, pack]) => !this.#stays(pack) && pack.intact.length > 0)
      .map(([pack, { intact }]) => ({ pack, entries: intact }));
    this.#tell({ type: "phase", phase: "salvage" });
    let done = 0;
    for await (const stretch of readSealed(this.#repository, wanted, this.#signal)) {
      for (const entry of stretch.entries) {
        const content = await this.#opens(this.#repository, entry, stretch.sealed(entry));
        if (content === undefined) throw this.#changedMeanwhile(entry);
        await writer.rewrite(entry, content, this.#repository.index.uncompressedLength(entry) > 0);
      }
      if (stretch.isLast) this.#tell({ type: "progress", phase: "salvage", done: ++done, total: wanted.length });
    }
  }

  #changedMeanwhile(entry: number): Error {
    const { index } = this.#repository;
    return new TasticError("hash-mismatch", `blob ${idFromBytes(index.id(entry))} opened once, and now it does not`, {
      guidance: "The store, or the memory of this machine, may be failing. Nothing was removed.",
    });
  }

  /** Is something of the pack nowhere to be had? */
  #stays({ broken }: DamagedPack): boolean {
    const { index } = this.#repository;
    return broken.some((entry) => this.#needed.has(`${this.#typeOf(entry)} ${idFromBytes(index.id(entry))}`));
  }

  #typeOf(entry: number): BlobType {
    return this.#repository.index.kind(entry) === TREE ? "tree" : "data";
  }

  async replace(): Promise<RepairedFrom> {
    const all = [...this.#packs];
    const going = all.filter(([, pack]) => !this.#stays(pack));
    if (going.length > 0) {
      const gone = new Set(going.map(([pack]) => pack));
      const blobsOf = (pack: number): ListedPack["entries"] => this.#written.get(pack) ?? this.#table.blobs(pack);
      const events = { signal: this.#signal, onEvent: this.#tell };
      await replaceIndex(this.#repository, { files: this.#files, gone, blobsOf }, events);
      const names = going.map(([, { id }]) => id);
      await removeFiles(this.#repository, "pack", names, { ...events, phase: "remove-packs", tolerant: true });
    }
    return {
      restoredBlobs: this.#restoredBlobs,
      restoredBytes: this.#restoredBytes,
      repairedPacks: going.map(([, { id }]) => id).sort(),
      damagedPacks: all.filter(([, pack]) => this.#stays(pack)).map(([, { id }]) => id).sort(),
      lostBlobs: this.#needed.size,
    };
  }
}

function kindOf(type: BlobType): typeof DATA | typeof TREE {
  return type === "tree" ? TREE : DATA;
}
