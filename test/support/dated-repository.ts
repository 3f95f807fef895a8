/** A repository with snapshots of different times, for tests of what is kept of them. */
import type { BlobId, Snapshot, SnapshotSummary } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { createLocalStorage } from "@tastic/storage";
import { makeCheapRepository } from "./cheap-repository.js";
import { testPassword } from "./programs.js";

const summary: SnapshotSummary = {
  backupStart: "2024-01-01T00:00:00Z",
  backupEnd: "2024-01-01T00:00:01Z",
  filesNew: 1,
  filesChanged: 0,
  filesUnmodified: 2,
  dirsNew: 1,
  dirsChanged: 0,
  dirsUnmodified: 0,
  dataBlobs: 1,
  treeBlobs: 1,
  dataAdded: 10,
  dataAddedPacked: 5,
  totalFilesProcessed: 3,
  totalBytesProcessed: 4321,
};

/** Of two hosts, with one, two or no paths in common, in several time zones, with and without tags and sizes. */
const SNAPSHOTS: readonly Partial<Snapshot>[] = [
  { time: "2023-11-05T23:30:00-05:00", tags: ["old"] },
  { time: "2023-12-31T23:30:00Z", tags: ["weekly", "a b"] },
  { time: "2024-01-01T00:30:00.25+01:00" },
  { time: "2024-01-01T10:00:00Z", tags: ["daily"] },
  { time: "2024-01-01T10:40:00Z", tags: ["daily", "weekly"], summary },
  { time: "2024-01-02T09:00:00Z", paths: ["/two", "/one"], tags: ["b", "a"] },
  { time: "2024-01-08T09:00:00Z", paths: ["/one", "/two"], tags: ["a", "b"] },
  { time: "2024-02-29T09:00:00+05:45", paths: ["/one", "/two"] },
  { time: "2024-01-05T09:00:00Z", hostname: "second" },
  { time: "2024-03-31T09:00:00+02:00", hostname: "second", tags: ["<&>"] },
  { time: "2100-01-01T00:00:00Z", hostname: "second", tags: ["future"] },
];
export const SNAPSHOT_COUNT = SNAPSHOTS.length;

/** Makes a repository at `path`, whose snapshots have no trees. */
export async function makeDatedRepository(path: string): Promise<void> {
  await makeCheapRepository(path);
  const repository = await Repository.open(createLocalStorage(path), { password: testPassword });
  for (const more of SNAPSHOTS) {
    const tree = "ab".repeat(32) as BlobId;
    await repository.saveSnapshot({ time: "", tree, paths: ["/one"], hostname: "first", ...more });
  }
}
