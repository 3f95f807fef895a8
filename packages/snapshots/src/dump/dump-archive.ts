/**
 * A folder of a snapshot as an archive.
 *
 * As restic's, it holds what is in the folder under the path that it has in the snapshot, each hard link with its whole
 * content, and times in whole seconds: rounded in tar archives, cut off in zip archives. Unlike in restic's, FIFOs and devices are what they are, not empty files.
 */
import { encodeName, fileModeToUnix, parseTime } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { splitDeviceNumber } from "../device-number.js";
import { contentSize, readContent } from "../file-content.js";
import { walkTree } from "../ls.js";
import type { Output } from "./output.js";
import {
  TAR_BLOCK_DEVICE,
  TAR_CHARACTER_DEVICE,
  TAR_FIFO,
  TAR_FILE,
  TAR_FOLDER,
  TAR_SYMLINK,
  encodeTarHeader,
  tarEnd,
  tarPadding,
} from "./tar-header.js";
import { ZipWriter } from "./zip-writer.js";

export interface ArchiveSource {
  readonly repository: Repository;
  /** The folder's tree, and its path with a leading and no trailing slash; "" for the root. */
  readonly treeId: BlobId;
  readonly path: string;
  readonly signal?: AbortSignal;
}

const TAR_TYPES: Partial<Record<Node["type"], string>> = {
  file: TAR_FILE,
  dir: TAR_FOLDER,
  symlink: TAR_SYMLINK,
  fifo: TAR_FIFO,
  chardev: TAR_CHARACTER_DEVICE,
  dev: TAR_BLOCK_DEVICE,
};

/** Writes a tar archive. Errors: those of blobs that cannot be read, and of the output. */
export async function writeTar(source: ArchiveSource, output: Output): Promise<void> {
  const { repository, signal } = source;
  for await (const { path, node } of walkSource(source)) {
    const type = TAR_TYPES[node.type];
    if (type === undefined) continue;
    const size = node.type === "file" ? contentSize(repository, node) : 0;
    const device = node.device === undefined ? undefined : splitDeviceNumber(node.device);
    await output.write(
      encodeTarHeader({
        type,
        name: archiveName(source, path, node),
        mode: fileModeToUnix(node.mode),
        uid: node.uid,
        gid: node.gid,
        userName: node.user ?? "",
        groupName: node.group ?? "",
        size,
        mtime: seconds(node.mtime, 500_000_000n),
        ...(node.type === "symlink" ? { linkTarget: encodeName(node.linkTarget ?? "") } : {}),
        ...(device === undefined ? {} : { deviceMajor: device.major, deviceMinor: device.minor }),
        ...(node.extendedAttributes === undefined ? {} : { attributes: node.extendedAttributes }),
      }),
    );
    if (node.type !== "file") continue;
    for await (const bytes of readContent(repository, node.content ?? [], signal)) await output.write(bytes);
    await output.write(tarPadding(size));
  }
  await output.write(tarEnd());
}

const UNIX_TYPES: Partial<Record<Node["type"], number>> = {
  file: 0o100000,
  dir: 0o040000,
  symlink: 0o120000,
};

/** Writes a zip archive of the folders, files and links. Errors: as `writeTar`. */
export async function writeZip(source: ArchiveSource, output: Output): Promise<void> {
  const { repository, signal } = source;
  const zip = new ZipWriter(output);
  for await (const { path, node } of walkSource(source)) {
    const type = UNIX_TYPES[node.type];
    if (type === undefined) continue;
    const name = archiveName(source, path, node);
    const entry = { name, unixMode: type | fileModeToUnix(node.mode), mtime: seconds(node.mtime, 0n) };
    if (node.type === "file") {
      const content = readContent(repository, node.content ?? [], signal);
      await zip.addCompressed(entry, contentSize(repository, node), content);
    } else {
      await zip.addStored(entry, encodeName(node.type === "symlink" ? (node.linkTarget ?? "") : ""));
    }
  }
  await zip.finish();
}

function walkSource({ repository, treeId, signal }: ArchiveSource): ReturnType<typeof walkTree> {
  return walkTree(repository, treeId, signal === undefined ? {} : { signal });
}

function archiveName(source: ArchiveSource, path: string, node: Node): Uint8Array {
  return encodeName(`${source.path}${path}${node.type === "dir" ? "/" : ""}`.slice(1));
}

/** Whole seconds at or before a time, to which `plus` nanoseconds are added first. */
function seconds(time: string, plus: bigint): number {
  const nanoseconds = parseTime(time) + plus;
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return Number((nanoseconds - rest) / SECOND);
}

const SECOND = 1_000_000_000n;
