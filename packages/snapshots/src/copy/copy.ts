/**
 * Copying snapshots from one repository to another. Trees are copied as they are, byte for byte. A snapshot is stored
 * only after all that it needs, and an index for it; many small ones share packs, so they are stored together.
 */
import type { SnapshotId } from "@tastic/format";
import { copyBlobs } from "@tastic/repository";
import type { CopiedBlobs, Repository, RepositoryWriter } from "@tastic/repository";
import { BlobMarks } from "../check/blob-marks.js";
import { throwIfCancelled } from "../cancellation.js";
import type { StoredSnapshot } from "../stored-snapshot.js";
import type { CopyAmount, CopyOptions, CopyResult } from "./copy-types.js";
import { KnownCopies } from "./known-copies.js";
import { findNeededBlobs } from "./needed-blobs.js";

/** Snapshots are stored after so many packs and so long a time, and at the end. */
const BATCH_PACKS = 100;
const BATCH_MS = 60_000;

/**
 * Copies snapshots of `source` to `destination`, in their order, but for those that are there already. Both indexes are
 * loaded, and both repositories locked.
 * @param existing the snapshots of the destination among which copies may be
 * @throws TasticError `damaged-repository` where the source lacks something; `cancelled`; those of stores and blobs.
 * What was stored before is of use to the next try.
 */
export async function copy(
  source: Repository,
  destination: Repository,
  snapshots: Iterable<StoredSnapshot>,
  existing: Iterable<StoredSnapshot>,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const run = new CopyRun(source, destination, new KnownCopies(existing), options);
  try {
    for (const snapshot of snapshots) await run.copy(snapshot);
    await run.saveBatch();
    return run.result;
  } finally {
    await run.settle();
  }
}

class CopyRun {
  readonly #source: Repository;
  readonly #destination: Repository;
  readonly #known: KnownCopies;
  readonly #options: CopyOptions;
  readonly #marks: BlobMarks;
  readonly #writer: RepositoryWriter;
  readonly #batchBytes: number;
  #batch: StoredSnapshot[] = [];
  #bytes = 0;
  #since = performance.now();
  #result = { snapshotsCopied: 0, snapshotsSkipped: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0 };

  constructor(source: Repository, destination: Repository, known: KnownCopies, options: CopyOptions) {
    this.#source = source;
    this.#destination = destination;
    this.#known = known;
    this.#options = options;
    this.#marks = new BlobMarks(source.index);
    this.#writer = destination.createWriter({ ...(options.signal && { signal: options.signal }) });
    this.#batchBytes = BATCH_PACKS * destination.packerSettings.packSize;
  }

  get result(): CopyResult {
    return this.#result;
  }

  /** Stores the blobs of a snapshot, or tells that it is known. */
  async copy(snapshot: StoredSnapshot): Promise<void> {
    const { onEvent } = this.#options;
    throwIfCancelled(this.#options.signal, "copy");
    const known = this.#known.find(snapshot);
    if (known !== undefined) {
      this.#result.snapshotsSkipped++;
      onEvent?.({ type: "skipped", snapshot, existing: known.id });
      return;
    }
    onEvent?.({ type: "started", snapshot });
    const { bytes, dataBlobs, treeBlobs } = await this.#copyBlobs(snapshot);
    onEvent?.({ type: "copied", snapshot });
    this.#result.bytes += bytes;
    this.#result.dataBlobs += dataBlobs;
    this.#result.treeBlobs += treeBlobs;
    this.#batch.push(snapshot);
    this.#bytes += bytes;
    if (this.#bytes >= this.#batchBytes && performance.now() - this.#since >= BATCH_MS)
      await this.saveBatch();
  }

  /** Stores the snapshots of which all blobs are on their way. */
  async saveBatch(): Promise<void> {
    await this.#writer.flush();
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    this.#since = performance.now();
    if (batch.length === 0) return;
    this.#options.onEvent?.({ type: "flushed", snapshots: batch.length });
    for (const snapshot of batch) {
      throwIfCancelled(this.#options.signal, "copy");
      const id = await this.#save(snapshot);
      this.#result.snapshotsCopied++;
      this.#options.onEvent?.({ type: "saved", snapshot, id });
    }
  }

  /** Waits until nothing is on its way any more. Never rejects. */
  settle(): Promise<void> {
    return this.#writer.settle();
  }

  async #copyBlobs(snapshot: StoredSnapshot): Promise<CopiedBlobs> {
    const { signal, onEvent } = this.#options;
    const needed = await findNeededBlobs(this.#source, this.#destination, this.#marks, snapshot, signal);
    const { total } = needed;
    onEvent?.({ type: "planned", total });
    let done: CopyAmount = { packs: 0, blobs: 0, bytes: 0 };
    const progress = (): void => onEvent?.({ type: "progress", done, total });
    progress();
    return copyBlobs(this.#source, this.#destination, this.#writer, needed.packs, {
      signal,
      onBlob(length) {
        done = { ...done, blobs: done.blobs + 1, bytes: done.bytes + length };
        progress();
      },
      onPack() {
        done = { ...done, packs: done.packs + 1 };
        progress();
      },
    });
  }

  /** The parent means nothing there; where the snapshot comes from stays known. */
  #save({ id, ...snapshot }: StoredSnapshot): Promise<SnapshotId> {
    return this.#destination.saveSnapshot({
      ...snapshot,
      parent: undefined,
      original: snapshot.original ?? id,
    });
  }
}
