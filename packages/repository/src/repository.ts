/**
 * A repository: opened with a password, it lists, loads and saves what the format knows (design.rst, "Repository
 * Layout"). What snapshots mean to a user is the matter of `@tastic/snapshots`.
 */
import { isIrreducible, parsePolynomial, randomPolynomial, formatPolynomial } from "@tastic/chunker";
import type { CryptoProvider, MasterKey, ScryptParams, Sealer } from "@tastic/crypto";
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
  idFromBytes,
} from "@tastic/format";
import type {
  BlobId,
  BlobType,
  CompressionMode,
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
import type { FileInfo, FileType, Storage } from "@tastic/storage";
import { BlobIndex } from "./blob-index.js";
import { BlobLoader } from "./blob-loader.js";
import { IndexWriter, loadIndexFiles } from "./index-files.js";
import type { IndexLoadOptions, IndexStore } from "./index-files.js";
import { addKey, listKeyIds, openWithPassword } from "./keys.js";
import { acquireLock } from "./locks.js";
import type { HeldLock, LockOptions, LockStore } from "./locks.js";
import { loadPackHeader } from "./pack-files.js";
import { Packer } from "./packer.js";
import type { PackerSettings } from "./packer.js";
import { describeFile, loadVerified, saveNamed } from "./stored-files.js";
import { RepositoryWriter } from "./writer.js";
import type { WriterOptions } from "./writer.js";

/** Sizes of packs, in bytes; the default is restic's. */
export const MIN_PACK_SIZE = 4 << 20;
export const DEFAULT_PACK_SIZE = 16 << 20;
export const MAX_PACK_SIZE = 128 << 20;
/** JSON of a lock, snapshot or index file does not unpack to more than this. */
const MAX_UNPACKED = { lock: 1 << 20, snapshot: 256 << 20, index: 1 << 30 };

export interface RepositoryOptions {
  readonly compression?: CompressionMode;
  /** Bytes, from `MIN_PACK_SIZE` to `MAX_PACK_SIZE`. */
  readonly packSize?: number;
  /** Open and hash each blob again before it is stored. On by default. */
  readonly verify?: boolean;
}

export interface OpenOptions extends RepositoryOptions {
  readonly password: string;
  /** The beginning of the id of the key to try first. */
  readonly keyHint?: string;
}

export interface InitOptions extends RepositoryOptions {
  readonly password: string;
  /** Format version; 2 by default. */
  readonly version?: 1 | 2;
  /** Hexadecimal; a random irreducible one by default. Two repositories with the same one cut files alike. */
  readonly chunkerPolynomial?: string;
  /** What the new key says of its owner. */
  readonly username?: string;
  readonly hostname?: string;
  /** Cost of the password; calibrated to half a second by default. */
  readonly scrypt?: ScryptParams;
}

type UnpackedType = keyof typeof MAX_UNPACKED;

export class Repository {
  readonly storage: Storage;
  readonly config: RepositoryConfig;
  readonly keyId: KeyId;
  readonly crypto: CryptoProvider;
  readonly zstd: ZstdContext;
  readonly index = BlobIndex.create();
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
      packSize: checkPackSize(options.packSize ?? DEFAULT_PACK_SIZE),
      verify: options.verify ?? true,
    };
    this.blobs = new BlobLoader(storage, this.index, { ...tools, sealer: this.#sealer });
  }

  /** Makes a new repository: a key, then the config. Errors: `repository-exists`, the store's. */
  static async init(storage: Storage, options: InitOptions): Promise<Repository> {
    const crypto = nodeCrypto;
    await refuseExisting(storage);
    const version = options.version ?? 2;
    const polynomial =
      options.chunkerPolynomial ?? formatPolynomial(randomPolynomial((n) => crypto.randomBytes(n)));
    checkPolynomial(polynomial);
    const config: RepositoryConfig = {
      version,
      id: idFromBytes(crypto.randomBytes(32)),
      chunkerPolynomial: polynomial,
    };
    const masterKey = generateMasterKey(crypto);
    await storage.prepare();
    const id = await addKey(storage, crypto, masterKey, options.password, {
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
      ...(options.scrypt === undefined ? {} : { params: options.scrypt }),
    });
    await storage.save(CONFIG, crypto.createSealer(masterKey).seal(encodeConfig(config)));
    return new Repository(storage, config, { id, masterKey }, { crypto, zstd: loadZstd() }, options);
  }

  /** Opens a repository. Errors: `no-repository`, `wrong-password`, `unsupported`, those of damaged files. */
  static async open(storage: Storage, options: OpenOptions): Promise<Repository> {
    const crypto = nodeCrypto;
    const sealedConfig = await loadConfig(storage);
    const key = await openWithPassword(storage, crypto, options.password, options.keyHint);
    const config = decodeConfig(crypto.createSealer(key.masterKey).open(sealedConfig, "config"));
    checkPolynomial(config.chunkerPolynomial);
    return new Repository(storage, config, key, { crypto, zstd: loadZstd() }, options);
  }

  /** Adds a key for another password. */
  addKey(password: string, owner: { username?: string; hostname?: string } = {}): Promise<KeyId> {
    return addKey(this.storage, this.crypto, this.#masterKey, password, owner);
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

  lock(options: LockOptions): Promise<HeldLock> {
    return acquireLock(this.lockStore, options);
  }

  /** The names of all files of a type. */
  async list<T extends Id>(type: FileType): Promise<T[]> {
    const names: T[] = [];
    for await (const { name } of this.storage.list(type)) names.push(name as T);
    return names;
  }

  /** Loads a lock, snapshot or index file and opens it to its JSON. */
  async loadUnpacked(type: UnpackedType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    const file = { type, name: id };
    const what = describeFile(file);
    const sealed = await loadVerified(this.storage, this.crypto, file, signal);
    return decodeUnpacked(this.#sealer.open(sealed, what), this.zstd, what, MAX_UNPACKED[type]);
  }

  /** Seals JSON and stores it as a lock, snapshot or index file. */
  saveUnpacked<T extends Id>(type: UnpackedType, json: Uint8Array): Promise<T> {
    return saveNamed<T>(this.storage, this.crypto, type, this.sealUnpacked(json));
  }

  /** The bytes that `saveUnpacked` would store. */
  sealUnpacked(json: Uint8Array): Uint8Array {
    return this.#sealer.seal(encodeUnpacked(this.config.version, json, this.zstd));
  }

  async loadSnapshot(id: SnapshotId): Promise<Snapshot> {
    return decodeSnapshot(await this.loadUnpacked("snapshot", id), `snapshot ${id}`);
  }

  saveSnapshot(snapshot: Snapshot): Promise<SnapshotId> {
    return this.saveUnpacked<SnapshotId>("snapshot", encodeSnapshot(snapshot));
  }

  /** Loads all index files into `index`. */
  loadIndex(options: Omit<IndexLoadOptions, "connections"> = {}): Promise<IndexId[]> {
    return loadIndexFiles(this.indexStore, this.index, { ...options, connections: this.storage.connections });
  }

  /** Loads and verifies a blob. Errors: `blob-not-found`, those of a damaged pack, the store's. */
  loadBlob(type: BlobType, id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    return this.blobs.load(type, id, signal);
  }

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

  /** A writer for new blobs. The index must be loaded, or everything is stored once more. */
  createWriter(options: WriterOptions = {}): RepositoryWriter {
    const packer = new Packer(this.packerSettings, this.crypto, this.zstd);
    return new RepositoryWriter(this.storage, packer, new IndexWriter(this.index, this.indexStore), options);
  }

  get indexStore(): IndexStore {
    return {
      listIndexFiles: () => this.list<IndexId>("index"),
      loadIndexFile: (id) => this.loadUnpacked("index", id),
      saveIndexFile: (json) => this.saveUnpacked<IndexId>("index", json),
    };
  }

  get lockStore(): LockStore {
    return {
      listLocks: async () =>
        (await collect(this.storage.list("lock"))).map(({ name, size }) => ({ id: name as LockId, size })),
      loadLock: (id) => this.loadUnpacked("lock", id),
      saveLock: (json) => this.saveUnpacked<LockId>("lock", json),
      removeLock: (id) => removeIfThere(this.storage, "lock", id),
    };
  }
}

const CONFIG = { type: "config", name: "" } as const;

async function collect(files: AsyncIterable<FileInfo>): Promise<FileInfo[]> {
  const all: FileInfo[] = [];
  for await (const file of files) all.push(file);
  return all;
}

async function removeIfThere(storage: Storage, type: FileType, name: string): Promise<void> {
  try {
    await storage.remove({ type, name });
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
  }
}

async function loadConfig(storage: Storage): Promise<Uint8Array> {
  try {
    return await storage.load(CONFIG);
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
    throw new TasticError(
      "no-repository",
      `repository does not exist: unable to open config file: ${error.message}`,
      {
        guidance: `Is there a repository at the following location?\n${storage.location}`,
        cause: error,
      },
    );
  }
}

/** A half-made or emptied repository counts as one: its keys or snapshots may be all that is left. */
async function refuseExisting(storage: Storage): Promise<void> {
  const guidance = "Choose another location, or use the repository that is there.";
  const refuse = (what: string): never => {
    throw new TasticError("repository-exists", what, { guidance });
  };
  try {
    await storage.stat(CONFIG);
    refuse("config file already exists");
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
  }
  if ((await listKeyIds(storage)).length > 0) refuse("repository already contains keys");
  if ((await collect(storage.list("snapshot"))).length > 0) refuse("repository already contains snapshots");
}

function checkPolynomial(hex: string): void {
  if (isIrreducible(parsePolynomial(hex))) return;
  throw new TasticError("invalid-format", "invalid chunker polynomial: it is not irreducible", {
    guidance: "The config of the repository was tampered with, or written by a broken tool.",
  });
}

function checkPackSize(size: number): number {
  if (size >= MIN_PACK_SIZE && size <= MAX_PACK_SIZE) return size;
  throw new TasticError(
    "invalid-argument",
    `pack size ${size} is not between ${MIN_PACK_SIZE} and ${MAX_PACK_SIZE} bytes`,
  );
}
