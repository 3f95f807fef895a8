/**
 * The three ways of counting that go by files. What was seen is remembered as hashes in a table of the kind that holds
 * the index: some 50 bytes each, and no object.
 */
import { TasticError } from "@tastic/errors";
import { ID_LENGTH, encodeName, idToBytes } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { BlobIndex, DATA } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { blobSize } from "../file-content.js";
import { PairSet } from "./pair-set.js";
import type { Total } from "./tree-totals.js";

export interface Counted {
  /** Blobs that were looked at. */
  readonly blobs: number;
  /** Whether the node may count differently in another place: what is above it must be walked each time. */
  readonly depends: boolean;
}

export interface Counter {
  readonly totalSize: number;
  readonly totalFiles: number;
  readonly totalBlobs: number;
  beginSnapshot(): void;
  count(path: string, node: Node, tree: BlobId): Counted;
  /** What is below a tree that was walked before, without a node that depends on its place. */
  countAgain(below: Total): void;
}

const NOTHING: Counted = { blobs: 0, depends: false };

/** Each node counts, but of the names of one file only the first does for its size. */
export class RestoreSize implements Counter {
  totalSize = 0;
  totalFiles = 0;
  readonly totalBlobs = 0;
  #links = new PairSet();

  beginSnapshot(): void {
    this.#links = new PairSet();
  }

  count(_path: string, { type, links = 0n, inode = 0n, deviceId = 0n, size = 0 }: Node): Counted {
    this.totalFiles++;
    // Without an inode, nobody can tell what else it is called.
    const isAlone = links === 1n || type === "dir" || inode === 0n;
    if (isAlone || this.#links.add(inode, deviceId)) this.totalSize += size;
    return { blobs: 0, depends: !isAlone };
  }

  countAgain({ files, bytes }: Total): void {
    this.totalFiles += files;
    this.totalSize += bytes;
  }
}

/** Each content counts once. What has none, a folder say, is one more content. */
export class FilesByContents implements Counter {
  totalSize = 0;
  totalFiles = 0;
  readonly totalBlobs = 0;
  readonly #contents: ContentSet;

  constructor({ crypto }: Repository) {
    this.#contents = new ContentSet(crypto);
  }

  beginSnapshot(): void {}

  count(_path: string, { content, size = 0 }: Node): Counted {
    if (!this.#contents.add(content ?? [])) return NOTHING;
    this.totalFiles++;
    this.totalSize += size;
    return NOTHING;
  }

  countAgain(): void {}
}

/** Of each content that is new, each blob counts once for each path. */
export class BlobsPerFile implements Counter {
  totalSize = 0;
  totalFiles = 0;
  totalBlobs = 0;
  readonly #repository: Repository;
  readonly #contents: ContentSet;
  readonly #paths = BlobIndex.create();
  readonly #blobsOfPaths = BlobIndex.create();

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#contents = new ContentSet(repository.crypto);
  }

  beginSnapshot(): void {}

  count(path: string, { content }: Node, tree: BlobId): Counted {
    const blobs = content ?? [];
    if (!this.#contents.add(blobs) || blobs.length === 0) return NOTHING;
    const { crypto } = this.#repository;
    const pathHash = crypto.sha256(encodeName(path));
    if (this.#paths.claim(pathHash, DATA) >= 0) this.totalFiles++;
    for (const blob of blobs) {
      const hash = crypto.sha256(Buffer.concat([pathHash, idToBytes(blob)]));
      if (this.#blobsOfPaths.claim(hash, DATA) < 0) continue;
      this.totalSize += this.#sizeOf(blob, tree);
      this.totalBlobs++;
    }
    return { blobs: blobs.length, depends: false };
  }

  countAgain(): void {}

  #sizeOf(blob: BlobId, tree: BlobId): number {
    const size = blobSize(this.#repository, blob);
    if (size !== undefined) return size;
    throw new TasticError("blob-not-found", `blob ${blob} not found for tree ${tree}`);
  }
}

/** Contents by the hash of their blobs' ids. */
class ContentSet {
  readonly #crypto: Repository["crypto"];
  readonly #hashes = BlobIndex.create();

  constructor(crypto: Repository["crypto"]) {
    this.#crypto = crypto;
  }

  /** Returns whether the content was new. */
  add(content: readonly BlobId[]): boolean {
    const ids = new Uint8Array(content.length * ID_LENGTH);
    for (const [at, id] of content.entries()) ids.set(idToBytes(id), at * ID_LENGTH);
    return this.#hashes.claim(this.#crypto.sha256(ids), DATA) >= 0;
  }
}
