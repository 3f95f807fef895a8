/**
 * The second pass of a restore: loads what is needed pack by pack, with few reads, and writes it to where it belongs.
 */
import { planReads } from "@tastic/repository";
import type { PackRange } from "@tastic/repository";
import { throwIfCancelled } from "./cancellation.js";
import { FileWriter } from "./file-writer.js";
import type { RestoreContext } from "./restore-context.js";
import { blobIdOf } from "./tree-reader.js";

/** Writes the content of all planned files; returns the writer, which knows which failed. Errors: `cancelled`. */
export async function restoreFiles(context: RestoreContext): Promise<FileWriter> {
  const { repository, plan, options } = context;
  const writer = new FileWriter(context);
  try {
    await writer.writeEmpty();
    const packs = plan.byPack(repository.index);
    const work = async (): Promise<void> => {
      for (let next = packs.next(); next.done !== true; next = packs.next()) {
        throwIfCancelled(options.signal, "the restore");
        await restorePack(context, writer, next.value);
        await context.times.drained();
      }
    };
    const workers = Array.from({ length: repository.storage.connections }, work);
    // All must be over before the files are closed.
    const failure = (await Promise.allSettled(workers)).find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  } finally {
    writer.close();
  }
  return writer;
}

/** @param blobs of one pack, in the order in which they lie there; a blob may be there for several files */
async function restorePack(context: RestoreContext, writer: FileWriter, blobs: Uint32Array): Promise<void> {
  const { repository, plan } = context;
  const entries: number[] = [];
  for (const blob of blobs) {
    const entry = plan.blobEntry(blob);
    if (entry !== entries.at(-1)) entries.push(entry);
  }
  let next = 0;
  for (const range of planReads(repository.index, entries)) {
    const bytes = await loadRange(context, range);
    for (const entry of range.entries) {
      const plaintext = await openBlob(context, entry, range, bytes);
      for (; next < blobs.length && plan.blobEntry(blobs[next] ?? 0) === entry; next++) {
        const blob = blobs[next] ?? 0;
        if (plaintext instanceof Uint8Array) {
          const finishing = writer.write(blob, plaintext);
          if (finishing !== undefined) await finishing;
        } else writer.fail(plan.blobFile(blob), plaintext.error);
      }
    }
  }
}

/** A stretch of a pack; undefined if it cannot be had. */
async function loadRange(context: RestoreContext, range: PackRange): Promise<Uint8Array | undefined> {
  const { repository, options } = context;
  const [first] = range.entries;
  if (first === undefined) return undefined;
  try {
    return await repository.blobs.loadRange(repository.blobs.packId(first), range, options.signal);
  } catch {
    throwIfCancelled(options.signal, "the restore");
    // Each of its blobs is then tried by itself, and in other packs: that tells what cannot be had, and why.
    return undefined;
  }
}

/** A blob out of a stretch, or from anywhere else if it is damaged there. */
async function openBlob(
  context: RestoreContext,
  entry: number,
  range: PackRange,
  bytes: Uint8Array | undefined,
): Promise<Uint8Array | { readonly error: unknown }> {
  const { repository, options } = context;
  const { index, blobs } = repository;
  if (bytes !== undefined) {
    const at = index.offset(entry) - range.offset;
    try {
      return blobs.openEntry(entry, bytes.subarray(at, at + index.length(entry)));
    } catch {
      // The other copies follow, and this one once more: what came over the network may be wrong only once.
    }
  }
  try {
    return await repository.loadBlob("data", blobIdOf(repository, entry), options.signal);
  } catch (error) {
    throwIfCancelled(options.signal, "the restore");
    return { error };
  }
}
