/** Two stateless gateways at once over one bucket in a real Ceph, with restic and tastic as clients of both. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRestServer, createStorageRepositories, listen, type DocumentStore } from "@tastic/rest-server";
import { openS3Bucket, s3OptionsFrom } from "@tastic/storage-s3";
import { expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import { mortal } from "./support/mortal-documents.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRestic,
  newBucketName,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import {
  initCheaply,
  live,
  restic,
  restUrl,
  tasticBackup,
  tasticCheck,
  type Runner,
} from "./support/rest-clients.js";
import { call, serveRest, sha256 } from "./support/serve-rest.js";
import { treeOf, writeFiles } from "./support/trees.js";

/** tastic's life takes as long again: with TASTIC_FULL_SCALE=1 both programs live at once. */
const livesHere: Record<string, Runner> = {
  restic: runRestic,
  ...(process.env["TASTIC_FULL_SCALE"] === "1" ? { tastic: runTastic } : {}),
};

async function bucket() {
  const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const location = { endpoint, useHttps: false, bucket: newBucketName(), prefix: "backups" };
  const path = `s3:http://${endpoint}/${location.bucket}/backups`;
  return { env, path, open: () => openS3Bucket({ location, ...s3OptionsFrom({ environment: env }) }) };
}

describeWithRestic("tastic serve rest", () => {
  describeWithCeph("over a bucket in Ceph", () => {
    it("documents lose no change of many writers at once", async () => {
      const place = (await bucket()).open();
      await place.prepare();
      const writers = Array.from({ length: 4 }, () => place.documents(".tastic"));
      let done = 0;
      await Promise.all(
        writers.map(async (documents) => {
          for (let i = 0; i < 5;) {
            const old = await documents.read("counter");
            if (!(await documents.write("counter", String(Number(old?.content ?? 0) + 1), old?.version)))
              continue;
            i++;
            done++;
          }
        }),
      );
      expect([(await writers[0]!.read("counter"))?.content, done]).toEqual(["20", 20]);
      const made = await Promise.all(
        writers.map((documents, i) => documents.write("once", String(i), undefined)),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      await place.close();
    });

    it("a gateway that died is noticed by another, which counts anew", async () => {
      const place = (await bucket()).open();
      onTestFinished(() => place.close());
      await place.prepare();
      const documents = place.documents(".tastic");
      const start = async (own: DocumentStore) => {
        const repositories = createStorageRepositories({
          location: place.location,
          open: (below) => place.open(below),
          documents: own,
        });
        const server = await createRestServer({
          repositories,
          documents: own,
          authentication: { kind: "none" },
          repositoryLimit: 1_000_000,
          signOfLife: 300,
        });
        await server.start();
        const listening = await listen(server.handle, { address: "127.0.0.1:0" });
        onTestFinished(async () => {
          await listening.close(0);
          await server.stop();
        });
        return { server, url: `http://${listening.address}/` };
      };
      const killed = mortal(documents);
      const [one, two] = [await start(documents), await start(killed.documents)];
      const upload = async (url: string, size: number) => {
        const body = sampleBytes(size, size);
        expect((await call(url, "POST", `/r/data/${sha256(body)}`, { body })).status).toBe(200);
      };
      await upload(one.url, 100);
      await one.server.usage.flush();
      await upload(two.url, 2000);
      await upload(two.url, 30_000);
      killed.kill();
      expect(await one.server.usage.of(["r"])).toEqual({ objects: 100, trash: 0 });
      await expect
        .poll(() => one.server.usage.of(["r"]), { timeout: 30_000 })
        .toEqual({ objects: 32_100, trash: 0 });
    });

    it(
      "two gateways at once serve restic's whole life, accounts and the trash",
      { timeout: 180_000 },
      async () => {
        const { env, path } = await bucket();
        const folder = await temporaryFolder();
        const password = join(folder, "password");
        await writeFile(password, "secret");
        const operate = (...args: string[]) => runTastic(["serve", "rest", "--path", path, ...args], { env });
        succeed(await operate("--account", "create", "alice", "--account-password-file", password));
        const args = ["--path", path, "--private-repos"];
        const [one, two] = await Promise.all([
          serveRest({ noAuth: false, args, env }),
          serveRest({ noAuth: false, args, env }),
        ]);
        const alice = { name: "alice", password: "secret" };
        const login = { user: "alice", password: "secret" };

        // Each command of a life goes to the other gateway than the one before.
        await Promise.all(
          Object.entries(livesHere).map(async ([name, run]) => {
            const own = join(folder, name);
            const lived = join(own, "source");
            await mkdir(own);
            await live(run, {
              repos: [one, two].map(({ url }) => restUrl(url, `alice/${name}`, alice)),
              other: restUrl(two.url, `alice/${name}-copy`, alice),
              folder: own,
              source: lived,
              add: (round) =>
                writeFiles(lived, {
                  [`${round}/big`]: sampleBytes(3_000_000, round),
                  small: `hello ${round}`,
                }),
            });
            expect(await treeOf(join(own, "restored", lived))).toEqual(await treeOf(lived));
          }),
        );

        // Clients of both gateways in one repository at once.
        const [here, there] = [
          restUrl(one.url, "alice/shared", alice),
          restUrl(two.url, "alice/shared", alice),
        ];
        await initCheaply(here);
        // Ten clients of both kinds, five of them at each gateway.
        const sources = Array.from({ length: 10 }, (_, i) => join(folder, `source${i}`));
        await Promise.all(
          sources.map((source, i) =>
            writeFiles(source, { own: sampleBytes(1_000_000, i + 1), same: sampleBytes(500_000, 99) }),
          ),
        );
        await Promise.all(
          sources.map((source, i) =>
            i % 2 === 0
              ? restic(i < 5 ? here : there, ["backup", source])
              : tasticBackup(i < 5 ? here : there, source),
          ),
        );
        const snapshots = JSON.parse((await restic(here, ["snapshots", "--json"])).stdout) as unknown[];
        expect(snapshots).toHaveLength(10);
        await restic(there, ["check", "--read-data"]);
        await tasticCheck(here);

        // What one deletes the other does not have; an upload of both at once is one object.
        const body = Buffer.from("an object of both");
        const url = `/alice/shared/data/${sha256(body)}`;
        const posted = await Promise.all(
          [one, two].map((server) => call(server.url, "POST", url, { ...login, body })),
        );
        expect(posted.map(({ status }) => status)).toEqual([200, 200]);
        expect((await call(two.url, "POST", url, { ...login, body: "another" })).status).toBe(403);
        expect((await call(two.url, "DELETE", url, login)).status).toBe(200);
        expect((await call(one.url, "GET", url, login)).status).toBe(404);
        succeed(await operate("--undelete", "--restore", "alice/shared"));
        expect((await call(one.url, "GET", url, login)).text).toBe("an object of both");

        // A change of an account is seen at both within seconds.
        succeed(await operate("--account", "suspend", "alice"));
        for (const server of [one, two]) {
          await expect
            .poll(async () => (await call(server.url, "GET", url, login)).status, { timeout: 15_000 })
            .toBe(403);
        }
        await Promise.all([one.stop(), two.stop()]);
      },
    );
  });
});
