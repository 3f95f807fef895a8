/**
 * Commands on a repository in a real S3 server, killed at any moment: nothing that was committed is lost, restic finds no
 * damage, and the next run goes on.
 *
 *   TASTIC_KILL_MOMENTS=100   how many moments, 8 if not given
 */
import { Repository } from "@tastic/repository";
import type { Storage } from "@tastic/storage";
import { createS3Storage } from "@tastic/storage-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { killAtMoments, KILL_MOMENTS, SLOW_WITH_KILLS } from "./support/kill-moments.js";
import { makeManyFiles } from "./support/many-files.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRestic,
  newBucketName,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";
import { treeOf } from "./support/trees.js";

describeWithCeph("on Ceph", () => {
  describeWithRestic("killed with SIGKILL", () => {
    let repo: string;
    let env: Record<string, string>;
    let source: string;
    let storage: Storage;
    afterAll(() => storage.close());

    beforeAll(async () => {
      const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
      const bucket = newBucketName();
      repo = `s3:http://${endpoint}/${bucket}/p`;
      env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        TASTIC_PACK_SIZE: "4",
      };
      storage = createS3Storage({
        location: { endpoint, useHttps: false, bucket, prefix: "p" },
        credentials: { kind: "keys", accessKeyId, secretAccessKey },
      });
      await Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
      source = `${await temporaryFolder()}/source`;
      await makeManyFiles(source, 100);
    });

    it(
      `at ${KILL_MOMENTS} moments, backup loses nothing, and the next one completes`,
      SLOW_WITH_KILLS,
      async () => {
        const home = await temporaryFolder();
        const args = ["backup", "--no-cache", "--force", source];
        const restic = async (...command: string[]) => succeed(await runRestic(command, { repo, env, home }));
        const snapshots = async (): Promise<string[]> => {
          const names: string[] = [];
          for await (const { name } of storage.list("snapshot")) names.push(name);
          return names;
        };
        let committed: string[] = [];
        await killAtMoments({
          args,
          // New files each time, so that there is something to store.
          async prepare(moment) {
            await makeManyFiles(`${source}/more-${moment}`, 30);
            return { repo, env, home };
          },
          async afterKill() {
            const now = await snapshots();
            expect(now).toEqual(expect.arrayContaining(committed));
            await restic("check", "--read-data", "--no-lock");
          },
          async afterNext() {
            const now = await snapshots();
            expect(now).toEqual(expect.arrayContaining(committed));
            expect(now.length).toBeGreaterThan(committed.length);
            committed = now;
          },
        });
        // The next runs went on without anyone's help, beside the locks of the dead.
        succeed(await runTastic(["unlock"], { repo, env, home }));
        await restic("check", "--read-data");
        // With its cache: without, restic asks for each of some hundred trees again and again, at 40 ms a request.
        await restic("restore", `latest:${source}`, "--target", `${home}/restored`);
        expect(await treeOf(`${home}/restored`)).toEqual(await treeOf(source));
      },
    );
  });
});
