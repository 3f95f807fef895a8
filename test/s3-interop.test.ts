/** restic and tastic's engine take turns on one repository in a bucket of a real S3 server. */
import { join } from "node:path";
import type { SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { backup, check, restore } from "@tastic/snapshots";
import { createS3Storage, formatS3Location, s3OptionsFrom, type S3Location } from "@tastic/storage-s3";
import { expect, it } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRestic,
  jsonLines,
  newBucketName,
  runRestic,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

/** A place in Ceph, for both: a bucket that does not exist yet, and below it a prefix. */
async function place(prefix: string) {
  const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
  const location: S3Location = { endpoint, useHttps: false, bucket: newBucketName(), prefix };
  const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const restic = async (args: readonly string[], cwd?: string) => {
    const options = { repo: formatS3Location(location), env: environment, ...(cwd ? { cwd } : {}) };
    return succeed(await runRestic(args, options));
  };
  const storage = () => createS3Storage({ location, ...s3OptionsFrom({ environment }) });
  return { restic, storage };
}

/** Opens the repository with tastic for as long as `work` takes. */
async function withTastic<T>(
  { storage }: Awaited<ReturnType<typeof place>>,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const opened = storage();
  try {
    return await work(await Repository.open(opened, { password: testPassword, packSize: 4 * 2 ** 20 }));
  } finally {
    await opened.close();
  }
}

async function backUp(repository: Repository, target: string) {
  await repository.loadIndex();
  const result = await backup(repository, { targets: [target], programVersion: "test", workers: 1 });
  expect(result.errorCount).toBe(0);
  return result;
}

async function checkAll(repository: Repository): Promise<void> {
  const problems: unknown[] = [];
  const result = await check(repository, {
    readData: { kind: "all" },
    onEvent: (event) => problems.push(event),
  });
  expect(result.errorCount, JSON.stringify(problems)).toBe(0);
}

async function restoreTo(repository: Repository, id: SnapshotId, subfolder: string, target: string) {
  await repository.loadIndex();
  const { tree } = await repository.loadSnapshot(id);
  const result = await restore(repository, { treeId: tree, subfolder }, { target });
  expect(result.errorCount).toBe(0);
}

describeWithRestic("restic", () => {
  describeWithCeph("and tastic, on Ceph", () => {
    it.each(["", "/odd prefix/ü"])("take turns on what restic has made, below %j", async (prefix) => {
      const here = await place(prefix);
      const folder = await temporaryFolder();
      const source = join(folder, "source");
      await writeFiles(source, { "a/big": sampleBytes(9_000_000), "a/small": "hello", empty: "" });
      await here.restic(["init"]);
      const first = await here.restic(["backup", "--json", source]);
      const [summary] = jsonLines(first).slice(-1) as { snapshot_id: SnapshotId }[];
      await writeFiles(source, { "b/new": sampleBytes(3_000_000, 2), "a/small": "hello again" });

      const {
        snapshotId,
        parentId,
        summary: added,
      } = await withTastic(here, (opened) => backUp(opened, source));
      expect(parentId).toBe(summary!.snapshot_id);
      // What restic has stored is found again.
      expect(added.dataAdded).toBeLessThan(3_100_000);
      await here.restic(["check", "--read-data"]);
      await here.restic(["restore", `${snapshotId}:${source}`, "--target", join(folder, "by-restic")]);
      expect(await treeOf(join(folder, "by-restic"))).toEqual(await treeOf(source));

      await writeFiles(source, { "c/newest": sampleBytes(2_000_000, 3) });
      const third = await here.restic(["backup", "--json", source]);
      const [last] = jsonLines(third).slice(-1) as { snapshot_id: SnapshotId; data_added: number }[];
      expect(last!.data_added).toBeLessThan(2_100_000);
      await withTastic(here, (opened) => checkAll(opened));
      await withTastic(here, (opened) =>
        restoreTo(opened, last!.snapshot_id, source, join(folder, "by-tastic")),
      );
      expect(await treeOf(join(folder, "by-tastic"))).toEqual(await treeOf(source));
    });

    it("take turns on what tastic has made", async () => {
      const here = await place("prefix");
      const folder = await temporaryFolder();
      const source = join(folder, "source");
      await writeFiles(source, { "a/big": sampleBytes(6_000_000), "a/small": "hello" });
      const storage = here.storage();
      await Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
      await expect(Repository.init(storage, { password: testPassword })).rejects.toThrow("already exists");
      await storage.close();
      await withTastic(here, (opened) => backUp(opened, source));
      await here.restic(["check", "--read-data"]);
      await here.restic(["backup", source]);
      await here.restic(["forget", "--keep-last", "1", "--prune"]);
      await withTastic(here, (opened) => checkAll(opened));
      await here.restic(["restore", `latest:${source}`, "--target", join(folder, "back")]);
      expect(await treeOf(join(folder, "back"))).toEqual(await treeOf(source));
    });
  });
});
