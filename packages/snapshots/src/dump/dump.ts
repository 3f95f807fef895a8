/**
 * Writing a file of a snapshot, or a folder as an archive, to a stream.
 */
import { TasticError } from "@tastic/errors";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { Writable } from "node:stream";
import { writeTar, writeZip } from "./dump-archive.js";
import { readContent } from "../file-content.js";
import { findNode, findSubtree, splitPath } from "../find-tree.js";
import { Output } from "./output.js";

/** What a folder can be written as. */
export type ArchiveFormat = "tar" | "zip";

/** How to dump. */
export interface DumpOptions {
  /** What a folder becomes; tar by default. */
  readonly archive?: ArchiveFormat;
  readonly signal?: AbortSignal;
}

/**
 * Writes what `path` names below a tree to `stream`, which is not ended. The index must be loaded.
 *
 * @param source the snapshot's tree, and a folder in it that `path` counts from
 * @throws TasticError `not-found`, `invalid-argument` for what is neither file nor folder, those of blobs that cannot
 *   be read, `incomplete` if the stream fails
 */
export async function dump(
  repository: Repository,
  source: { readonly treeId: BlobId; readonly subfolder?: string },
  path: string,
  stream: Writable,
  options: DumpOptions = {},
): Promise<void> {
  const { archive = "tar", signal } = options;
  const treeId = await findSubtree(repository, source.treeId, source.subfolder ?? "", signal);
  const found = await findPath(repository, treeId, path, signal);
  const output = new Output(stream);
  try {
    if ("file" in found) {
      for await (const bytes of readContent(repository, found.file.content ?? [], signal))
        await output.write(bytes);
      return;
    }
    const folder = {
      repository,
      treeId: found.folder,
      path: found.path,
      ...(signal === undefined ? {} : { signal }),
    };
    await (archive === "zip" ? writeZip(folder, output) : writeTar(folder, output));
  } finally {
    output.release();
  }
}

type Found = { readonly file: Node } | { readonly folder: BlobId; readonly path: string };

async function findPath(
  repository: Repository,
  treeId: BlobId,
  path: string,
  signal?: AbortSignal,
): Promise<Found> {
  const names = splitPath(path);
  let folder = treeId;
  let reached = "";
  for (const [i, name] of names.entries()) {
    reached += `/${name}`;
    const node = await findNode(repository, folder, name, signal);
    if (node === undefined) throw cannotDump("not-found", `path ${quote(reached)} not found in snapshot`);
    const isLast = i === names.length - 1;
    if (isLast && node.type === "file") return { file: node };
    if (node.type === "dir" && node.subtree !== undefined) folder = node.subtree;
    else {
      const wanted = isLast ? "file" : "dir";
      throw cannotDump(
        "invalid-argument",
        `${quote(reached)} should be a ${wanted}, but is a ${quote(node.type)}`,
      );
    }
  }
  return { folder, path: reached };
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function cannotDump(code: "not-found" | "invalid-argument", reason: string): TasticError {
  return new TasticError(code, `cannot dump file: ${reason}`, {
    guidance: "Name a file or a folder as `ls` shows it.",
  });
}
