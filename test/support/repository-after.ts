/** What two repositories must have in common after both tools were given the same command. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { idFromBytes } from "@tastic/format";
import type { KeyId } from "@tastic/format";
import { PackTable, Repository } from "@tastic/repository";
import { listSnapshots } from "@tastic/snapshots";
import { createLocalStorage } from "@tastic/storage";
import { testPassword } from "./programs.js";

export interface DescribeOptions {
  /** `testPassword` if not given. */
  readonly password?: string;
  /** The trees hold times of their own, as those of a stream do: only how many there are is told, and no parent. */
  readonly ownTrees?: boolean;
}

/**
 * All of a repository on the disk but what no two runs agree on: ids of files and of snapshots, moments of now, sealed
 * sizes. Blobs count as often as they are stored.
 * @throws TasticError where it cannot be read
 */
export async function describeRepository(path: string, options: DescribeOptions = {}): Promise<unknown> {
  if (!existsSync(`${path}/config`)) return "no repository";
  const { password = testPassword, ownTrees = false } = options;
  const storage = createLocalStorage(path);
  const repository = await Repository.open(storage, { password });
  try {
    await repository.loadIndex();
    const table = new PackTable(repository.index);
    const blobs = [...table.packs()].flatMap((pack) => table.blobs(pack));
    const names = blobs.map((blob) => {
      const type = repository.index.kind(blob) === 1 ? "tree" : "data";
      return ownTrees && type === "tree" ? type : `${type} ${idFromBytes(repository.index.id(blob))}`;
    });
    const keys = readdirSync(`${path}/keys`).map((id) => ownerOf(`${path}/keys/${id as KeyId}`));
    return {
      version: repository.config.version,
      snapshots: (await listSnapshots(repository))
        .map((snapshot) => {
          const { summary, tree, time, parent, original } = snapshot;
          return JSON.stringify({
            tree: ownTrees ? "of its own" : tree,
            // A moment of now.
            time: Date.now() - Date.parse(time) < 3_600_000 ? "now" : time,
            // restic takes any snapshot for the parent of what a command prints.
            hasParent: ownTrees ? "any" : parent !== undefined,
            hasOriginal: original !== undefined,
            paths: snapshot.paths,
            hostname: snapshot.hostname,
            username: snapshot.username,
            owner: [snapshot.uid, snapshot.gid],
            excludes: snapshot.excludes,
            tags: snapshot.tags,
            summary: summary && {
              ...summary,
              backupStart: "",
              backupEnd: "",
              dataAddedPacked: 0,
              ...(ownTrees && { dataAdded: 0 }),
            },
          });
        })
        .toSorted(),
      blobs: names.toSorted(),
      keys: keys.toSorted(),
      locks: readdirSync(`${path}/locks`).length,
    };
  } finally {
    await storage.close();
  }
}

/** Key files are plain JSON. */
function ownerOf(path: string): string {
  const { username, hostname } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  return `${String(username)}@${String(hostname)}`;
}
