/** A repository of very many small blobs, as one of many terabytes has them: made in a minute for each few millions. */
import { TreeEncoder, idFromBytes } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { createLocalStorage } from "@tastic/storage";
import { createHash } from "node:crypto";
import { makeCheapRepository } from "./cheap-repository.js";
import { testPassword } from "./programs.js";

const BLOB_LENGTH = 40;
const BLOBS_OF_FILE = 1_000;
const FILES_OF_FOLDER = 5;
/** One file in so many is in no folder, so that a prune has something to do. */
const UNUSED_EVERY = 10;
const TIME = "2026-01-01T00:00:00Z";

export interface ManyBlobs {
  /** Of files, used or not. */
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  readonly unusedBlobs: number;
}

/**
 * Makes a repository at `path` with `count` blobs of files and two snapshots, each of one half of them. Packs hold 4 MiB.
 */
export async function makeManyBlobs(path: string, count: number): Promise<ManyBlobs> {
  await makeCheapRepository(path);
  const repository = await Repository.open(createLocalStorage(path), {
    password: testPassword,
    compression: "off",
    packSize: 4 << 20,
    verify: false,
  });
  const writer = repository.createWriter();
  const content = Buffer.alloc(BLOB_LENGTH);
  const made = { dataBlobs: 0, treeBlobs: 0, unusedBlobs: 0 };
  const file = async (name: string): Promise<Node> => {
    const ids: BlobId[] = [];
    for (let i = 0; i < BLOBS_OF_FILE; i++) {
      content.writeUInt32LE(made.dataBlobs++, 0);
      const id = createHash("sha256").update(content).digest();
      await writer.add("data", id, content);
      ids.push(idFromBytes<BlobId>(id));
    }
    return node(name, { type: "file", size: BLOB_LENGTH * BLOBS_OF_FILE, content: ids });
  };
  const tree = async (nodes: readonly Node[]): Promise<BlobId> => {
    const encoder = new TreeEncoder();
    for (const one of nodes) encoder.add(one);
    const bytes = encoder.finish();
    const id = createHash("sha256").update(bytes).digest();
    await writer.add("tree", id, bytes);
    made.treeBlobs++;
    return idFromBytes<BlobId>(id);
  };
  const files = Math.ceil(count / BLOBS_OF_FILE);
  for (const [from, to] of [
    [0, files / 2],
    [files / 2, files],
  ] as const) {
    const folders: Node[] = [];
    let nodes: Node[] = [];
    const close = async (): Promise<void> => {
      const name = `folder-${String(folders.length).padStart(6, "0")}`;
      folders.push(node(name, { type: "dir", content: null, subtree: await tree(nodes) }));
      nodes = [];
    };
    for (let i = Math.floor(from); i < Math.floor(to); i++) {
      const one = await file(`file-${String(i).padStart(8, "0")}`);
      if (i % UNUSED_EVERY === 0) made.unusedBlobs += BLOBS_OF_FILE;
      else nodes.push(one);
      if (nodes.length === FILES_OF_FOLDER) await close();
    }
    if (nodes.length > 0) await close();
    const root = await tree(folders);
    await writer.flush();
    await repository.saveSnapshot({
      time: `2026-01-0${from === 0 ? 1 : 2}T00:00:00Z`,
      tree: root,
      paths: ["/many"],
      hostname: "many",
      username: "",
    });
  }
  await repository.storage.close();
  return made;
}

function node(name: string, rest: Pick<Node, "type" | "content"> & Partial<Node>): Node {
  const mode = rest.type === "dir" ? 0x8000_0000 + 0o755 : 0o644;
  const [mtime, atime, ctime] = [TIME, TIME, TIME];
  return { name, mode, mtime, atime, ctime, uid: 0, gid: 0, ...rest };
}
