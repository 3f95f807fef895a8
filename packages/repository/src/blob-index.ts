/**
 * The blob index: where every blob of the repository is stored, for all threads at once.
 *
 * One open-addressing table in shared memory, without a JavaScript object per blob. Entries of 48 bytes are dense and
 * numbered in the order of their arrival; a separate array of slots (4 bytes each, linear probing, between 64 % and
 * 80 % full once there are 100,000 entries) maps ids to entry numbers, so an entry costs at most 54.3 bytes in all.
 *
 * Writers take a lock. Readers take none to find an entry: ids and kinds never change once a slot leads to them, so
 * a hit proves itself, even in the middle of a rebuild of the slots. Only a miss is confirmed under the lock.
 * `claim` is what keeps two threads from storing the same new blob twice: exactly one of them is told that it is new.
 */
import { TasticError } from "@tastic/errors";
import { readId } from "@tastic/format";
import { ENTRY_WORDS, LENGTH, OFFSET, PACK, PENDING, PLACE, UNCOMPRESSED } from "./blob-entry.js";
import type { BlobLocation, DATA, EntryKind, TREE } from "./blob-entry.js";
import {
  COUNT,
  HEADER_WORDS,
  LOCK,
  MAX_ENTRIES,
  PACK_COUNT,
  SLOT_COUNT,
  growEntries,
} from "./shared-index.js";
import type { SharedBlobIndex } from "./shared-index.js";
import { giveLock, takeLock } from "./shared-lock.js";
import { createSharedMemory, currentBuffer, growTo } from "./shared-memory.js";
import { FIRST_SLOTS, entryOf, homeOf, isTooFull, moreSlots, slotOf, slotsFor, tagOf } from "./slots.js";

export class BlobIndex {
  readonly shared: SharedBlobIndex;
  #header: Int32Array;
  #entries: Int32Array;
  #entryBytes: Uint8Array;
  #slots: Int32Array;
  readonly #idBytes = new Uint8Array(32);
  readonly #idWords = new Int32Array(this.#idBytes.buffer);

  private constructor(shared: SharedBlobIndex) {
    this.shared = shared;
    this.#header = new Int32Array(shared.entries.buffer, 0, HEADER_WORDS);
    this.#entries = new Int32Array(shared.entries.buffer);
    this.#entryBytes = new Uint8Array(shared.entries.buffer);
    this.#slots = new Int32Array(shared.slots.buffer);
  }

  /** An empty index. */
  static create(): BlobIndex {
    const index = new BlobIndex({ entries: createSharedMemory(), slots: createSharedMemory() });
    index.#header[SLOT_COUNT] = FIRST_SLOTS;
    return index;
  }

  /** The same index, seen from another thread. */
  static attach(shared: SharedBlobIndex): BlobIndex {
    return new BlobIndex(shared);
  }

  /** How many entries there are, packs included. Entry numbers run from 0 to `size - 1`. */
  get size(): number {
    return Atomics.load(this.#header, COUNT);
  }

  get packCount(): number {
    return Atomics.load(this.#header, PACK_COUNT);
  }

  get blobCount(): number {
    return this.size - this.packCount;
  }

  /** Bytes of shared memory in use for entries and slots. */
  get bytes(): number {
    return this.size * ENTRY_WORDS * 4 + this.#slotCount() * 4;
  }

  /** Forgets all entries, as long as nobody else uses the index yet. */
  clear(): void {
    this.#underLock(() => {
      this.#slots = new Int32Array(currentBuffer(this.shared.slots));
      this.#slots.fill(0);
      Atomics.store(this.#header, COUNT, 0);
      Atomics.store(this.#header, PACK_COUNT, 0);
    });
  }

  /** Makes room for so many further entries at once, which is faster than bit by bit. A guess will do. */
  reserve(more: number): void {
    this.#underLock(() => {
      const wanted = slotsFor(Math.min(this.size + more, MAX_ENTRIES));
      if (wanted > this.#slotCount()) this.#rebuild(wanted);
    });
  }

  /** The number of the first entry with this id and kind, or -1. The blob may be pending (see `isPending`). */
  find(id: Uint8Array, kind: EntryKind): number {
    this.#loadId(id);
    return this.#findLoaded(kind, -1);
  }

  /** As `find`, for an id whose 64 hexadecimal digits stand in `text` from `at` on; -1 also if these are none. */
  findText(text: string, at: number, kind: EntryKind): number {
    return readId(text, at, this.#idBytes) ? this.#findLoaded(kind, -1) : -1;
  }

  /** The next entry with the same id and kind as `entry`: a copy of the blob in another pack; or -1. */
  findNext(entry: number): number {
    this.copyId(entry, this.#idBytes);
    return this.#findLoaded(this.kind(entry), entry);
  }

  /**
   * Makes an entry for a blob that is about to be stored, unless there is one.
   * Returns its number if it is new, and the caller must store the blob and `place` it; or -1 if it is known.
   */
  claim(id: Uint8Array, kind: typeof DATA | typeof TREE): number {
    this.#loadId(id);
    if (this.#probe(kind, -1) >= 0) return -1;
    return this.#underLock(() => (this.#probe(kind, -1) >= 0 ? -1 : this.#append(kind, PENDING, 0, 0, 0)));
  }

  /** Records where a claimed blob is stored. */
  place(entry: number, location: BlobLocation): void {
    const at = this.#at(entry);
    this.#entries[at + OFFSET] = location.offset;
    this.#entries[at + LENGTH] = location.length;
    this.#entries[at + UNCOMPRESSED] = location.uncompressedLength;
    Atomics.store(this.#entries, at + PLACE, (this.kind(entry) << 30) | location.pack);
  }

  /** The entry number of a pack, made if there is none. */
  addPack(id: Uint8Array): number {
    this.#loadId(id);
    const known = this.#probe(PACK, -1);
    if (known >= 0) return known;
    return this.#underLock(() => {
      const raced = this.#probe(PACK, -1);
      if (raced >= 0) return raced;
      const entry = this.#append(PACK, 0, 0, 0, 0);
      Atomics.add(this.#header, PACK_COUNT, 1);
      return entry;
    });
  }

  /**
   * Adds what an index file says about a blob. The same place twice is one entry; the same blob in another place
   * is a further entry, which `findNext` reaches. Returns whether an entry was made.
   */
  add(id: Uint8Array, kind: typeof DATA | typeof TREE, location: BlobLocation): boolean {
    this.#loadId(id);
    const { pack, offset, length, uncompressedLength } = location;
    return this.#underLock(() => {
      for (let entry = this.#probe(kind, -1); entry >= 0; entry = this.#probe(kind, entry)) {
        if (this.pack(entry) === pack && this.offset(entry) === offset) return false;
      }
      this.#append(kind, pack, offset, length, uncompressedLength);
      return true;
    });
  }

  kind(entry: number): EntryKind {
    return (this.#field(entry, PLACE) >>> 30) as EntryKind;
  }

  /** Has the blob been claimed but not stored yet? Then nothing else that is said of its place holds. */
  isPending(entry: number): boolean {
    const at = this.#at(entry);
    return (Atomics.load(this.#entries, at + PLACE) & PENDING) === PENDING;
  }

  /** The entry number of the blob's pack. */
  pack(entry: number): number {
    return this.#field(entry, PLACE) & PENDING;
  }

  offset(entry: number): number {
    return this.#field(entry, OFFSET) >>> 0;
  }

  length(entry: number): number {
    return this.#field(entry, LENGTH) >>> 0;
  }

  uncompressedLength(entry: number): number {
    return this.#field(entry, UNCOMPRESSED) >>> 0;
  }

  /** Copies the entry's id (32 bytes) into `target` at `offset`. */
  copyId(entry: number, target: Uint8Array, offset = 0): void {
    const at = this.#at(entry) * 4;
    for (let i = 0; i < 32; i++) target[offset + i] = this.#entryBytes[at + i] ?? 0;
  }

  /** The entry's id, 32 bytes. */
  id(entry: number): Uint8Array {
    const id = new Uint8Array(32);
    this.copyId(entry, id);
    return id;
  }

  /** The numbers of all entries of packs. */
  *packs(): Generator<number> {
    const size = this.size;
    for (let entry = 0; entry < size; entry++) if (this.kind(entry) === PACK) yield entry;
  }

  #slotCount(): number {
    return Atomics.load(this.#header, SLOT_COUNT);
  }

  #underLock<T>(work: () => T): T {
    takeLock(this.#header, LOCK);
    try {
      return work();
    } finally {
      giveLock(this.#header, LOCK);
    }
  }

  #loadId(id: Uint8Array): void {
    if (id.length !== 32) throw new TasticError("internal", `an id has 32 bytes, not ${id.length}`);
    for (let i = 0; i < 32; i++) this.#idBytes[i] = id[i] ?? 0;
  }

  #field(entry: number, field: number): number {
    // First of all, as it may replace the view.
    const at = this.#at(entry);
    return this.#entries[at + field] ?? 0;
  }

  /** Where the entry's words begin, in a view that reaches that far. */
  #at(entry: number): number {
    const at = HEADER_WORDS + entry * ENTRY_WORDS;
    if (at + ENTRY_WORDS > this.#entries.length) this.#refreshEntries(entry);
    return at;
  }

  #refreshEntries(entry: number): void {
    const buffer = currentBuffer(this.shared.entries);
    this.#entries = new Int32Array(buffer);
    this.#entryBytes = new Uint8Array(buffer);
    if (HEADER_WORDS + (entry + 1) * ENTRY_WORDS > this.#entries.length) {
      throw new TasticError("internal", `the blob index has no entry ${entry}`);
    }
  }

  #findLoaded(kind: EntryKind, after: number): number {
    const entry = this.#probe(kind, after);
    return entry >= 0 ? entry : this.#underLock(() => this.#probe(kind, after));
  }

  /** The first entry with the loaded id and kind; with `after`, the first one beyond that entry. */
  #probe(kind: EntryKind, after: number): number {
    const slotCount = this.#slotCount();
    if (slotCount > this.#slots.length) this.#slots = new Int32Array(currentBuffer(this.shared.slots));
    const slots = this.#slots;
    const id = this.#idWords;
    const tag = tagOf(id[1] ?? 0);
    let reached = after < 0;
    for (let at = homeOf(id[0] ?? 0, slotCount); ; at = at + 1 === slotCount ? 0 : at + 1) {
      const slot = slots[at] ?? 0;
      if (slot === 0) return -1;
      if (tagOf(slot) !== tag) continue;
      const entry = entryOf(slot);
      if (!reached) reached = entry === after;
      else if (this.#isLoaded(entry, kind)) return entry;
    }
  }

  /** Has the entry the loaded id and this kind? */
  #isLoaded(entry: number, kind: EntryKind): boolean {
    const at = this.#at(entry);
    const words = this.#entries;
    const id = this.#idWords;
    for (let i = 0; i < 8; i++) if (words[at + i] !== id[i]) return false;
    return (words[at + PLACE] ?? 0) >>> 30 === kind;
  }

  /** Writes an entry with the loaded id, then makes it visible. Only under the lock; all or nothing. */
  #append(kind: EntryKind, pack: number, offset: number, length: number, uncompressed: number): number {
    const entry = this.size;
    growEntries(this.shared, entry + 1, this.#entries.length);
    if (isTooFull(entry + 1, this.#slotCount())) this.#rebuild(moreSlots(this.#slotCount()));
    const at = this.#at(entry);
    for (let i = 0; i < 8; i++) this.#entries[at + i] = this.#idWords[i] ?? 0;
    this.#entries[at + PLACE] = (kind << 30) | pack;
    this.#entries[at + OFFSET] = offset;
    this.#entries[at + LENGTH] = length;
    this.#entries[at + UNCOMPRESSED] = uncompressed;
    // Whoever sees the slot must see all of the entry.
    Atomics.store(this.#slots, this.#freeSlot(at), slotOf(entry, this.#idWords[1] ?? 0));
    Atomics.store(this.#header, COUNT, entry + 1);
    return entry;
  }

  /** The slot for the entry whose words begin at `at`. */
  #freeSlot(at: number): number {
    const slotCount = this.#header[SLOT_COUNT] ?? 0;
    let slot = homeOf(this.#entries[at] ?? 0, slotCount);
    while (this.#slots[slot] !== 0) slot = slot + 1 === slotCount ? 0 : slot + 1;
    return slot;
  }

  /** Makes the slots more and enters all entries again; readers that find nothing meanwhile wait for the lock. */
  #rebuild(slotCount: number): void {
    growTo(this.shared.slots, slotCount * 4);
    this.#slots = new Int32Array(currentBuffer(this.shared.slots));
    this.#slots.fill(0, 0, slotCount);
    Atomics.store(this.#header, SLOT_COUNT, slotCount);
    const count = this.size;
    for (let entry = 0; entry < count; entry++) {
      const at = this.#at(entry);
      this.#slots[this.#freeSlot(at)] = slotOf(entry, this.#entries[at + 1] ?? 0);
    }
  }
}
