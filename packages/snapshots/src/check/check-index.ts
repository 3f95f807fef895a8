/**
 * The first part of a check: do all index files load, and do they agree with each other?
 */
import { messageOf } from "@tastic/errors";
import { decodeIndex, idFromBytes, shortId } from "@tastic/format";
import type { IndexId } from "@tastic/format";
import { DATA, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import type { CheckReport } from "./check-report.js";

/**
 * Loads every index file into the repository's index. Returns whether all of them could be loaded; only then does
 * the rest of a check say anything.
 */
export async function checkIndex(
  repository: Repository,
  report: CheckReport,
  signal?: AbortSignal,
): Promise<boolean> {
  const ids = (await repository.list<IndexId>("index")).sort();
  const packFiles = new Map<number, IndexId[]>();
  let next = 0;
  let done = 0;
  let complete = true;
  const work = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      throwIfCancelled(signal, "checking the index");
      try {
        loadInto(repository, id, await repository.loadUnpacked("index", id, signal), packFiles);
      } catch (error) {
        throwIfCancelled(signal, "checking the index");
        complete = false;
        report.suggestRepairIndex = true;
        report.error(`error: error loading index ${id}: ${messageOf(error)}`);
      }
      report.progress("index", ++done, ids.length);
    }
  };
  await Promise.all(Array.from({ length: repository.storage.connections }, work));
  reportDuplicates(repository, packFiles, report);
  reportMixed(repository, report);
  return complete;
}

function loadInto(
  repository: Repository,
  id: IndexId,
  json: Uint8Array,
  packFiles: Map<number, IndexId[]>,
): void {
  const { index } = repository;
  let pack = -1;
  const visitor = {
    pack(packId: Uint8Array): void {
      pack = index.addPack(packId);
      const files = packFiles.get(pack);
      if (files === undefined) packFiles.set(pack, [id]);
      else if (!files.includes(id)) files.push(id);
    },
    blob(blobId: Uint8Array, type: string, offset: number, length: number, uncompressedLength: number): void {
      index.add(blobId, type === "tree" ? TREE : DATA, { pack, offset, length, uncompressedLength });
    },
  };
  decodeIndex(json, visitor, `index ${id}`);
}

function reportDuplicates(
  repository: Repository,
  packFiles: Map<number, IndexId[]>,
  report: CheckReport,
): void {
  const hints: string[] = [];
  for (const [pack, files] of packFiles) {
    if (files.length < 2) continue;
    const id = idFromBytes(repository.index.id(pack));
    hints.push(`pack ${id} contained in several indexes: {${files.map(shortId).sort().join(" ")}}`);
  }
  if (hints.length === 0) return;
  for (const hint of hints.sort()) report.hint(hint);
  report.suggestRepairIndex = true;
  report.hint("Duplicate packs are non-critical, you can run `repair index` to correct this.");
}

/** Packs of old hold blobs of files and trees together; newer writers keep them apart. */
function reportMixed({ index }: Repository, report: CheckReport): void {
  const kinds = new Uint8Array(index.size);
  for (let entry = 0; entry < index.size; entry++) {
    const kind = index.kind(entry);
    if (kind !== DATA && kind !== TREE) continue;
    const pack = index.pack(entry);
    kinds[pack] = (kinds[pack] ?? 0) | (1 << kind);
  }
  let found = false;
  for (const pack of index.packs()) {
    if (kinds[pack] !== ((1 << DATA) | (1 << TREE))) continue;
    found = true;
    report.hint(`pack ${idFromBytes(index.id(pack))} contains a mix of tree and data blobs`);
  }
  if (!found) return;
  report.suggestPrune = true;
  report.hint("Mixed packs with tree and data blobs are non-critical, you can run `prune` to correct this.");
}
