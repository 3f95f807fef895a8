/**
 * Counting what is stored: all blobs that snapshots use, each once, as they lie in packs.
 */
import { TasticError } from "@tastic/errors";
import { SEALING_OVERHEAD, shortId } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { BlobMarks } from "../check/blob-marks.js";
import { markTree } from "../check/mark-trees.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import type { CompressionStats, StatsProgress, StatsResult } from "./stats-types.js";

interface RawDataOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: StatsProgress) => void;
}

/** @throws TasticError where a tree cannot be read, or a blob is in no index */
export async function countRawData(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  { signal, onProgress }: RawDataOptions,
): Promise<StatsResult> {
  const { index } = repository;
  const marks = new BlobMarks(index);
  let missing: BlobId | undefined;
  const progress = { snapshots: 0, files: 0, blobs: 0, bytes: 0 };
  for (const { tree } of snapshots) {
    progress.snapshots++;
    onProgress({ ...progress });
    await markTree(repository, marks, tree, {
      ...(signal && { signal }),
      onProblem(problem) {
        if (problem.isUnreadable) throw unreadable(problem.tree, problem.problems);
        missing ??= problem.missing[0];
      },
    });
  }
  if (missing !== undefined) {
    throw new TasticError("blob-not-found", `blob <data/${shortId(missing)}> not found`, {
      guidance: "Run `check` to see what else is damaged.",
      data: { id: missing },
    });
  }
  const sums = { uncompressed: 0, packed: 0, unpacked: 0 };
  for (const entry of marks.entries()) {
    const length = index.length(entry);
    const plain = index.uncompressedLength(entry);
    progress.blobs++;
    progress.bytes += length;
    sums.uncompressed += plain === 0 ? length : plain + SEALING_OVERHEAD;
    if (plain === 0) continue;
    sums.packed += length;
    sums.unpacked += plain + SEALING_OVERHEAD;
  }
  onProgress({ ...progress });
  const { blobs: totalBlobs, bytes: totalSize } = progress;
  const result = { snapshots: snapshots.length, totalSize, totalFiles: 0, totalBlobs };
  return repository.config.version < 2 ? result : { ...result, compression: compressionOf(totalSize, sums) };
}

function compressionOf(
  totalSize: number,
  { uncompressed, packed, unpacked }: { uncompressed: number; packed: number; unpacked: number },
): CompressionStats {
  return {
    totalUncompressedSize: uncompressed,
    ratio: packed === 0 ? 0 : unpacked / packed,
    progress: uncompressed === 0 ? 0 : (unpacked / uncompressed) * 100,
    spaceSaving: uncompressed === 0 ? 0 : (1 - totalSize / uncompressed) * 100,
  };
}

function unreadable(tree: BlobId, problems: readonly string[]): TasticError {
  return new TasticError("damaged-repository", `error walking snapshot: ${problems.join("; ")}`, {
    guidance: "Run `check` to see what else is damaged.",
    data: { tree },
  });
}
