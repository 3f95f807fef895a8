/** restic and our library take turns on one repository: on rest-server, through rclone, and over SFTP. */
import { join } from "node:path";
import { parseId, type SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { backup, check, restore } from "@tastic/snapshots";
import type { Storage } from "@tastic/storage";
import {
  createRcloneStorage,
  createRestStorage,
  parseRcloneLocation,
  parseRestLocation,
} from "@tastic/storage-rest";
import { createSftpStorage, parseSftpLocation } from "@tastic/storage-sftp";
import { expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import {
  describeWithRclone,
  describeWithRestic,
  describeWithRestServer,
  describeWithSftpServer,
  jsonLines,
  rclone,
  runRestic,
  sftpServer,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";
import { startRestServer } from "./support/rest-server.js";
import { treeOf, writeFiles } from "./support/trees.js";

interface Place {
  readonly repo: string;
  /** restic's options before the command. */
  readonly options: readonly string[];
  readonly open: () => Storage;
}

/** Declares the test for a place; the repository is made by one of the two. */
function takeTurns(name: string, find: (folder: string) => Promise<Place>): void {
  describeWithRestic(name, () => {
    it.each(["restic", "tastic"])("a repository that %s made", { timeout: 120_000 }, async (maker) => {
      const folder = await temporaryFolder();
      const { repo, options, open } = await find(folder);
      const restic = async (...args: string[]) =>
        succeed(await runRestic([...options, ...args], { repo, cwd: folder }));
      const using = async <T>(work: (repository: Repository) => Promise<T>): Promise<T> => {
        const storage = open();
        try {
          const repository = await Repository.open(storage, { password: testPassword });
          const lock = await repository.lock({ exclusive: false });
          try {
            return await work(repository);
          } finally {
            await lock.release();
          }
        } finally {
          await storage.close();
        }
      };

      if (maker === "restic") await restic("init");
      else {
        const storage = open();
        await Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
        await storage.close();
      }
      const source = join(folder, "source");
      const save = () =>
        using(async (repository) => {
          await repository.loadIndex();
          const { snapshotId } = await backup(repository, {
            targets: [source],
            programVersion: "t",
            workers: 0,
          });
          return snapshotId!;
        });

      const trees: Record<string, string>[] = [];
      const snapshots: string[] = [];
      // Opening what restic made takes as long as its key wants.
      for (const round of maker === "tastic" ? [1, 2] : [1]) {
        await writeFiles(source, { [`ours${round}`]: sampleBytes(3_000_000, round), "d/same": "same" });
        trees.push(await treeOf(source));
        snapshots.push(await save());
        await writeFiles(source, { [`theirs${round}`]: sampleBytes(3_000_000, -round), empty: null });
        trees.push(await treeOf(source));
        const said = jsonLines(await restic("backup", "--json", source)) as { snapshot_id?: string }[];
        snapshots.push(said.at(-1)!.snapshot_id!);
      }

      await restic("check", "--read-data");
      await using(async (repository) => {
        const { errorCount } = await check(repository, { readData: { kind: "all" }, workers: 0 });
        expect(errorCount).toBe(0);
      });
      for (const [i, id] of snapshots.entries()) {
        const target = join(folder, `restored${i}`);
        // Each restores what the other one saved.
        if (i % 2 === 0) await restic("restore", `${id}:${source}`, "--target", target);
        else {
          await using(async (repository) => {
            await repository.loadIndex();
            const { tree: treeId } = await repository.loadSnapshot(parseId<SnapshotId>(id, "the snapshot"));
            await restore(repository, { treeId, subfolder: source }, { target, workers: 0 });
          });
        }
        expect(await treeOf(target)).toEqual(trees[i]);
      }
      expect((await restic("list", "locks")).stdout).toBe("");
    });
  });
}

describeWithRestServer("on rest-server", () => {
  takeTurns("with restic", async () => {
    const server = await startRestServer({ user: { name: "anna", password: "secret" } });
    onTestFinished(() => server.stop());
    const repo = `rest:${server.url.replace("//", "//anna:secret@")}repo/`;
    return { repo, options: [], open: () => createRestStorage({ location: parseRestLocation(repo) }) };
  });
});

describeWithRclone("through rclone", () => {
  takeTurns("with restic", async (folder) => {
    const repo = `rclone:${join(folder, "repository")}`;
    return {
      repo,
      options: ["-o", `rclone.program=${rclone}`],
      open: () => createRcloneStorage({ location: parseRcloneLocation(repo), program: [rclone!] }),
    };
  });
});

describeWithSftpServer("over SFTP", () => {
  takeTurns("with restic", async (folder) => {
    const repo = `sftp:host:${join(folder, "repository")}`;
    return {
      repo,
      options: ["-o", `sftp.command=${sftpServer}`],
      open: () => createSftpStorage({ location: parseSftpLocation(repo), command: [sftpServer!] }),
    };
  });
});
