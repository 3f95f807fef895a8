/** Small repositories in memory, with trees as a test wants them: also such as no honest program writes. */
import { encodeNode, idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, Node, Snapshot, SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import type { RepositoryWriter } from "@tastic/repository";
import { createMemoryStorage } from "@tastic/storage";
import type { Storage } from "@tastic/storage";

export const PASSWORD = "correct horse";

/** A node as a test writes it down: what it leaves out has a plain value. */
export type NodeSketch = Partial<Node> & { readonly name: string; readonly type: Node["type"] };

export const TIME = "2024-05-06T07:08:09.123456789Z";

export function sketchNode(sketch: NodeSketch): Node {
  const modes = { dir: 0x8000_0000 + 0o755, symlink: 0x0800_0000 + 0o777 } as Partial<
    Record<Node["type"], number>
  >;
  return {
    mode: modes[sketch.type] ?? 0o644,
    mtime: TIME,
    atime: TIME,
    ctime: TIME,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    content: sketch.type === "file" ? [] : null,
    ...sketch,
  };
}

export class SampleRepository {
  readonly storage: Storage;
  readonly repository: Repository;
  readonly #writer: RepositoryWriter;

  private constructor(storage: Storage, repository: Repository) {
    this.storage = storage;
    this.repository = repository;
    this.#writer = repository.createWriter();
  }

  static async create(storage: Storage = createMemoryStorage()): Promise<SampleRepository> {
    const options = { password: PASSWORD, scrypt: { N: 2, r: 1, p: 1 }, packSize: 4 << 20 };
    return new SampleRepository(storage, await Repository.init(storage, options));
  }

  /** Stores a blob. */
  async blob(type: "data" | "tree", bytes: Uint8Array): Promise<BlobId> {
    const id = this.repository.crypto.sha256(bytes);
    await this.#writer.add(type, id, bytes);
    return idFromBytes(id);
  }

  /** A file whose content is these blobs. */
  async file(name: string, blobs: readonly (Uint8Array | string)[], more: Partial<Node> = {}): Promise<Node> {
    const bytes = blobs.map((blob) => (typeof blob === "string" ? Buffer.from(blob) : blob));
    const content: BlobId[] = [];
    for (const blob of bytes) content.push(await this.blob("data", blob));
    const size = bytes.reduce((sum, { length }) => sum + length, 0);
    return sketchNode({ name, type: "file", content, ...(size > 0 ? { size } : {}), ...more });
  }

  /** A folder with these nodes in it. */
  async folder(name: string, nodes: readonly Node[], more: Partial<Node> = {}): Promise<Node> {
    return sketchNode({ name, type: "dir", subtree: await this.tree(nodes), ...more });
  }

  /** A tree of nodes, in the order given, whatever it is. */
  tree(nodes: readonly Node[]): Promise<BlobId> {
    return this.rawTree(`{"nodes":[${nodes.map(encodeNode).join(",")}]}\n`);
  }

  rawTree(json: string): Promise<BlobId> {
    return this.blob("tree", Buffer.from(json));
  }

  /** Stores what is pending; the blobs can be loaded from then on. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  async snapshot(tree: BlobId, more: Partial<Snapshot> = {}): Promise<SnapshotId> {
    await this.flush();
    return this.repository.saveSnapshot({
      time: TIME,
      tree,
      paths: ["/x"],
      hostname: "h",
      ...more,
    });
  }

  /** The same repository, opened anew, its index not loaded. */
  reopen(): Promise<Repository> {
    return Repository.open(this.storage, { password: PASSWORD });
  }

  /** The pack that a blob is in. */
  packOf(id: BlobId, kind: 0 | 1): string {
    const { index, blobs } = this.repository;
    return blobs.packId(index.find(idToBytes(id), kind));
  }
}
