/**
 * Anything but a folder on its way to a node: what it is comes from the walk, its content from the parent snapshot or the
 * ingest.
 */
import { decodeNode, encodeNode, encodeNodeEnd, idToBytes } from "@tastic/format";
import type { BlobId, ExtendedAttribute } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { ArchiverParts } from "./archiver-parts.js";
import { fileChanged } from "./change-detection.js";
import { contentIds } from "./file-ingest.js";
import type { FolderBuilder } from "./folder-builder.js";
import type { IngestOutcome } from "./ingest.js";
import { knownContent } from "./known-content.js";
import type { PreviousNode } from "./node-lookup.js";
import type { SourceEntry } from "./source-walk.js";
import type { WalkPace } from "./walk-pace.js";

/** What is found, and where it stands in the snapshot. */
export interface Item {
  readonly entry: SourceEntry;
  readonly attributes: readonly ExtendedAttribute[] | undefined;
  /** Its path in the snapshot. */
  readonly snapshotPath: string;
  /** What stood there in the parent snapshot. */
  readonly previous: PreviousNode | undefined;
}

export class LeafArchiver {
  readonly #parts: ArchiverParts;
  readonly #pace: WalkPace;

  constructor(parts: ArchiverParts, pace: WalkPace) {
    this.#parts = parts;
    this.#pace = pace;
  }

  /** Enters an object into its folder. Does not wait for what takes time. */
  save(folder: FolderBuilder, item: Item): void {
    const { ingest, stop } = this.#parts;
    const { name, path, size } = item.entry;
    const slot = folder.add();
    const text = this.#withoutReading(item);
    if (text !== undefined) {
      folder.ready(slot, { name, text });
      return;
    }
    this.#pace.opened();
    const started = performance.now();
    ingest.file(path, size, (outcome) => {
      try {
        const read = this.#withContent(item, outcome, performance.now() - started);
        this.#pace.closed();
        folder.ready(slot, read === undefined ? undefined : { name, text: read });
      } catch (error) {
        stop.fail(error);
      }
    });
  }

  /** The node's JSON, if nothing must be read for it: it is no file, or one that is as it was and whose content is still there. */
  #withoutReading(item: Item): string | undefined {
    const { changes, repository, report } = this.#parts;
    const { entry, previous, snapshotPath } = item;
    if (entry.type !== "file") return textOf(item, null);
    if (previous === undefined) return undefined;
    if (knownContent(previous.text, textBeforeContent(item), repository.index)) {
      report.unchangedFile(snapshotPath, entry.size);
      return previous.text;
    }
    // Not the same to the letter, or parts of it are gone.
    const now = decodeNode(textOf(item, []), entry.path);
    if (fileChanged({ ...now, size: entry.size }, previous.node, changes)) return undefined;
    const content = previous.node.content ?? [];
    if (content.every((id) => repository.index.find(idToBytes(id), DATA) >= 0)) {
      report.unchangedFile(snapshotPath, entry.size);
      return textOf(item, content);
    }
    report.error(
      "archival",
      entry.path,
      `parts of ${entry.path} not found in the repository index; storing the file again`,
    );
    return undefined;
  }

  #withContent(item: Item, outcome: IngestOutcome, milliseconds: number): string | undefined {
    const { report } = this.#parts;
    if ("failure" in outcome) {
      report.error("archival", item.entry.path, outcome.failure);
      return undefined;
    }
    const { content, size, newBlobs, newBytes, storedBytes } = outcome.file;
    const text = textOf(item, contentIds(content), size);
    const stored = { blobs: newBlobs, bytes: newBytes, storedBytes };
    report.file(item.snapshotPath, item.previous, text, size, stored, milliseconds);
    return text;
  }
}

/** @param size of what was read, which may not be what the file system had said */
function textOf({ entry, attributes }: Item, content: readonly BlobId[] | null, size = entry.size): string {
  const text = entry.start + encodeNodeEnd({ extendedAttributes: attributes, device: entry.device, content });
  return size === entry.size ? text : encodeNode({ ...decodeNode(text, entry.path), size });
}

/** How the JSON of an unchanged file begins. */
function textBeforeContent(item: Item): string {
  const whole = textOf(item, []);
  return whole.slice(0, whole.length - "]}".length);
}
