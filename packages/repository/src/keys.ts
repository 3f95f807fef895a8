/**
 * Keys: the files that hold the master key, each sealed with a key derived from a password (design.rst, "Keys,
 * Encryption and MAC").
 */
import { calibrateScrypt, checkScryptParams, deriveKey } from "@tastic/crypto";
import type { CryptoProvider, MasterKey, ScryptParams } from "@tastic/crypto";
import { TasticError, isTasticError } from "@tastic/errors";
import { decodeKeyFile, decodeMasterKey, encodeKeyFile, encodeMasterKey, formatTime } from "@tastic/format";
import type { KeyFile, KeyId } from "@tastic/format";
import type { FileInfo, Storage } from "@tastic/storage";
import { hostname, userInfo } from "node:os";
import { loadVerified, saveNamed } from "./stored-files.js";

/** A repository with more keys than this is searched only so far, as restic does. */
const MAX_KEYS_TRIED = 20;
/** Bytes; what is longer is no key file, and not loaded. */
const MAX_KEY_FILE = 1 << 16;

/** A key as `key list` shows it. */
export interface KeyInfo {
  readonly id: KeyId;
  readonly username: string;
  readonly hostname: string;
  /** RFC 3339. */
  readonly created: string;
}

/** What a new key says of its owner, and what it costs to try a password. */
export interface KeyOwner {
  /** Those of this process and host by default. */
  readonly username?: string;
  readonly hostname?: string;
  /** Calibrated to half a second by default. */
  readonly scrypt?: ScryptParams;
}

export interface OpenedKey {
  readonly id: KeyId;
  readonly masterKey: MasterKey;
}

export interface OpeningOptions {
  /** The beginning of the id of the key to try first. */
  readonly keyHint?: string | undefined;
  /** Called when a password is being tried, which takes another thread half a second. */
  readonly meanwhile?: () => Promise<void>;
}

/** Who is entered in a new key, lock or snapshot when the caller names nobody. */
export function currentUser(): { username: string; uid: number; gid: number } {
  try {
    const { username, uid, gid } = userInfo();
    return { username, uid: Math.max(0, uid), gid: Math.max(0, gid) };
  } catch {
    // The user id has no entry in the password file, as is usual in containers: restic leaves the name empty too.
    return { username: "", uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  }
}

/**
 * Finds the key that the password opens. A key file that is damaged, or not affordable, is passed over: it must not
 * lock out the owner of a good one.
 * Errors: `wrong-password`; what is wrong with the key files, if none could be tried; the store's.
 */
export async function openWithPassword(
  storage: Storage,
  crypto: CryptoProvider,
  password: string,
  { keyHint, meanwhile }: OpeningOptions = {},
): Promise<OpenedKey> {
  const files = await listKeyFiles(storage);
  const isHinted = ({ name }: FileInfo): boolean => !!keyHint && name.startsWith(keyHint);
  files.sort((a, b) => Number(isHinted(b)) - Number(isHinted(a)));
  let tried = 0;
  let damage: TasticError | undefined;
  for (const { name, size } of files.slice(0, MAX_KEYS_TRIED)) {
    const id = name as KeyId;
    try {
      checkKeyFileSize(id, size);
      const masterKey = await tryKey(storage, crypto, id, password, tried === 0 ? meanwhile : undefined);
      if (masterKey !== undefined) return { id, masterKey };
      tried++;
    } catch (error) {
      if (!isTasticError(error) || error.code === "storage-failed" || error.code === "cancelled") throw error;
      damage ??= error;
    }
  }
  if (tried === 0 && damage !== undefined) throw damage;
  throw new TasticError("wrong-password", "wrong password or no key found", {
    guidance:
      damage === undefined
        ? "Check the password. Without it, and without another key, nobody can read this repository."
        : `Check the password. Not every key could be tried: ${damage.message}`,
    data: { keys: files.length },
    ...(damage === undefined ? {} : { cause: damage }),
  });
}

function checkKeyFileSize(id: KeyId, size: number): void {
  if (size <= MAX_KEY_FILE) return;
  throw new TasticError("limit-exceeded", `key ${id}: ${size} bytes are too many for a key file`, {
    guidance: "The key file is damaged or hostile; open the repository with another key.",
  });
}

/**
 * The master key that a key file holds, or undefined if the password does not open it.
 * @param meanwhile see `OpeningOptions`
 */
export async function tryKey(
  storage: Storage,
  crypto: CryptoProvider,
  id: KeyId,
  password: string,
  meanwhile?: OpeningOptions["meanwhile"],
): Promise<MasterKey | undefined> {
  const what = `key ${id}`;
  const file = await loadKeyFile(storage, crypto, id);
  checkScryptParams(file, what);
  const [userKey] = await Promise.all([deriveKey(crypto, password, file.salt, file), meanwhile?.()]);
  let json: Uint8Array;
  try {
    json = crypto.createSealer(userKey).open(file.data, what);
  } catch (error) {
    // The tag is the only test that a password has; a key file that was tampered with looks the same.
    if (isTasticError(error, "damaged-ciphertext")) return undefined;
    throw error;
  }
  return decodeMasterKey(json, what);
}

/**
 * Seals the master key with a password and stores it as a new key file. If the store fails, nothing of it stays, as
 * far as the store lets us see to that.
 */
export async function addKey(
  storage: Storage,
  crypto: CryptoProvider,
  masterKey: MasterKey,
  password: string,
  owner: KeyOwner = {},
): Promise<KeyId> {
  const params = owner.scrypt ?? (await calibrateScrypt(crypto));
  const salt = crypto.randomBytes(64);
  const userKey = await deriveKey(crypto, password, salt, params);
  const file: KeyFile = {
    created: formatTime(BigInt(Date.now()) * 1_000_000n),
    username: owner.username ?? currentUser().username,
    hostname: owner.hostname ?? hostname(),
    kdf: "scrypt",
    N: params.N,
    r: params.r,
    p: params.p,
    salt,
    data: crypto.createSealer(userKey).seal(encodeMasterKey(masterKey)),
  };
  const bytes = encodeKeyFile(file);
  try {
    return await saveNamed<KeyId>(storage, crypto, "key", bytes);
  } catch (error) {
    // It may have arrived all the same: a key that nobody knows of would keep `init` from trying again.
    await discardKey(storage, crypto.sha256Hex(bytes) as KeyId);
    throw error;
  }
}

/** Removes a key that is of no use, if that is possible; used where a more important error is on its way. */
export async function discardKey(storage: Storage, id: KeyId): Promise<void> {
  try {
    await storage.remove({ type: "key", name: id });
  } catch (error) {
    if (!isTasticError(error)) throw error;
  }
}

async function listKeyFiles(storage: Storage): Promise<FileInfo[]> {
  const files: FileInfo[] = [];
  for await (const file of storage.list("key")) files.push(file);
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The ids of all keys, sorted. Errors: those of the store. */
export async function listKeyIds(storage: Storage): Promise<KeyId[]> {
  return (await listKeyFiles(storage)).map(({ name }) => name as KeyId);
}

export async function loadKeyFile(storage: Storage, crypto: CryptoProvider, id: KeyId): Promise<KeyFile> {
  const bytes = await loadVerified(storage, crypto, { type: "key", name: id });
  return decodeKeyFile(bytes, `key ${id}`);
}

/** Who made a key, and when. Errors: `not-found`, those of a damaged file and of the store. */
export async function describeKey(storage: Storage, crypto: CryptoProvider, id: KeyId): Promise<KeyInfo> {
  const { username, hostname: host, created } = await loadKeyFile(storage, crypto, id);
  return { id, username, hostname: host, created };
}
