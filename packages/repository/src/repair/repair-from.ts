/**
 * Repairing from another repository: what is damaged or missing here and whole there is stored here anew. Ids decide:
 * keys, versions and the way files were cut may differ.
 *
 * A damaged pack goes as with `repairPacks`: what is whole of it moves to new packs, beside what the other repository has;
 * then comes an index that does not list it, the old index goes, and last the pack. It must not stay listed, since a bad
 * copy of what was saved might then seem as good as the new one to whoever removes duplicates.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { DATA, PACK, TREE } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { ListedPack } from "../index-files.js";
import { removeFiles } from "../prune/remove-files.js";
import { replaceIndex } from "../prune/rewrite-index.js";
import type { IndexFile } from "../prune/rewrite-index.js";
import type { Repository } from "../repository.js";
import { readSealed } from "../sealed-blobs.js";
import type { WantedPack } from "../sealed-blobs.js";
import type { RepositoryWriter } from "../writer.js";
import { DamagedPacks, openEntry } from "./damaged-packs.js";
import type { NamedBlob } from "./damaged-packs.js";
import type { RepairEvent, RepairOptions } from "./repair-types.js";

/** What is known to be damaged. */
export interface KnownDamage {
  /** Packs that are missing, or not what their name says. */
  readonly packs: Iterable<PackId>;
  /** Blobs that no index lists, or that do not load. */
  readonly blobs: Iterable<NamedBlob>;
}

/** How to repair from another repository. */
export interface RepairFromOptions extends RepairOptions {
  /** Look what could be done, and change nothing. */
  readonly dryRun?: boolean;
  /**
   * Called with packs that are there and of which something is nowhere to be had, before they go: for putting copies in a
   * safe place. If it throws, nothing was removed.
   */
  beforeLoss?(packs: readonly PackId[]): Promise<void>;
}

/** What a repair from another repository has done, or would do. */
export interface RepairedFrom {
  /** Blobs that came from the other repository. */
  readonly restoredBlobs: number;
  /** Bytes of their content. */
  readonly restoredBytes: number;
  /** Packs that are gone, and others in their place. */
  readonly replacedPacks: readonly PackId[];
  /** Blobs that are nowhere to be had. */
  readonly lostBlobs: readonly NamedBlob[];
}

/**
 * Repairs a repository whose index has not been loaded, with blobs of `other`, whose index is. The caller holds an
 * exclusive lock of the one and a lock of the other; `signal` ends with them. The repository's index is of no more use
 * afterwards: forget it.
 * @throws TasticError `cancelled`, the stores'; nothing is given up that merely could not be reached
 */
export async function repairFrom(
  repository: Repository,
  other: Repository,
  damage: KnownDamage,
  options: RepairFromOptions = {},
): Promise<RepairedFrom> {
  const run = new RepairFrom(repository, other, options);
  await run.examine(damage);
  await run.rescue();
  return run.replace();
}

class RepairFrom {
  readonly #repository: Repository;
  readonly #other: Repository;
  readonly #options: RepairFromOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #tell: (event: RepairEvent) => void;
  readonly #files: IndexFile[] = [];
  readonly #written = new Map<number, ListedPack["entries"]>();
  #damaged: DamagedPacks;
  #restoredBlobs = 0;
  #restoredBytes = 0;

  constructor(repository: Repository, other: Repository, options: RepairFromOptions) {
    this.#repository = repository;
    this.#other = other;
    this.#options = options;
    this.#signal = options.signal;
    this.#tell = options.onEvent ?? (() => undefined);
    this.#damaged = new DamagedPacks(repository, this.#signal);
  }

  /** Finds out what is whole here, and what is needed from there. */
  async examine({ packs, blobs }: KnownDamage): Promise<void> {
    this.#tell({ type: "phase", phase: "examine" });
    await this.#repository.loadIndex({
      ...(this.#signal && { signal: this.#signal }),
      onIndex: (id, listed) => void this.#files.push({ id, packs: listed }),
    });
    this.#damaged = new DamagedPacks(this.#repository, this.#signal);
    for (const pack of packs) await this.#damaged.addPack(pack);
    for (const blob of blobs) await this.#damaged.addBlob(blob);
    await this.#damaged.leaveOutCopies();
  }

  /** Stores what the other repository has, and what is whole of packs that go. */
  async rescue(): Promise<void> {
    const { index } = this.#repository;
    const writer = this.#repository.createWriter({
      ...(this.#signal && { signal: this.#signal }),
      discard: this.#options.dryRun === true,
      onIndex: (id, packs) => {
        const numbers = packs.map(({ id: pack }) => index.find(pack, PACK));
        for (const [i, number] of numbers.entries()) this.#written.set(number, packs[i]?.entries ?? []);
        this.#files.push({ id, packs: numbers });
      },
    });
    try {
      await this.#takeFromOther(writer);
      if (this.#options.dryRun === true) return;
      await this.#moveIntact(writer);
      await writer.flush();
    } finally {
      await writer.settle();
    }
  }

  async #takeFromOther(writer: RepositoryWriter): Promise<void> {
    const { needed } = this.#damaged;
    const total = needed.size;
    let done = 0;
    this.#tell({ type: "phase", phase: "rescue", count: total });
    for await (const stretch of readSealed(this.#other, this.#wantedOfOther(), this.#signal)) {
      for (const entry of stretch.entries) {
        const { index } = this.#other;
        const type = index.kind(entry) === TREE ? "tree" : "data";
        const name = `${type} ${idFromBytes(index.id(entry))}`;
        const here = needed.get(name);
        if (here === undefined) continue;
        const content = await openEntry(this.#other, entry, stretch.sealed(entry), this.#signal);
        // Another copy may follow.
        if (content === undefined) continue;
        needed.delete(name);
        if (here.entry === undefined) await writer.add(type, index.id(entry), content);
        else await writer.rewrite(here.entry, content, type === "tree");
        this.#restoredBlobs++;
        this.#restoredBytes += content.length;
        this.#tell({ type: "progress", phase: "rescue", done: ++done, total });
      }
    }
  }

  /** All copies that the other repository lists of what is needed, by pack. */
  #wantedOfOther(): WantedPack[] {
    const { index } = this.#other;
    const byPack = new Map<number, number[]>();
    for (const { type, id } of this.#damaged.needed.values()) {
      let entry = index.find(idToBytes(id), type === "tree" ? TREE : DATA);
      for (; entry >= 0; entry = index.findNext(entry)) {
        const entries = byPack.get(index.pack(entry));
        if (entries === undefined) byPack.set(index.pack(entry), [entry]);
        else entries.push(entry);
      }
    }
    return Array.from(byPack, ([pack, entries]) => ({ pack, entries }));
  }

  async #moveIntact(writer: RepositoryWriter): Promise<void> {
    const wanted = this.#damaged.intact();
    this.#tell({ type: "phase", phase: "salvage", count: wanted.length });
    let done = 0;
    for await (const stretch of readSealed(this.#repository, wanted, this.#signal)) {
      for (const entry of stretch.entries) {
        const content = await openEntry(this.#repository, entry, stretch.sealed(entry), this.#signal);
        if (content === undefined) throw this.#changedMeanwhile(entry);
        await writer.rewrite(entry, content, this.#repository.index.uncompressedLength(entry) > 0);
      }
      if (stretch.isLast) {
        this.#tell({ type: "progress", phase: "salvage", done: ++done, total: wanted.length });
      }
    }
  }

  #changedMeanwhile(entry: number): Error {
    const id = idFromBytes(this.#repository.index.id(entry));
    return new TasticError("hash-mismatch", `blob ${id} opened once, and now it does not`, {
      guidance: "The store, or the memory of this machine, may be failing. Nothing was removed.",
    });
  }

  async replace(): Promise<RepairedFrom> {
    const lost = [...this.#damaged.needed.values()].map(({ type, id }) => ({ type, id }));
    lost.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { type, id } of lost) {
      const message = `${type} blob ${id} is damaged or missing, and the other repository has no whole copy`;
      this.#tell({ type: "error", message });
    }
    // A new pack may be the old one to the byte.
    const going = this.#damaged.packs().filter(({ pack }) => !this.#written.has(pack));
    if (going.length > 0 && this.#options.dryRun !== true) {
      const incomplete = this.#damaged.packsWith(lost).filter(({ isThere }) => isThere);
      if (incomplete.length > 0) await this.#options.beforeLoss?.(incomplete.map(({ id }) => id));
      throwIfCancelled(this.#signal);
      await this.#removePacks(going);
    }
    return {
      restoredBlobs: this.#restoredBlobs,
      restoredBytes: this.#restoredBytes,
      replacedPacks: going.map(({ id }) => id).sort(),
      lostBlobs: lost,
    };
  }

  async #removePacks(going: readonly { readonly id: PackId; readonly pack: number }[]): Promise<void> {
    const events = { signal: this.#signal, onEvent: this.#tell };
    const table = this.#damaged.table;
    const blobsOf = (pack: number): ListedPack["entries"] => this.#written.get(pack) ?? table.blobs(pack);
    const gone = new Set(going.map(({ pack }) => pack));
    await replaceIndex(this.#repository, { files: this.#files, gone, blobsOf }, events);
    const names = going.map(({ id }) => id);
    await removeFiles(this.#repository, "pack", names, { ...events, phase: "remove-packs", tolerant: true });
  }
}
