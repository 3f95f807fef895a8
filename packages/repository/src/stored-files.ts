/**
 * Objects whose name is the SHA-256 of their bytes: all of a repository but the config.
 */
import type { CryptoProvider } from "@tastic/crypto";
import { TasticError } from "@tastic/errors";
import type { Id } from "@tastic/format";
import type { Storage, StorageFile } from "@tastic/storage";

/** Names an object in messages. */
export function describeFile({ type, name }: StorageFile): string {
  return type === "config" ? "config" : `${type} ${name}`;
}

/** Loads a whole object and holds its bytes against its name. Errors: `hash-mismatch`, `limit-exceeded`, the store's. */
export async function loadVerified(
  storage: Storage,
  crypto: CryptoProvider,
  file: StorageFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await storage.load(file, undefined, { signal });
  if (file.type === "config" || crypto.sha256Hex(bytes) === file.name) return bytes;
  // A transfer may have gone wrong once, or a cache be damaged; what is stored does not change.
  const again = await storage.load(file, undefined, { signal, cache: "renew" });
  if (crypto.sha256Hex(again) === file.name) return again;
  throw new TasticError(
    "hash-mismatch",
    `${describeFile(file)} does not have the hash that its name states`,
    {
      guidance: "The stored file is damaged or was exchanged. Run check to see what depends on it.",
      data: { ...file },
    },
  );
}

/** Stores bytes under their SHA-256 and returns it. */
export async function saveNamed<T extends Id>(
  storage: Storage,
  crypto: CryptoProvider,
  type: StorageFile["type"],
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<T> {
  const name = crypto.sha256Hex(bytes);
  await storage.save({ type, name }, bytes, { signal });
  return name as T;
}
