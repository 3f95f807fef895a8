/**
 * Storing the tree of a folder.
 */
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import { NOTHING_STORED } from "./backup-report.js";
import type { StoredBytes } from "./backup-report.js";

export interface TreeStore {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
}

/** Stores a tree unless it is known. Errors: those of `RepositoryWriter.add`. */
export async function saveTree(
  { repository, writer }: TreeStore,
  bytes: Uint8Array,
): Promise<{ id: BlobId; stored: StoredBytes }> {
  const id = repository.crypto.sha256(bytes);
  const { isNew, storedLength } = await writer.add("tree", id, bytes);
  const stored = isNew ? { blobs: 1, bytes: bytes.length, storedBytes: storedLength } : NOTHING_STORED;
  return { id: idFromBytes<BlobId>(id), stored };
}
