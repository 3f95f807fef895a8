/**
 * Archiving a stream as the one file of a snapshot. As with restic, it and the folders that its name asks for belong to
 * us, and have the snapshot's time as their times. A stream without a byte is no file: whoever was to write it has most
 * likely failed without saying so.
 */
import { TasticError } from "@tastic/errors";
import { TreeEncoder, encodeNode } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { currentUser } from "@tastic/repository";
import { posix } from "node:path";
import { createFileIngest } from "./archive-targets.js";
import type { Archiving } from "./archive-targets.js";
import type { BackupOptions } from "./backup-types.js";
import { contentIds } from "./file-ingest.js";
import type { IngestedFile } from "./file-ingest.js";
import { sendProgress } from "./progress-events.js";
import { saveTree } from "./save-tree.js";

const FOLDER_MODE = 0o20_000_000_755;
const FILE_MODE = 0o644;

/**
 * The path in the snapshot of a stream of this name.
 * Errors: `invalid-argument` for a name that is none, such as `/`.
 */
export function streamPath(filename: string): string {
  const path = posix.resolve("/", filename);
  if (path !== "/" && filename !== "") return path;
  throw new TasticError("invalid-argument", "failed to backup from stdin: invalid filename specified", {
    guidance: "Name the file that the stream is to become, such as `dump.sql`.",
  });
}

/**
 * Saves the stream; returns the id of the snapshot's tree, whose packs may still be on their way.
 * @param time of the nodes, RFC 3339
 * Errors: those of the stream; whatever stops the backup.
 */
export async function archiveStream(
  archiving: Archiving,
  source: NonNullable<BackupOptions["stdin"]>,
  time: string,
): Promise<BlobId> {
  const { report, options, stop } = archiving;
  const path = streamPath(source.filename);
  const reading = { bytesRead: 0, currentFiles: [path] };
  const sendLast = sendProgress(options, report, reading);
  try {
    const started = performance.now();
    const file = await stop.race(ingestStream(archiving, source, (bytes) => (reading.bytesRead += bytes)));
    const { uid, gid } = currentUser();
    const common = { mtime: time, atime: time, ctime: time, uid, gid };
    const name = posix.basename(path);
    if (file.size === 0) {
      report.error("archival", path, `failed to save ${path}: read ${name}: no data read`);
      return await stop.race(saveFolders(archiving, posix.dirname(path), common));
    }
    const content = contentIds(file.content);
    const node: Node = { ...common, name, type: "file", mode: FILE_MODE, size: file.size, content };
    const stored = { blobs: file.newBlobs, bytes: file.newBytes, storedBytes: file.storedBytes };
    report.file(path, undefined, encodeNode(node), file.size, stored, performance.now() - started);
    return await stop.race(saveFolders(archiving, posix.dirname(path), common, node));
  } finally {
    source.stream.destroy();
    sendLast();
  }
}

async function ingestStream(
  { repository, writer }: Archiving,
  { stream }: NonNullable<BackupOptions["stdin"]>,
  onRead: (bytes: number) => void,
): Promise<IngestedFile> {
  const { files, packer } = createFileIngest(repository);
  const steps = files.stream(stream as AsyncIterable<Uint8Array>, onRead);
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) await writer.accept(step.value);
  packer.flush();
  for (let pack = packer.takeFinished(); pack; pack = packer.takeFinished()) await writer.accept(pack);
  return step.value;
}

/** Puts a node, if there is one, into the folder at `path`, that into the one above it, and so on up to the snapshot's tree. */
async function saveFolders(
  archiving: Archiving,
  path: string,
  common: Pick<Node, "mtime" | "atime" | "ctime" | "uid" | "gid">,
  node?: Node,
): Promise<BlobId> {
  const { report } = archiving;
  const started = performance.now();
  const encoder = new TreeEncoder();
  if (node !== undefined) encoder.add(node);
  const { id, stored } = await saveTree(archiving, encoder.finish());
  if (path === "/") {
    report.root(stored);
    return id;
  }
  const folder: Node = {
    ...common,
    name: posix.basename(path),
    type: "dir",
    mode: FOLDER_MODE,
    content: null,
    subtree: id,
  };
  report.folder(path, undefined, encodeNode(folder), stored, performance.now() - started);
  return saveFolders(archiving, posix.dirname(path), common, folder);
}
