/**
 * Keys: the files that hold the master key, each sealed with a key derived from a password (design.rst, "Keys,
 * Encryption and MAC").
 */
import { calibrateScrypt, checkScryptParams, deriveKey } from "@tastic/crypto";
import type { CryptoProvider, MasterKey, ScryptParams } from "@tastic/crypto";
import { TasticError, isTasticError } from "@tastic/errors";
import { decodeKeyFile, decodeMasterKey, encodeKeyFile, encodeMasterKey, formatTime } from "@tastic/format";
import type { KeyFile, KeyId } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import { hostname, userInfo } from "node:os";
import { loadVerified, saveNamed } from "./stored-files.js";

/** A repository with more keys than this is searched only so far, as restic does. */
const MAX_KEYS_TRIED = 20;

/** A key as `key list` shows it. */
export interface KeyInfo {
  readonly id: KeyId;
  readonly username: string;
  readonly hostname: string;
  /** RFC 3339. */
  readonly created: string;
}

export interface OpenedKey {
  readonly id: KeyId;
  readonly masterKey: MasterKey;
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

/** Finds the key that the password opens. Errors: `wrong-password`, and whatever a damaged key file raises. */
export async function openWithPassword(
  storage: Storage,
  crypto: CryptoProvider,
  password: string,
  keyHint?: string,
): Promise<OpenedKey> {
  const ids = await listKeyIds(storage);
  if (keyHint !== undefined && keyHint !== "") {
    const hinted = ids.filter((id) => id.startsWith(keyHint));
    ids.sort((a, b) => Number(hinted.includes(b)) - Number(hinted.includes(a)));
  }
  let damaged: TasticError | undefined;
  for (const id of ids.slice(0, MAX_KEYS_TRIED)) {
    try {
      const masterKey = await tryKey(storage, crypto, id, password);
      if (masterKey !== undefined) return { id, masterKey };
    } catch (error) {
      // One broken key file must not lock out the owner of a good one.
      if (!isTasticError(error)) throw error;
      damaged ??= error;
    }
  }
  if (damaged !== undefined) throw damaged;
  throw new TasticError("wrong-password", "wrong password or no key found", {
    guidance: "Check the password. Without it, and without another key, nobody can read this repository.",
    data: { keys: ids.length },
  });
}

async function tryKey(
  storage: Storage,
  crypto: CryptoProvider,
  id: KeyId,
  password: string,
): Promise<MasterKey | undefined> {
  const what = `key ${id}`;
  const file = await loadKeyFile(storage, crypto, id);
  checkScryptParams(file, what);
  const userKey = await deriveKey(crypto, password, file.salt, file);
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

/** Seals the master key with a password and stores it as a new key file. */
export async function addKey(
  storage: Storage,
  crypto: CryptoProvider,
  masterKey: MasterKey,
  password: string,
  options: { username?: string; hostname?: string; params?: ScryptParams } = {},
): Promise<KeyId> {
  const params = options.params ?? (await calibrateScrypt(crypto));
  const salt = crypto.randomBytes(64);
  const userKey = await deriveKey(crypto, password, salt, params);
  const file: KeyFile = {
    created: formatTime(BigInt(Date.now()) * 1_000_000n),
    username: options.username ?? currentUser().username,
    hostname: options.hostname ?? hostname(),
    kdf: "scrypt",
    N: params.N,
    r: params.r,
    p: params.p,
    salt,
    data: crypto.createSealer(userKey).seal(encodeMasterKey(masterKey)),
  };
  return saveNamed<KeyId>(storage, crypto, "key", encodeKeyFile(file));
}

export async function listKeyIds(storage: Storage): Promise<KeyId[]> {
  const ids: KeyId[] = [];
  for await (const { name } of storage.list("key")) ids.push(name as KeyId);
  return ids.sort();
}

export async function loadKeyFile(storage: Storage, crypto: CryptoProvider, id: KeyId): Promise<KeyFile> {
  const bytes = await loadVerified(storage, crypto, { type: "key", name: id });
  return decodeKeyFile(bytes, `key ${id}`);
}

export async function describeKey(storage: Storage, crypto: CryptoProvider, id: KeyId): Promise<KeyInfo> {
  const { username, hostname: host, created } = await loadKeyFile(storage, crypto, id);
  return { id, username, hostname: host, created };
}
