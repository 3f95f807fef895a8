/**
 * Key files (restic's design, "Keys, Encryption and MAC"): the master key, sealed with a key that scrypt makes from a
 * password. The file itself is plain JSON; only `data` is sealed.
 */
import { TasticError } from "@tastic/errors";
import type { MasterKey } from "@tastic/crypto";
import { jsonString } from "./go-json.js";
import {
  asObject,
  base64Field,
  fieldError,
  integerField,
  optionalString,
  parseJson,
  stringField,
  type JsonObject,
} from "./json-fields.js";

export interface KeyFile {
  /** RFC 3339, as stored. */
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
  readonly kdf: "scrypt";
  /** scrypt's cost, a power of two; block size; parallelism. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
  /** 64 bytes. */
  readonly salt: Uint8Array;
  /** nonce || ciphertext || tag of the master key's JSON. */
  readonly data: Uint8Array;
}

const MAX_KEY_FILE_LENGTH = 1 << 16;
const MAX_DATA_LENGTH = 1 << 14;
const SALT_LENGTH = 64;
const MAX_PARAMETER = 2 ** 31 - 1;

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");

/** The bytes of a key file, which are stored as they are. */
export function encodeKeyFile(key: KeyFile): Uint8Array {
  return Buffer.from(
    `{"created":${jsonString(key.created)},"username":${jsonString(key.username)},` +
      `"hostname":${jsonString(key.hostname)},"kdf":"${key.kdf}","N":${key.N},"r":${key.r},"p":${key.p},` +
      `"salt":"${base64(key.salt)}","data":"${base64(key.data)}"}`,
  );
}

/**
 * Reads a key file. Whether its scrypt parameters are affordable is for the key derivation to judge.
 * @throws TasticError invalid-format, limit-exceeded; unsupported for a key derivation other than scrypt
 */
export function decodeKeyFile(bytes: Uint8Array, what: string): KeyFile {
  checkLength(bytes, MAX_KEY_FILE_LENGTH, what);
  const object = asObject(parseJson(bytes, what), what);
  if (stringField(object, "kdf", what) !== "scrypt") {
    throw new TasticError("unsupported", `${what}: its key derivation function is not scrypt`);
  }
  const salt = base64Field(object, "salt", what, SALT_LENGTH);
  if (salt.length !== SALT_LENGTH) throw fieldError(what, "salt", `${SALT_LENGTH} bytes`);
  return {
    created: optionalString(object, "created", what) ?? "0001-01-01T00:00:00Z",
    username: optionalString(object, "username", what) ?? "",
    hostname: optionalString(object, "hostname", what) ?? "",
    kdf: "scrypt",
    N: parameter(object, "N", what),
    r: parameter(object, "r", what),
    p: parameter(object, "p", what),
    salt,
    data: base64Field(object, "data", what, MAX_DATA_LENGTH),
  };
}

function parameter(object: JsonObject, name: string, what: string): number {
  const value = integerField(object, name, what, MAX_PARAMETER);
  if (value === 0) throw fieldError(what, name, "a positive integer");
  return value;
}

/** The JSON of a master key, to be sealed: the `data` of a key file once opened. Secret. */
export function encodeMasterKey(key: MasterKey): Uint8Array {
  return Buffer.from(
    `{"mac":{"k":"${base64(key.macK)}","r":"${base64(key.macR)}"},"encrypt":"${base64(key.encrypt)}"}`,
  );
}

/**
 * Reads the JSON of a master key.
 * @throws TasticError invalid-format; its message never quotes the key
 */
export function decodeMasterKey(bytes: Uint8Array, what = "master key"): MasterKey {
  checkLength(bytes, MAX_DATA_LENGTH, what);
  const object = asObject(parseJson(bytes, what), what);
  const mac = asObject(object["mac"], `${what}: "mac"`);
  return {
    encrypt: part(object, "encrypt", 32, what),
    macK: part(mac, "k", 16, what),
    macR: part(mac, "r", 16, what),
  };
}

function part(object: JsonObject, name: string, length: number, what: string): Uint8Array {
  const bytes = base64Field(object, name, what, length);
  if (bytes.length !== length) throw fieldError(what, name, `${length} bytes`);
  // A copy of its own: a Buffer would share memory with others.
  return Uint8Array.from(bytes);
}

function checkLength(bytes: Uint8Array, max: number, what: string): void {
  if (bytes.length <= max) return;
  throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are too many; the most is ${max}`);
}
