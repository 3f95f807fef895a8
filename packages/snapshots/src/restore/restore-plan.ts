/**
 * What a restore will do, found out by walking through the snapshot once: which blobs go where in which files, what is
 * linked, what is special, and in what order folders are finished. Columns of numbers, no object per file or blob.
 */
import type { BlobIndex } from "@tastic/repository";
import type { NodeType } from "@tastic/format";
import { MetadataTable } from "./metadata-table.js";
import { NumberColumn } from "./number-column.js";
import { PathTable } from "./path-table.js";
import type { UserIds } from "../users.js";

/** A link, FIFO or device. */
export interface SpecialItem {
  readonly path: number;
  readonly metadata: number;
  readonly type: NodeType;
  readonly linkTarget: string;
  readonly device: bigint;
}

/** A further name of a file; `first` is the path that has the content. */
export interface HardLink {
  readonly path: number;
  readonly first: number;
}

/** A folder whose metadata is set once its content is complete. */
export interface FinishedFolder {
  readonly path: number;
  /** -1 for the target itself, whose metadata is the user's. */
  readonly metadata: number;
  /** What the target has there and the snapshot does not, to be removed. */
  readonly unexpected: readonly string[];
}

/** A blob that a file needs: an entry of the index, and whether the file that is there has it already. */
export interface PlannedBlob {
  readonly entry: number;
  readonly length: number;
  readonly present: boolean;
}

export class RestorePlan {
  readonly paths = new PathTable();
  readonly metadata: MetadataTable;
  readonly specials: SpecialItem[] = [];
  readonly hardLinks: HardLink[] = [];
  /** What is in a folder comes before it. */
  readonly folders: FinishedFolder[] = [];
  /** Files whose content is right already: pairs of path and metadata. */
  readonly unchanged = NumberColumn.uint32();

  readonly #filePaths = NumberColumn.uint32();
  readonly #fileMetadata = NumberColumn.uint32();
  readonly #fileSizes = NumberColumn.float64();
  readonly #fileStarts = NumberColumn.float64();
  readonly #fileExisting = NumberColumn.bytes();
  readonly #blobEntries = NumberColumn.uint32();
  readonly #blobFiles = NumberColumn.uint32();
  readonly #blobOffsets = NumberColumn.float64();
  readonly #blobPresent = NumberColumn.bytes();

  constructor(userIds?: UserIds) {
    this.metadata = new MetadataTable(userIds);
  }

  /**
   * Adds a file to be written.
   * @param size as the snapshot states it
   * @param existing whether the file that is there is kept and corrected, rather than replaced
   */
  addFile(
    path: number,
    metadata: number,
    size: number,
    existing: boolean,
    blobs: readonly PlannedBlob[],
  ): void {
    const file = this.#filePaths.push(path);
    this.#fileMetadata.push(metadata);
    this.#fileSizes.push(size);
    this.#fileStarts.push(this.#blobEntries.length);
    this.#fileExisting.push(existing ? 1 : 0);
    let offset = 0;
    for (const { entry, length, present } of blobs) {
      this.#blobEntries.push(entry);
      this.#blobFiles.push(file);
      this.#blobOffsets.push(offset);
      this.#blobPresent.push(present ? 1 : 0);
      offset += length;
    }
  }

  get fileCount(): number {
    return this.#filePaths.length;
  }

  filePath(file: number): number {
    return this.#filePaths.get(file);
  }

  fileMetadata(file: number): number {
    return this.#fileMetadata.get(file);
  }

  fileSize(file: number): number {
    return this.#fileSizes.get(file);
  }

  isExisting(file: number): boolean {
    return this.#fileExisting.get(file) === 1;
  }

  /** The blobs of a file, as numbers from the first up to, not including, the second. */
  fileBlobs(file: number): readonly [number, number] {
    const end = file + 1 < this.fileCount ? this.#fileStarts.get(file + 1) : this.#blobEntries.length;
    return [this.#fileStarts.get(file), end];
  }

  blobEntry(blob: number): number {
    return this.#blobEntries.get(blob);
  }

  blobFile(blob: number): number {
    return this.#blobFiles.get(blob);
  }

  /** Where in its file a blob begins. */
  blobOffset(blob: number): number {
    return this.#blobOffsets.get(blob);
  }

  isPresent(blob: number): boolean {
    return this.#blobPresent.get(blob) === 1;
  }

  /**
   * The blobs to be loaded, pack by pack, and in each pack in the order in which they lie there. Packs come in the
   * order in which files first need them, so that files are complete soon after they are begun.
   */
  *byPack(index: BlobIndex): Generator<Uint32Array> {
    const ranks = new Map<number, number>();
    const counts: number[] = [];
    const count = this.#blobEntries.length;
    for (let blob = 0; blob < count; blob++) {
      if (this.isPresent(blob)) continue;
      const pack = index.pack(this.blobEntry(blob));
      let rank = ranks.get(pack);
      if (rank === undefined) ranks.set(pack, (rank = counts.push(0) - 1));
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    const starts: number[] = [];
    let total = 0;
    for (const size of counts) {
      starts.push(total);
      total += size;
    }
    const order = new Uint32Array(total);
    const next = [...starts];
    for (let blob = 0; blob < count; blob++) {
      if (this.isPresent(blob)) continue;
      const rank = ranks.get(index.pack(this.blobEntry(blob))) ?? 0;
      order[next[rank] ?? 0] = blob;
      next[rank] = (next[rank] ?? 0) + 1;
    }
    const offset = (blob: number): number => index.offset(this.blobEntry(blob));
    for (const [rank, start] of starts.entries()) {
      // The sort is stable: files that share a blob stay in order.
      yield order.subarray(start, start + (counts[rank] ?? 0)).sort((a, b) => offset(a) - offset(b) || a - b);
    }
  }
}
