/**
 * Reading trees. Those of a snapshot lie side by side in their packs, and whoever walks a snapshot asks for one after the
 * other: from the second of a pack on, a window of the pack is read at once and kept for its neighbours.
 */
import { isTasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { PackId } from "@tastic/format";
import type { ByteRange, Storage } from "@tastic/storage";
import { TREE } from "./blob-entry.js";
import type { BlobIndex } from "./blob-index.js";

const WINDOW = 512 << 10;
/** How many are kept. */
const WINDOWS = 6;

interface Window {
  readonly pack: number;
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
}

export class PackWindows {
  readonly #storage: Storage;
  readonly #index: BlobIndex;
  /** The one used last comes last. */
  readonly #windows: Window[] = [];
  /** Packs that were asked for. */
  readonly #asked = new Set<number>();
  /** Where the last tree of each pack ends. Packs that came later are read without windows. */
  #ends: ReadonlyMap<number, number> | undefined;

  constructor(storage: Storage, index: BlobIndex) {
    this.#storage = storage;
    this.#index = index;
  }

  /** The sealed bytes of an entry: a view, not to be changed. Errors: the store's. */
  async load(entry: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const pack = this.#index.pack(entry);
    const offset = this.#index.offset(entry);
    const length = this.#index.length(entry);
    if (this.#asked.has(pack)) {
      try {
        const window = this.#windowFor(pack, offset, offset + length, signal);
        const bytes = await window.bytes;
        return bytes.subarray(offset - window.start, offset - window.start + length);
      } catch (error) {
        // The window may reach into what is damaged, or its reader was cancelled: what was asked for may still be whole.
        if (!isTasticError(error)) throw error;
        this.forget();
      }
    } else {
      this.#asked.add(pack);
    }
    return this.#read(pack, { offset, length }, signal);
  }

  /** Keeps nothing of what was read: it may be wrong. */
  forget(): void {
    this.#windows.length = 0;
    this.#asked.clear();
  }

  #windowFor(pack: number, from: number, to: number, signal: AbortSignal | undefined): Window {
    const windows = this.#windows;
    const at = windows.findIndex(
      (window) => window.pack === pack && window.start <= from && to <= window.end,
    );
    const [known] = at < 0 ? [] : windows.splice(at, 1);
    const window = known ?? this.#open(pack, from, to, signal);
    windows.push(window);
    if (windows.length > WINDOWS) windows.shift();
    return window;
  }

  #open(pack: number, from: number, to: number, signal: AbortSignal | undefined): Window {
    const start = Math.floor(from / WINDOW) * WINDOW;
    this.#ends ??= endsOfTrees(this.#index);
    const end = Math.max(to, Math.min(start + WINDOW, this.#ends.get(pack) ?? 0));
    return { pack, start, end, bytes: this.#read(pack, { offset: start, length: end - start }, signal) };
  }

  /** A cache keeps packs of trees: whoever reads one soon reads more. */
  #read(pack: number, range: ByteRange, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const name = idFromBytes<PackId>(this.#index.id(pack));
    return this.#storage.load({ type: "pack", name }, range, { signal, cache: "keep" });
  }
}

/** Where the last tree of each pack ends, in bytes; as they are in all packs, this takes a look at every entry. */
function endsOfTrees(index: BlobIndex): Map<number, number> {
  const ends = new Map<number, number>();
  for (let entry = 0; entry < index.size; entry++) {
    if (index.kind(entry) !== TREE || index.isPending(entry)) continue;
    const pack = index.pack(entry);
    ends.set(pack, Math.max(ends.get(pack) ?? 0, index.offset(entry) + index.length(entry)));
  }
  return ends;
}
