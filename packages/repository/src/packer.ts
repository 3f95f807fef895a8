/**
 * Packing: turns new blobs into packs, synchronously, on whatever thread it runs.
 *
 * A blob is hashed, claimed in the shared index, and only if it is new compressed, sealed and appended to the open
 * pack of its kind. Trees and data are never mixed (design.rst, "Pack Format"). A finished pack waits in the
 * packer until its owner takes it and sees to its storage.
 */
import type { CryptoProvider, MasterKey, Sealer } from "@tastic/crypto";
import { SEAL_OVERHEAD } from "@tastic/crypto";
import { TasticError, isTasticError } from "@tastic/errors";
import { MAX_HEADER_ENTRIES, compressionLevel, idFromBytes } from "@tastic/format";
import type { BlobType, CompressionMode } from "@tastic/format";
import { maximumLoadLength } from "@tastic/storage";
import type { ZstdContext } from "@tastic/zstd";
import { DATA, TREE } from "./blob-entry.js";
import { BlobIndex } from "./blob-index.js";
import { BlobReader } from "./blob-reader.js";
import { OpenPack } from "./open-pack.js";
import { MAX_BLOB_LENGTH } from "./pack-files.js";
import { hashSealed } from "./sealed-content.js";
import type { SharedBlobIndex } from "./shared-index.js";

/** What a packer must know; structured-cloneable, so that a worker can make its own. */
export interface PackerSettings {
  readonly index: SharedBlobIndex;
  readonly key: MasterKey;
  readonly version: 1 | 2;
  readonly compression: CompressionMode;
  /** Bytes at which a pack is finished. */
  readonly packSize: number;
  /** Deal data out over two open packs at random: whoever sees the lengths of packs learns less of what is in them. */
  readonly scatter?: boolean;
  /** Open, decompress and hash each blob again after it was sealed, so that no broken memory ends in a backup. */
  readonly verify: boolean;
}

/** What became of a blob that was given to a packer. */
export interface PackedBlob {
  /** Was it not in the repository before? */
  readonly isNew: boolean;
  /** Bytes that it takes in its pack; 0 if it was known. */
  readonly storedLength: number;
}

/** A complete pack that waits to be stored. */
export interface FinishedPack {
  readonly type: BlobType;
  /** SHA-256 of `bytes`. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The index entries of its blobs, in the order of the pack. */
  readonly entries: Uint32Array<ArrayBuffer>;
}

const KNOWN: PackedBlob = { isNew: false, storedLength: 0 };
/** To name a blob costs as much as to hash a small one, so only errors do. */
const UNNAMED = "a blob";

export class Packer {
  readonly #settings: PackerSettings;
  readonly #crypto: CryptoProvider;
  readonly #zstd: ZstdContext;
  readonly #sealer: Sealer;
  readonly #index: BlobIndex;
  readonly #reader: BlobReader;
  /** Those of data, then that of trees. */
  readonly #open: (OpenPack | undefined)[] = [undefined, undefined, undefined];
  #dice: Uint8Array = new Uint8Array(0);
  #thrown = 0;
  readonly #finished: FinishedPack[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(settings: PackerSettings, crypto: CryptoProvider, zstd: ZstdContext) {
    this.#settings = settings;
    this.#crypto = crypto;
    this.#zstd = zstd;
    this.#sealer = crypto.createSealer(settings.key);
    this.#index = BlobIndex.attach(settings.index);
    this.#reader = new BlobReader(this.#index, { crypto, zstd, sealer: this.#sealer });
  }

  /**
   * Stores a blob unless it is known. `id` is its SHA-256.
   * Errors: `limit-exceeded` for a blob that could not be loaded again; `internal` if what was sealed does not open.
   * After an error the packer is of no more use: a blob that it has claimed is missing, and nothing may refer to it.
   */
  add(type: BlobType, id: Uint8Array, plaintext: Uint8Array): PackedBlob {
    // Without `#attempt`, since a call for each blob of a backup is worth saving.
    this.#check();
    try {
      const entry = this.#index.claim(id, type === "tree" ? TREE : DATA);
      return entry < 0 ? KNOWN : this.#append(type, entry, id, plaintext);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /**
   * Moves a blob that is in a pack of this repository to another one, as it is: its index entry stands for the new
   * place as soon as the pack is complete. The copy is opened and hashed where it will be stored from.
   * Errors: those of `BlobReader.verify`, after which the packer is as it was; those of `add`.
   */
  move(entry: number, sealed: Uint8Array): void {
    const type = this.#typeOf(entry);
    const pack = this.#attempt(() => this.#packFor(type, sealed.length));
    const room = this.#attempt(() => pack.reserve(sealed.length));
    room.set(sealed);
    this.#reader.verify(entry, room);
    const length = this.#index.uncompressedLength(entry);
    this.#attempt(() => this.#appended(pack, entry, this.#index.id(entry), sealed.length, length));
  }

  /**
   * Moves a blob as `move` does, but seals it anew, compressed if it may be. `plaintext` is known to be right.
   * @param keepCompressed keep it compressed even if that makes it no shorter
   */
  rewrite(entry: number, plaintext: Uint8Array, keepCompressed: boolean): void {
    const type = this.#typeOf(entry);
    this.#attempt(() => void this.#append(type, entry, this.#index.id(entry), plaintext, keepCompressed));
  }

  /**
   * Stores a blob of another repository unless it is known, compressed as it was there. Only in version 2.
   * @param content what was sealed there
   * @param uncompressedLength as the index there states it: 0 for a blob that was not compressed
   * Errors: as `add`; `internal` also for content that is not what `id` says, after which the packer is of no more use
   */
  addContent(type: BlobType, id: Uint8Array, content: Uint8Array, uncompressedLength: number): PackedBlob {
    return this.#attempt(() => {
      const entry = this.#index.claim(id, type === "tree" ? TREE : DATA);
      if (entry < 0) return { isNew: false, storedLength: 0 };
      return this.#seal(type, entry, id, content, uncompressedLength);
    });
  }

  /** The next complete pack, or undefined. */
  takeFinished(): FinishedPack | undefined {
    return this.#finished.shift();
  }

  /** Completes the open packs; take them with `takeFinished`. */
  flush(): void {
    this.#attempt(() => {
      for (const pack of this.#open) if (pack !== undefined && pack.count > 0) this.#finish(pack);
    });
  }

  #attempt<T>(work: () => T): T {
    this.#check();
    try {
      return work();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #failed(error: unknown): unknown {
    this.#failure = { error };
    return error;
  }

  #typeOf(entry: number): BlobType {
    return this.#index.kind(entry) === TREE ? "tree" : "data";
  }

  #append(
    type: BlobType,
    entry: number,
    id: Uint8Array,
    plaintext: Uint8Array,
    keepCompressed = type === "tree",
  ): PackedBlob {
    const content = this.#compress(type, plaintext, keepCompressed);
    return this.#seal(type, entry, id, content, content === plaintext ? 0 : plaintext.length);
  }

  #seal(
    type: BlobType,
    entry: number,
    id: Uint8Array,
    content: Uint8Array,
    uncompressedLength: number,
  ): PackedBlob {
    const length = content.length + SEAL_OVERHEAD;
    checkLength(type, id, Math.max(uncompressedLength, content.length), length);
    const pack = this.#packFor(type, length);
    const sealed = this.#sealer.seal(content, pack.reserve(length));
    if (this.#settings.verify) this.#verify(type, id, sealed, uncompressedLength);
    this.#appended(pack, entry, id, length, uncompressedLength);
    return { isNew: true, storedLength: length };
  }

  /** Takes note of a blob that was written to the room reserved in a pack. */
  #appended(pack: OpenPack, entry: number, id: Uint8Array, length: number, uncompressedLength: number): void {
    pack.append(entry, id, length, uncompressedLength);
    if (pack.size >= this.#settings.packSize || pack.count >= MAX_HEADER_ENTRIES) this.#finish(pack);
  }

  /**
   * Version 1 knows no compression. In version 2 restic wants trees compressed even if nothing is gained (its prune
   * writes raw ones anew); data that gains nothing stays raw.
   */
  #compress(type: BlobType, plaintext: Uint8Array, keepCompressed: boolean): Uint8Array {
    const { version, compression } = this.#settings;
    if (version < 2 || plaintext.length === 0 || (type === "data" && compression === "off")) return plaintext;
    // Sealed before zstd is used again, for verifying it.
    const compressed = this.#zstd.lendCompressed(plaintext, compressionLevel(compression));
    return keepCompressed || compressed.length < plaintext.length ? compressed : plaintext;
  }

  #packFor(type: BlobType, length: number): OpenPack {
    const at = type === "tree" ? 2 : this.#settings.scatter === true ? this.#throwDice() & 1 : 0;
    return (this.#open[at] ??= new OpenPack(type, Math.max(this.#settings.packSize, length)));
  }

  #throwDice(): number {
    if (this.#thrown === this.#dice.length) {
      this.#dice = this.#crypto.randomBytes(1024);
      this.#thrown = 0;
    }
    return this.#dice[this.#thrown++] ?? 0;
  }

  #verify(type: BlobType, id: Uint8Array, sealed: Uint8Array, uncompressedLength: number): void {
    let cause: TasticError | undefined;
    try {
      if (Buffer.compare(hashSealed(this.#reader.opener, sealed, uncompressedLength, UNNAMED), id) === 0)
        return;
    } catch (error) {
      if (!isTasticError(error)) throw error;
      cause = error;
    }
    const what = `${type} blob ${idFromBytes(id)}`;
    throw new TasticError("internal", `${what}, just sealed, does not open to what was sealed`, {
      guidance: "The memory or processor of this machine may be failing: test them before the next backup.",
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #finish(pack: OpenPack): void {
    const { type } = pack;
    this.#open[this.#open.indexOf(pack)] = undefined;
    const bytes = pack.complete(this.#sealer);
    const id = this.#crypto.sha256(bytes);
    const entries = pack.placeIn(this.#index, this.#index.addPack(id));
    this.#finished.push({ type, id, bytes, entries });
  }
}

/** Refuses a blob that would be stored and could never be loaded: one read takes no more. */
function checkLength(type: BlobType, id: Uint8Array, length: number, sealedLength: number): void {
  if (length <= MAX_BLOB_LENGTH && sealedLength <= maximumLoadLength) return;
  throw new TasticError(
    "limit-exceeded",
    `${type} blob ${idFromBytes(id)}: ${length} bytes are too many for a blob`,
    { guidance: "If this is a folder with many millions of entries, spread them over several folders." },
  );
}
