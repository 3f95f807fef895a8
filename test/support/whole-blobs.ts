/** Which blobs of a repository are to be had, whatever became of its packs. */
import { idFromBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { PACK, TREE } from "@tastic/repository";
import { openTestRepository } from "./damaged-twins.js";

/** What all blobs are called that the index lists and that open with the content of their name. */
export async function wholeBlobs(repo: string): Promise<Set<string>> {
  const repository = await openTestRepository(repo);
  await repository.loadIndex();
  const { index } = repository;
  const found = new Set<string>();
  for (let entry = 0; entry < index.size; entry++) {
    const kind = index.kind(entry);
    if (kind === PACK) continue;
    const type = kind === TREE ? "tree" : "data";
    const id = idFromBytes<BlobId>(index.id(entry));
    await repository.loadBlob(type, id).then(
      () => found.add(`${type} ${id}`),
      () => undefined,
    );
  }
  return found;
}

/** Those of `wanted` that are not to be had. */
export async function lostBlobs(repo: string, wanted: ReadonlySet<string>): Promise<string[]> {
  const found = await wholeBlobs(repo);
  return [...wanted].filter((blob) => !found.has(blob));
}
