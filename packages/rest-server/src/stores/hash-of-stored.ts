/** The hash of what is stored under a name, which for all but the config has to be that name. */
import { createHash } from "node:crypto";
import type { StorageFile } from "@tastic/storage";
import type { ObjectStore } from "./object-store.js";

/** SHA-256 in hexadecimal digits. Throws the store's errors: `not-found` where there is nothing. */
export async function hashOfStored(store: ObjectStore, file: StorageFile): Promise<string> {
  const reader = await store.open(file);
  try {
    const hash = createHash("sha256");
    for await (const piece of reader.read(0, reader.size)) hash.update(piece);
    return hash.digest("hex");
  } finally {
    await reader.close();
  }
}
