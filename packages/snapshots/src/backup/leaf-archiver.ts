/**
 * Anything but a folder on its way to a node: what it is comes from the walk, its content from the ingest, its extended
 * attributes from another process.
 */
import { idToBytes } from "@tastic/format";
import type { Node } from "@tastic/format";
import { DATA } from "@tastic/repository";
import type { BigIntStats } from "node:fs";
import { attempt } from "./archiver-parts.js";
import type { ArchiverParts, Item } from "./archiver-parts.js";
import { fileChanged } from "./change-detection.js";
import { contentIds } from "./file-ingest.js";
import type { FolderBuilder } from "./folder-builder.js";
import type { IngestOutcome } from "./ingest.js";
import { nodeFromStatus } from "./source-files.js";
import type { WalkPace } from "./walk-pace.js";

export class LeafArchiver {
  readonly #parts: ArchiverParts;
  readonly #pace: WalkPace;

  constructor(parts: ArchiverParts, pace: WalkPace) {
    this.#parts = parts;
    this.#pace = pace;
  }

  /** Enters an object into its folder. Does not wait for what takes time. */
  save(folder: FolderBuilder, item: Item, stat: BigIntStats): void {
    const { attributes, report, stop, nodes } = this.#parts;
    const node = attempt(report, item.path, () => nodeFromStatus(item.name, item.path, stat, nodes));
    if (node === undefined) return;
    if (node.type === "socket") {
      report.warning("sockets are not saved", item.path);
      return;
    }
    const slot = folder.add();
    const known = this.#withoutReading(item, node);
    if (known !== undefined && attributes === undefined) {
      folder.ready(slot, known);
      return;
    }
    this.#pace.opened();
    const complete = async (): Promise<void> => {
      const started = performance.now();
      const [outcome, found] = await Promise.all([
        known === undefined ? this.#parts.ingest.file(item.path, node.size ?? 0) : undefined,
        attributes?.read(item.path),
      ]);
      const whole = { ...(known ?? node), ...found };
      this.#pace.closed();
      folder.ready(
        slot,
        outcome === undefined ? whole : this.#withContent(item, whole, outcome, performance.now() - started),
      );
    };
    complete().catch((error: unknown) => stop.fail(error));
  }

  /** The node, if nothing must be read for it: it is no file, or one that is as it was and whose content is still there. */
  #withoutReading(item: Item, node: Node): Node | undefined {
    const { changes, repository, report } = this.#parts;
    const { path, snapshotPath, previous } = item;
    if (node.type !== "file") return node;
    if (fileChanged(node, previous, changes)) return undefined;
    const content = previous?.content ?? [];
    if (content.every((id) => repository.index.find(idToBytes(id), DATA) >= 0)) {
      report.unchangedFile(snapshotPath, node.size ?? 0);
      return { ...node, content };
    }
    report.error(
      "archival",
      path,
      `parts of ${path} not found in the repository index; storing the file again`,
    );
    return undefined;
  }

  #withContent(item: Item, node: Node, outcome: IngestOutcome, milliseconds: number): Node | undefined {
    const { report } = this.#parts;
    if ("failure" in outcome) {
      report.error("archival", item.path, outcome.failure);
      return undefined;
    }
    const { content, size, newBlobs, newBytes, storedBytes } = outcome.file;
    const whole = { ...node, size, content: contentIds(content) };
    const stored = { blobs: newBlobs, bytes: newBytes, storedBytes };
    report.file(item.snapshotPath, item.previous, whole, stored, milliseconds);
    return whole;
  }
}
