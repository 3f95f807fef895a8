/**
 * A repository: opened with a password, it lists, loads and saves what the format knows (design.rst, "Repository
 * Layout"). What snapshots mean to a user is the matter of `@tastic/snapshots`.
 */
import { formatPolynomial, randomPolynomial } from "@tastic/chunker";
import type { CryptoProvider, MasterKey, Sealer } from "@tastic/crypto";
import { generateMasterKey, nodeCrypto } from "@tastic/crypto";
import { TasticError, isTasticError } from "@tastic/errors";
import {
  decodeConfig,
  decodeSnapshot,
  decodeTree,
  decodeUnpacked,
  encodeConfig,
  encodeSnapshot,
  encodeUnpacked,
  holdsJson,
  idFromBytes,
  idToBytes,
} from "@tastic/format";
import type {
  BlobId,
  BlobType,
  Id,
  IndexId,
  KeyId,
  LockId,
  Node,
  PackEntry,
  PackId,
  RepositoryConfig,
  Snapshot,
  SnapshotId,
} from "@tastic/format";
import { loadZstd } from "@tastic/zstd";
import type { ZstdContext } from "@tastic/zstd";
import type { FileType, Storage } from "@tastic/storage";
import { PACK } from "./blob-entry.js";
import { BlobIndex } from "./blob-index.js";
import { BlobLoader } from "./blob-loader.js";
import { BlobReader } from "./blob-reader.js";
import type { BlobReaderSettings } from "./blob-reader.js";
import { checkPolynomial, loadConfig, refuseExisting, replaceConfig, saveConfig } from "./config-file.js";
import type { HeldLock } from "./held-lock.js";
import { IndexWriter, loadIndexFiles } from "./index-files.js";
import type { IndexLoadOptions, IndexStore } from "./index-files.js";
import { addKey, discardKey, openWithPassword, tryKey } from "./keys.js";
import type { KeyOwner } from "./keys.js";
import { acquireLock } from "./locks.js";
import type { LockOptions } from "./locks.js";
import { loadPackHeader } from "./pack-files.js";
import { Packer } from "./packer.js";
import type { PackerSettings } from "./packer.js";
import type { LockStore } from "./read-locks.js";
import { rehearse } from "./rehearsal.js";
import { DEFAULT_PACK_SIZE, checkPackSize } from "./repository-options.js";
import type { InitOptions, OpenOptions, RepositoryOptions } from "./repository-options.js";
import { describeFile, loadVerified, saveNamed } from "./stored-files.js";
import { RepositoryWriter } from "./writer.js";
import type { WriterOptions } from "./writer.js";

/** JSON of a lock, snapshot or index file does not unpack to more than this. */
const MAX_UNPACKED = { lock: 1 << 20, snapshot: 256 << 20, index: 1 << 30 };

type UnpackedType = keyof typeof MAX_UNPACKED;

/**
 * An opened repository. Lock it before anything but a look, load the index before blobs are read or written, and
 * close the storage at the end.
 */
export class Repository {
  readonly storage: Storage;
  readonly config: RepositoryConfig;
  readonly keyId: KeyId;
  readonly crypto: CryptoProvider;
  readonly zstd: ZstdContext;
  readonly index = BlobIndex.create();
  /**
   * Whether `index` says more than what is stored: while a backup runs, and after one that failed or was a dry run. A
   * backup that believed it would refer to blobs which are nowhere.
   */
  indexIsAhead = false;
  readonly blobs: BlobLoader;
  readonly #masterKey: MasterKey;
  readonly #sealer: Sealer;
  readonly #options: Required<RepositoryOptions>;

  private constructor(
    storage: Storage,
    config: RepositoryConfig,
    key: { id: KeyId; masterKey: MasterKey },
    tools: { crypto: CryptoProvider; zstd: ZstdContext },
    options: RepositoryOptions,
  ) {
    this.storage = storage;
    this.config = config;
    this.keyId = key.id;
    this.#masterKey = key.masterKey;
    this.crypto = tools.crypto;
    this.zstd = tools.zstd;
    this.#sealer = tools.crypto.createSealer(key.masterKey);
    this.#options = {
      compression: options.compression ?? "auto",
      packSize: options.packSize ?? DEFAULT_PACK_SIZE,
      scatter: options.scatter ?? false,
      verify: options.verify ?? true,
    };
    this.blobs = new BlobLoader(storage, this.index, { ...tools, sealer: this.#sealer });
  }

  /**
   * Makes a new repository: a key, then the config. If that fails, what was stored is removed again, as far as the
   * store lets us. Errors: `repository-exists`, `invalid-argument`, the store's.
   */
  static async init(storage: Storage, options: InitOptions): Promise<Repository> {
    const crypto = nodeCrypto;
    checkPackSize(options.packSize ?? DEFAULT_PACK_SIZE);
    const polynomial =
      options.chunkerPolynomial ?? formatPolynomial(randomPolynomial((n) => crypto.randomBytes(n)));
    checkPolynomial(polynomial);
    await refuseExisting(storage);
    const config: RepositoryConfig = {
      version: options.version ?? 2,
      id: idFromBytes(crypto.randomBytes(32)),
      chunkerPolynomial: polynomial,
    };
    const masterKey = generateMasterKey(crypto);
    const zstd = loadZstd();
    await storage.prepare();
    const id = await addKey(storage, crypto, masterKey, options.password, options);
    await saveConfig(storage, crypto.createSealer(masterKey).seal(encodeConfig(config)), id);
    return new Repository(storage, config, { id, masterKey }, { crypto, zstd }, options);
  }

  /** Opens a repository. Errors: `no-repository`, `wrong-password`, `unsupported`, those of damaged files. */
  static async open(storage: Storage, options: OpenOptions): Promise<Repository> {
    const crypto = nodeCrypto;
    checkPackSize(options.packSize ?? DEFAULT_PACK_SIZE);
    const sealedConfig = await loadConfig(storage);
    const zstd = loadZstd();
    const key = await openWithPassword(storage, crypto, options.password, {
      keyHint: options.keyHint,
      meanwhile: () => rehearse(crypto, zstd),
    });
    const config = await openConfig(storage, crypto.createSealer(key.masterKey), sealedConfig);
    checkPolynomial(config.chunkerPolynomial);
    const layered = (await options.layer?.(storage, config.id)) ?? storage;
    return new Repository(layered, config, key, { crypto, zstd }, options);
  }

  /** Adds a key for another password, and makes sure that it opens; one that does not is removed again. */
  async addKey(password: string, owner: KeyOwner = {}): Promise<KeyId> {
    const id = await addKey(this.storage, this.crypto, this.#masterKey, password, owner);
    try {
      if ((await tryKey(this.storage, this.crypto, id, password)) !== undefined) return id;
      throw new TasticError("internal", `the new key ${id} does not open`, {
        guidance: "It was removed again. The memory of this machine, or the store, may be failing.",
      });
    } catch (error) {
      await discardKey(this.storage, id);
      throw error;
    }
  }

  /** The master key as restic's `cat masterkey` shows it. Whoever has it can read everything. */
  get masterKey(): MasterKey {
    return this.#masterKey;
  }

  /** Removes a key. Errors: `invalid-argument` for the one this repository was opened with. */
  async removeKey(id: KeyId): Promise<void> {
    if (id === this.keyId) {
      throw new TasticError(
        "invalid-argument",
        "refusing to remove key currently used to access repository",
        {
          guidance: "Open the repository with the password of another key, then remove this one.",
        },
      );
    }
    await this.storage.remove({ type: "key", name: id });
  }

  /**
   * Locks the repository for as long as the lock is not released; it is renewed meanwhile. Errors: `locked`, `cancelled`, the
   * store's.
   */
  lock(options: LockOptions): Promise<HeldLock> {
    return acquireLock(this.lockStore, options);
  }

  /** The names of all files of a type. */
  async list<T extends Id>(type: FileType): Promise<T[]> {
    return (await this.#listFiles<T>(type)).map(({ id }) => id);
  }

  /** Loads a lock, snapshot or index file and opens it to its JSON. */
  async loadUnpacked(type: UnpackedType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    const file = { type, name: id };
    const what = describeFile(file);
    const sealed = await loadVerified(this.storage, this.crypto, file, signal);
    return decodeUnpacked(this.#sealer.open(sealed, what), this.zstd, what, MAX_UNPACKED[type]);
  }

  /** Seals JSON and stores it as a lock, snapshot or index file. */
  saveUnpacked<T extends Id>(type: UnpackedType, json: Uint8Array, signal?: AbortSignal): Promise<T> {
    return saveNamed<T>(this.storage, this.crypto, type, this.sealUnpacked(json), signal);
  }

  /** The bytes that `saveUnpacked` would store. Errors: `internal` if they do not open again. */
  sealUnpacked(json: Uint8Array): Uint8Array {
    const sealed = this.#sealer.seal(encodeUnpacked(this.config.version, json, this.zstd));
    if (this.#options.verify) this.#verifyUnpacked(sealed, json);
    return sealed;
  }

  #verifyUnpacked(sealed: Uint8Array, json: Uint8Array): void {
    const what = "a file that was just sealed";
    if (holdsJson(this.#sealer.open(sealed, what), json, this.zstd, what)) return;
    throw new TasticError("internal", `${what} does not open to what was sealed`, {
      guidance: "The memory or processor of this machine may be failing: test them before the next backup.",
    });
  }

  /** Loads a snapshot by its whole id. Errors: `not-found`, those of a damaged file and of the store. */
  async loadSnapshot(id: SnapshotId): Promise<Snapshot> {
    return decodeSnapshot(await this.loadUnpacked("snapshot", id), `snapshot ${id}`);
  }

  /** Stores a snapshot, whose tree must be stored and listed already. Errors: those of the store. */
  saveSnapshot(snapshot: Snapshot): Promise<SnapshotId> {
    return this.saveUnpacked<SnapshotId>("snapshot", encodeSnapshot(snapshot));
  }

  /** Loads all index files that are not known into `index`; returns which those were. */
  loadIndex(options: Omit<IndexLoadOptions, "connections"> = {}): Promise<IndexId[]> {
    return loadIndexFiles(this.indexStore, this.index, { ...options, connections: this.storage.connections });
  }

  /**
   * Forgets what was loaded into `index`. Without a lock that held all the time since, it may list what is gone, and a
   * backup would rely on that. Nothing else may be using the index.
   */
  forgetIndex(): void {
    this.index.clear();
    this.indexIsAhead = false;
    this.blobs.forget();
  }

  /**
   * Makes it a repository of version 2, which may compress; older programs cannot open it then. It needs an exclusive lock,
   * and to be opened anew. Errors: `unsupported` unless it is of version 1; those of `replaceConfig`.
   */
  async upgrade(): Promise<void> {
    const { version } = this.config;
    if (version !== 1) {
      throw new TasticError(
        "unsupported",
        `repository has version ${version}, only upgrades from version 1 are supported`,
      );
    }
    const upgraded = this.#sealer.seal(encodeConfig({ ...this.config, version: 2 }));
    await replaceConfig(this.storage, upgraded, await loadConfig(this.storage));
  }

  /** Does the loaded index list a pack? */
  listsPack(id: string): boolean {
    return this.index.find(idToBytes(id), PACK) >= 0;
  }

  /** Loads and verifies a blob. Errors: `blob-not-found`, those of a damaged pack, the store's. */
  loadBlob(type: BlobType, id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    return this.blobs.load(type, id, signal);
  }

  /** Loads a folder. Errors: those of `loadBlob`, and `invalid-format`. */
  async loadTree(id: BlobId, signal?: AbortSignal): Promise<Node[]> {
    return decodeTree(await this.loadBlob("tree", id, signal), `tree ${id}`);
  }

  /** Reads the header of a pack of `size` bytes. */
  loadPackHeader(id: PackId, size: number, signal?: AbortSignal): Promise<PackEntry[]> {
    return loadPackHeader(this.storage, this.#sealer, id, size, signal);
  }

  /** What a packer, here or in a worker, needs to write to this repository. Holds the master key. */
  get packerSettings(): PackerSettings {
    return {
      index: this.index.shared,
      key: this.#masterKey,
      version: this.config.version,
      ...this.#options,
    };
  }

  /** What another thread needs to open blobs of this repository. Holds the master key. */
  get blobReaderSettings(): BlobReaderSettings {
    return { index: this.index.shared, key: this.#masterKey };
  }

  /** Opens blobs one after the other, on this thread. */
  createBlobReader(): BlobReader {
    const { crypto, zstd } = this;
    return new BlobReader(this.index, { crypto, zstd, sealer: this.#sealer });
  }

  /** A writer for new blobs. The index must be loaded, or everything is stored once more. */
  createWriter(options: WriterOptions = {}): RepositoryWriter {
    const packer = new Packer(this.packerSettings, this.crypto, this.zstd);
    const indexWriter = new IndexWriter(this.index, this.indexStore, options.onIndex);
    return new RepositoryWriter(this.storage, packer, indexWriter, options);
  }

  /** The index files, as they are loaded and saved. */
  get indexStore(): IndexStore {
    return {
      listIndexFiles: (signal) => this.#listFiles<IndexId>("index", signal),
      loadIndexFile: (id, signal) => this.loadUnpacked("index", id, signal),
      saveIndexFile: (json) => this.saveUnpacked<IndexId>("index", json),
    };
  }

  /** The locks, as they are loaded and saved. */
  get lockStore(): LockStore {
    return {
      listLocks: (signal) => this.#listFiles<LockId>("lock", signal),
      loadLock: (id, signal) => this.loadUnpacked("lock", id, signal),
      saveLock: (json, signal) => this.saveUnpacked<LockId>("lock", json, signal),
      removeLock: (id, signal) => removeIfThere(this.storage, "lock", id, signal),
    };
  }

  /** Each once, whatever the store says: a snapshot that counted twice would take the place of one to keep. */
  async #listFiles<T extends Id>(type: FileType, signal?: AbortSignal): Promise<{ id: T; size: number }[]> {
    const sizes = new Map<T, number>();
    for await (const { name, size } of this.storage.list(type, { signal })) sizes.set(name as T, size);
    return Array.from(sizes, ([id, size]) => ({ id, size }));
  }
}

/** Opens the config, of which no name says whether it came over whole: one that does not open is loaded once more. */
async function openConfig(storage: Storage, sealer: Sealer, sealed: Uint8Array): Promise<RepositoryConfig> {
  const open = (bytes: Uint8Array): RepositoryConfig => decodeConfig(sealer.open(bytes, "config"));
  try {
    return open(sealed);
  } catch (error) {
    if (!isTasticError(error, "damaged-ciphertext")) throw error;
    return open(await loadConfig(storage));
  }
}

async function removeIfThere(
  storage: Storage,
  type: FileType,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await storage.remove({ type, name }, { signal });
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
  }
}
