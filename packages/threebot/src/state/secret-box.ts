/**
 * Secrets at rest: sealed with AES-256-GCM under a key that lies in a file of its own, readable by the service alone and
 * never part of a backup. What is sealed for one record cannot be opened as another's.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { TasticError } from "@tastic/errors";
import { hasSystemCode, storageError, syncFolder } from "@tastic/storage";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const prefix = "sealed:1:";

export class SecretBox {
  readonly #key: Buffer;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== keyBytes)
      throw new TasticError("invalid-key", `the key of the secrets is not ${keyBytes} bytes long`);
    this.#key = Buffer.from(key);
  }

  /** The box of a key file, which is made if it is not there. @throws TasticError access-denied, invalid-key */
  static async open(file: string): Promise<SecretBox> {
    try {
      await makeKey(file);
      const { mode } = await stat(file);
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        throw new TasticError("access-denied", `the key file ${file} can be read by others`, {
          guidance: `Take their rights away with: chmod 600 ${file}`,
        });
      }
      return new SecretBox(Buffer.from(await readFile(file, "utf8"), "base64"));
    } catch (error) {
      throw error instanceof TasticError ? error : storageError(error, "open", file);
    }
  }

  /** @param record what the secret belongs to, such as "minio/secret-key" */
  seal(record: string, secret: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    cipher.setAAD(Buffer.from(record));
    const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return prefix + sealed.toString("base64");
  }

  /** @throws TasticError damaged-ciphertext for another key's or another record's */
  open(record: string, sealed: string): string {
    const bytes = Buffer.from(sealed.slice(prefix.length), "base64");
    try {
      if (!sealed.startsWith(prefix) || bytes.length < nonceBytes + tagBytes)
        throw new TypeError("not sealed");
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(record));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new TasticError(
        "damaged-ciphertext",
        `the secret of ${record} does not open with this key file`,
        {
          guidance: "Put back the key file that belongs to this state, or enter the secret again.",
          cause,
        },
      );
    }
  }
}

/** Writes a new key, whole or not at all, unless there is one. */
async function makeKey(file: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    const content = `${randomBytes(keyBytes).toString("base64")}\n`;
    await writeFile(temporary, content, { mode: 0o600, flag: "wx", flush: true });
    await link(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    if (!hasSystemCode(error, ["EEXIST"])) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
