/**
 * The content of a file of a snapshot in order, its blobs loaded a few ahead.
 */
import type { BlobId, Node } from "@tastic/format";
import { idToBytes } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "./cancellation.js";

/** Plaintext that may wait ahead of the reader, in bytes; one blob may always. */
const MAX_AHEAD = 64 << 20;

/** Bytes of a blob's plaintext according to the index; undefined if no index lists it. */
export function blobSize(repository: Repository, id: BlobId): number | undefined {
  const entry = repository.index.find(idToBytes(id), DATA);
  return entry < 0 ? undefined : entrySize(repository, entry);
}

/** Bytes of the plaintext of an index entry. */
export function entrySize({ index }: Repository, entry: number): number {
  // What is stored raw is longer by nonce and tag.
  return index.uncompressedLength(entry) || Math.max(0, index.length(entry) - 32);
}

/** Bytes of a file's content: what its blobs add up to, where they are known. */
export function contentSize(repository: Repository, node: Node): number {
  let size = 0;
  for (const id of node.content ?? []) {
    const length = blobSize(repository, id);
    if (length === undefined) return node.size ?? 0;
    size += length;
  }
  return size;
}

/**
 * The blobs of a file, verified, in order.
 * @throws TasticError as `Repository.loadBlob`
 */
export async function* readContent(
  repository: Repository,
  content: readonly BlobId[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const waiting: { readonly size: number; readonly blob: Promise<Uint8Array> }[] = [];
  const most = repository.storage.connections + 1;
  let ahead = 0;
  let next = 0;
  try {
    for (;;) {
      for (let id = content[next]; id !== undefined && waiting.length < most; id = content[next]) {
        const size = blobSize(repository, id) ?? 0;
        if (waiting.length > 0 && ahead + size > MAX_AHEAD) break;
        const blob = repository.loadBlob("data", id, signal);
        // Its error is raised when its turn comes.
        blob.catch(() => undefined);
        waiting.push({ size, blob });
        ahead += size;
        next++;
      }
      const first = waiting.shift();
      if (first === undefined) return;
      throwIfCancelled(signal, "reading the file");
      yield await first.blob;
      ahead -= first.size;
    }
  } finally {
    // Nothing of the repository is used any more once this is over.
    await Promise.allSettled(waiting.map(({ blob }) => blob));
  }
}
