/**
 * The blob index: where every blob of the repository is stored, for all threads at once.
 *
 * One open-addressing table in shared memory, without a JavaScript object per blob. An *entry* is 48 bytes: the
 * id (32), then kind and pack (4), offset (4), length (4) and uncompressed length (4). Entries are dense and
 * numbered in the order of their arrival; a separate array of *slots* (4 bytes each, linear probing, between 60 %
 * and 75 % full) maps ids to entry numbers, so an entry costs at most 54.7 bytes in all. Packs are entries too, of
 * a kind of their own: a blob's entry names its pack by that pack's entry number.
 *
 * Readers take no lock: they probe under a sequence number that a rebuild of the slots makes odd and then even
 * again. Writers take a lock of one word by compare-and-swap. `claim` is what keeps two threads from storing the
 * same new blob twice: exactly one of them is told that the blob is new.
 *
 * The memory is WebAssembly's shared kind, because it can grow in place while other threads read it.
 */
import { TasticError } from "@tastic/errors";

/** What an entry describes. Blobs of different kinds never share an entry, even with equal bytes. */
export const DATA = 0;
export const TREE = 1;
export const PACK = 2;
export type EntryKind = typeof DATA | typeof TREE | typeof PACK;

/** What other threads need to attach to an index: structured-cloneable. */
export interface SharedBlobIndex {
  readonly entries: WebAssembly.Memory;
  readonly slots: WebAssembly.Memory;
}

/** Where a blob is stored. `uncompressedLength` is 0 for a blob that is stored raw. */
export interface BlobLocation {
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly uncompressedLength: number;
}

const PAGE = 65536;
const MAX_PAGES = 65536;
/** Words (of 4 bytes) of an entry, and where its fields are. */
const ENTRY_WORDS = 12;
const PLACE = 8;
const OFFSET = 9;
const LENGTH = 10;
const UNCOMPRESSED = 11;
/** The first page of the entries' memory is the header. */
const HEADER_WORDS = PAGE / 4;
const LOCK = 0;
const SEQUENCE = 1;
const COUNT = 2;
const SLOT_COUNT = 3;
const PACK_COUNT = 4;

const PENDING = 0x3fffffff;
const MAX_ENTRIES = Math.min(PENDING, Math.floor(((MAX_PAGES - 1) * PAGE) / (ENTRY_WORDS * 4)));
const FIRST_SLOTS = 4096;
const LOCK_TIMEOUT_MS = 30_000;

export class BlobIndex {
  readonly shared: SharedBlobIndex;
  #header: Int32Array;
  #entries: Uint32Array;
  #slots: Int32Array;
  readonly #idBytes = new Uint8Array(32);
  readonly #idWords = new Uint32Array(this.#idBytes.buffer);

  private constructor(shared: SharedBlobIndex) {
    this.shared = shared;
    this.#header = new Int32Array(shared.entries.buffer, 0, HEADER_WORDS);
    this.#entries = new Uint32Array(shared.entries.buffer);
    this.#slots = new Int32Array(shared.slots.buffer);
  }

  /** An empty index. */
  static create(): BlobIndex {
    const memory = (pages: number): WebAssembly.Memory =>
      new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
    const index = new BlobIndex({ entries: memory(17), slots: memory(1) });
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
    return this.size * ENTRY_WORDS * 4 + Atomics.load(this.#header, SLOT_COUNT) * 4;
  }

  /** The number of the first entry with this id and kind, or -1. The blob may be pending (see `isPending`). */
  find(id: Uint8Array, kind: EntryKind): number {
    this.#loadId(id);
    return this.#findLoaded(kind, -1);
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
    if (this.#findLoaded(kind, -1) >= 0) return -1;
    this.#lock();
    try {
      if (this.#probe(kind, -1) >= 0) return -1;
      return this.#append(kind, PENDING, 0, 0, 0);
    } finally {
      this.#unlock();
    }
  }

  /** Records where a claimed blob is stored. */
  place(entry: number, location: BlobLocation): void {
    const at = this.#at(entry);
    this.#entries[at + OFFSET] = location.offset;
    this.#entries[at + LENGTH] = location.length;
    this.#entries[at + UNCOMPRESSED] = location.uncompressedLength;
    const kind = (this.#entries[at + PLACE] ?? 0) >>> 30;
    Atomics.store(this.#entries, at + PLACE, ((kind << 30) | location.pack) >>> 0);
  }

  /** The entry number of a pack, made if there is none. */
  addPack(id: Uint8Array): number {
    this.#loadId(id);
    const known = this.#findLoaded(PACK, -1);
    if (known >= 0) return known;
    this.#lock();
    try {
      const raced = this.#probe(PACK, -1);
      if (raced >= 0) return raced;
      Atomics.add(this.#header, PACK_COUNT, 1);
      return this.#append(PACK, 0, 0, 0, 0);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Adds what an index file says about a blob. The same place twice is one entry; the same blob in another place
   * is a further entry, which `findNext` reaches. Returns whether an entry was made.
   */
  add(id: Uint8Array, kind: typeof DATA | typeof TREE, location: BlobLocation): boolean {
    this.#loadId(id);
    this.#lock();
    try {
      for (let entry = this.#probe(kind, -1); entry >= 0; entry = this.#probe(kind, entry)) {
        if (this.pack(entry) === location.pack && this.offset(entry) === location.offset) return false;
      }
      this.#append(kind, location.pack, location.offset, location.length, location.uncompressedLength);
      return true;
    } finally {
      this.#unlock();
    }
  }

  kind(entry: number): EntryKind {
    return ((this.#entries[this.#at(entry) + PLACE] ?? 0) >>> 30) as EntryKind;
  }

  /** Has the blob been claimed but not stored yet? */
  isPending(entry: number): boolean {
    const at = this.#at(entry);
    return (Atomics.load(this.#entries, at + PLACE) & PENDING) === PENDING;
  }

  /** The entry number of the blob's pack. */
  pack(entry: number): number {
    return (this.#entries[this.#at(entry) + PLACE] ?? 0) & PENDING;
  }

  offset(entry: number): number {
    return this.#entries[this.#at(entry) + OFFSET] ?? 0;
  }

  length(entry: number): number {
    return this.#entries[this.#at(entry) + LENGTH] ?? 0;
  }

  uncompressedLength(entry: number): number {
    return this.#entries[this.#at(entry) + UNCOMPRESSED] ?? 0;
  }

  /** Copies the entry's id (32 bytes) into `target` at `offset`. */
  copyId(entry: number, target: Uint8Array, offset = 0): void {
    const at = this.#at(entry) * 4;
    target.set(new Uint8Array(this.#entries.buffer, at, 32), offset);
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

  #loadId(id: Uint8Array): void {
    if (id.length !== 32) throw new TasticError("internal", `an id has 32 bytes, not ${id.length}`);
    this.#idBytes.set(id);
  }

  /** Where the entry's words begin, in a view that reaches that far. */
  #at(entry: number): number {
    const at = HEADER_WORDS + entry * ENTRY_WORDS;
    if (at + ENTRY_WORDS > this.#entries.length)
      this.#entries = new Uint32Array(currentBuffer(this.shared.entries));
    return at;
  }

  #findLoaded(kind: EntryKind, after: number): number {
    for (;;) {
      const sequence = Atomics.load(this.#header, SEQUENCE);
      if ((sequence & 1) !== 0) {
        Atomics.wait(this.#header, SEQUENCE, sequence, 1000);
        continue;
      }
      const entry = this.#probe(kind, after);
      if (Atomics.load(this.#header, SEQUENCE) === sequence) return entry;
    }
  }

  /** The first entry with the loaded id and kind; with `after`, the first one beyond that entry. */
  #probe(kind: EntryKind, after: number): number {
    const slotCount = Atomics.load(this.#header, SLOT_COUNT);
    if (slotCount > this.#slots.length) this.#slots = new Int32Array(currentBuffer(this.shared.slots));
    const id = this.#idWords;
    let reached = after < 0;
    for (let slot = this.#home(id[0] ?? 0, slotCount); ; slot = slot + 1 === slotCount ? 0 : slot + 1) {
      const entry = Atomics.load(this.#slots, slot) - 1;
      if (entry < 0) return -1;
      if (!reached) {
        reached = entry === after;
        continue;
      }
      const at = this.#at(entry);
      const words = this.#entries;
      if (
        words[at] === id[0] &&
        words[at + 1] === id[1] &&
        words[at + 2] === id[2] &&
        words[at + 3] === id[3] &&
        words[at + 4] === id[4] &&
        words[at + 5] === id[5] &&
        words[at + 6] === id[6] &&
        words[at + 7] === id[7] &&
        (words[at + PLACE] ?? 0) >>> 30 === kind
      ) {
        return entry;
      }
    }
  }

  /** Ids are hashes, so their first word spreads evenly over the slots. */
  #home(word: number, slotCount: number): number {
    return Math.floor((word / 2 ** 32) * slotCount);
  }

  /** Writes an entry with the loaded id, then makes it visible. Only under the lock. */
  #append(kind: EntryKind, pack: number, offset: number, length: number, uncompressed: number): number {
    const entry = Atomics.load(this.#header, COUNT);
    if (entry >= MAX_ENTRIES) {
      throw new TasticError("limit-exceeded", `the index holds more than ${MAX_ENTRIES} blobs`, {
        guidance: "Split the backup over several repositories.",
      });
    }
    const end = (HEADER_WORDS + (entry + 1) * ENTRY_WORDS) * 4;
    growTo(this.shared.entries, end);
    const at = this.#at(entry);
    this.#entries.set(this.#idWords, at);
    this.#entries[at + PLACE] = ((kind << 30) | pack) >>> 0;
    this.#entries[at + OFFSET] = offset;
    this.#entries[at + LENGTH] = length;
    this.#entries[at + UNCOMPRESSED] = uncompressed;
    Atomics.store(this.#header, COUNT, entry + 1);
    const slotCount = Atomics.load(this.#header, SLOT_COUNT);
    if ((entry + 1) * 4 > slotCount * 3) this.#rebuild(slotCount);
    else this.#putSlot(entry, this.#idWords[0] ?? 0, slotCount);
    return entry;
  }

  #putSlot(entry: number, word: number, slotCount: number): void {
    let slot = this.#home(word, slotCount);
    while (Atomics.load(this.#slots, slot) !== 0) slot = slot + 1 === slotCount ? 0 : slot + 1;
    Atomics.store(this.#slots, slot, entry + 1);
  }

  /** Makes the slots more and enters all entries again, while readers wait. */
  #rebuild(slotCount: number): void {
    const wanted = slotCount < 1 << 20 ? slotCount * 2 : Math.floor(slotCount * 1.25);
    Atomics.add(this.#header, SEQUENCE, 1);
    growTo(this.shared.slots, wanted * 4);
    this.#slots = new Int32Array(this.shared.slots.buffer);
    this.#slots.fill(0, 0, wanted);
    Atomics.store(this.#header, SLOT_COUNT, wanted);
    const count = Atomics.load(this.#header, COUNT);
    for (let entry = 0; entry < count; entry++) {
      this.#putSlot(entry, this.#entries[this.#at(entry)] ?? 0, wanted);
    }
    Atomics.add(this.#header, SEQUENCE, 1);
    Atomics.notify(this.#header, SEQUENCE);
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#header, LOCK, 0, 1) !== 0) {
      if (Atomics.wait(this.#header, LOCK, 1, LOCK_TIMEOUT_MS) === "timed-out") {
        throw new TasticError("internal", "the blob index stayed locked: a worker died while it wrote to it");
      }
    }
  }

  #unlock(): void {
    Atomics.store(this.#header, LOCK, 0);
    Atomics.notify(this.#header, LOCK, 1);
  }
}

/** The memory's buffer at its present size. Growing by nothing is what makes another thread's growth visible here. */
function currentBuffer(memory: WebAssembly.Memory): ArrayBuffer {
  memory.grow(0);
  return memory.buffer;
}

/** Grows shared memory to hold `bytes`, a quarter more than needed; pages cost nothing until they are written. */
function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const now = currentBuffer(memory).byteLength / PAGE;
  const needed = Math.ceil(bytes / PAGE);
  if (needed <= now) return;
  memory.grow(Math.min(MAX_PAGES, Math.max(needed, Math.ceil(now * 1.25))) - now);
}
