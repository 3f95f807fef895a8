import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { deriveCredentials, parseName, type MinioFields } from "@tastic/threebot";
import { describe, expect, it, onTestFinished } from "vitest";
import { treeOf } from "../../../test/support/trees.js";
import {
  backupNow,
  day,
  emptyFolder,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
} from "./owner-support.js";
import { startS3Store, type S3Store } from "./s3-store.js";

const secretKey = "canary-secret-key-of-the-owner";
const minioPassword = "canary password of the Minio";

function fieldsOf(store: S3Store, change: Partial<MinioFields> = {}): MinioFields {
  return { url: store.url, accessKey: store.accessKey, secretKey, password: minioPassword, ...change };
}

describe("the marketplace", () => {
  it("is set up with a name, a password and a token, and again without the token", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    await expect(owner.setUpMarketplace({ name: "alice", password })).rejects.toMatchObject({
      code: "wrong-password",
    });
    expect((await owner.status()).verdict).toBe("new");
    await expect(owner.setUpMarketplace({ name: "alice", password, token: "made up" })).rejects.toMatchObject(
      { code: "access-denied" },
    );
    const place = await owner.setUpMarketplace({ name: " Alice ", password, token });
    expect(place).toMatchObject({ place: "marketplace", state: "ready", automatic: true });
    expect(place.copies.map(({ id, url }) => [id, url])).toEqual(
      world.servers.map(({ url }, at) => [`marketplace-${at + 1}`, `${url}alice/`]),
    );
    expect(await owner.setUpMarketplace({ name: "alice", password })).toMatchObject({ state: "ready" });
    await expect(owner.setUpMarketplace({ name: "bob", password, token })).rejects.toMatchObject({
      code: "already-exists",
    });
  });

  it("defects 4 and 5, threat 16: neither it nor a server ever sees what opens a repository", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(owner, "marketplace");
    const { loginSecret, repositoryPassword } = await deriveCredentials(parseName("alice"), password);
    const seen = [...world.marketplace.seen, ...world.servers.flatMap((server) => server.seen)].join("\n");
    expect(world.marketplace.seen.join()).toContain(loginSecret);
    for (const secret of [password, repositoryPassword]) {
      expect(seen).not.toContain(secret);
      expect(seen).not.toContain(Buffer.from(secret).toString("base64"));
    }
    for (const server of world.servers)
      for (const line of server.seen) expect(line.split(" ")[1]).not.toContain(loginSecret);
  });

  it("defects 3 and 17: a fresh 3Bot never backs its emptiness up over a history before it was decided", async () => {
    const world = await startWorld();
    const first = await startThreebot(world);
    await fillHome(first.home);
    await first.owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(first.owner, "marketplace");
    await first.owner.stop();

    const second = await startThreebot(world);
    await fillHome(second.home);
    const place = await second.owner.setUpMarketplace({ name: "alice", password });
    expect(place).toMatchObject({ state: "recovery-undecided", nextBackup: undefined });
    await second.owner.start();
    await world.clock.pass(3 * day);
    await expect(second.owner.backup({ place: "marketplace" })).rejects.toThrow(/nothing was decided/);
    expect(await second.owner.runs({ limit: 10 })).toEqual([]);
    expect(await second.owner.status()).toMatchObject({ verdict: "unsafe" });
    await second.owner.setAutomatic("marketplace", false);
    expect(await second.owner.decide("marketplace", "keep-this")).toMatchObject({ state: "ready" });
    expect((await backupNow(second.owner, "marketplace")).state).toBe("done");
  });

  it("defect 3: a server that cannot be asked may have the history, so nothing is decided without it", async () => {
    const world = await startWorld();
    const first = await startThreebot(world);
    await fillHome(first.home);
    await first.owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(first.owner, "marketplace");
    await first.owner.stop();
    await emptyFolder(join(world.servers[1].folder, "alice"));
    await world.servers[0].stop();
    const second = await startThreebot(world);
    const place = await second.owner.setUpMarketplace({ name: "alice", password });
    expect(place.state).toBe("recovery-undecided");
    expect(place.copies[0]).toMatchObject({ state: "unreachable", problem: { code: "storage-failed" } });
  });

  it("defect 6: names do not collapse; a 3Bot reaches only what is its own", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMarketplace({ name: "victim", password, token });
    await backupNow(owner, "marketplace");
    const other = await startThreebot(world);
    const place = await other.owner.setUpMarketplace({ name: "victim.x", password, token });
    expect(place).toMatchObject({ state: "ready" });
    expect(await other.owner.snapshots("marketplace")).toEqual([]);
  });

  it("threat 29: keeps secrets sealed at rest, and readable by the service alone", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const lines: string[] = [];
    const note = (message: string, fields?: object): void =>
      void lines.push(message + JSON.stringify(fields));
    const log = { debug: note, info: note, warn: note, error: note };
    const { owner, home, stateFolder } = await startThreebot(world, { log });
    await fillHome(home);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.setUpMinio(fieldsOf(store));
    await owner.changeSettings({
      smtpPassword: "canary of the mail",
      notifications: (await owner.settings()).notifications,
    });
    const runs = [await backupNow(owner, "marketplace"), await backupNow(owner, "minio")];
    const derived = await deriveCredentials(parseName("alice"), password);
    const secrets = [
      password,
      secretKey,
      minioPassword,
      "canary of the mail",
      token,
      derived.loginSecret,
      derived.repositoryPassword,
    ];
    const answers = JSON.stringify([await owner.status(), await owner.settings(), runs]);
    const logs = (await Promise.all(runs.map(({ id }) => owner.log(id)))).join("\n") + lines.join("\n");
    const files: string[] = [];
    for (const entry of await readdir(stateFolder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(await readFile(join(entry.parentPath, entry.name), "utf8"));
    }
    for (const secret of secrets)
      for (const text of [answers, logs, ...files]) expect(text).not.toContain(secret);
    expect((await stat(stateFolder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(stateFolder, "secret.key"))).mode & 0o777).toBe(0o600);
  });
});

describe("a Minio", () => {
  it("is looked at without changing anything: new, existing, wrong key, wrong password", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    expect(await owner.testMinio(fieldsOf(store))).toMatchObject({ found: "new", problem: undefined });
    expect(store.buckets.size + store.objects.size).toBe(0);
    expect(await owner.testMinio(fieldsOf(store, { accessKey: "NOBODY" }))).toMatchObject({
      found: "wrong-keys",
    });
    await owner.setUpMinio(fieldsOf(store));
    expect([...store.buckets]).toEqual(["threebotbackup"]);
    const run = await backupNow(owner, "minio", ["first"]);
    expect(run.state, await explain(owner, run)).toBe("done");
    expect(await owner.testMinio(fieldsOf(store))).toMatchObject({ found: "existing", snapshots: 1 });
    const wrong = await owner.testMinio(fieldsOf(store, { password: "another" }));
    expect(wrong).toMatchObject({ found: "wrong-password", problem: { code: "wrong-password" } });
  });

  it("defect 1: automatic backups reach it, with the keys that were entered", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    expect(await owner.setUpMinio(fieldsOf(store))).toMatchObject({ state: "ready", automatic: false });
    await owner.setAutomatic("minio", true);
    await owner.start();
    await expect
      .poll(async () => (await owner.runs({ limit: 9 })).map(({ state, by }) => [state, by]), {
        timeout: 20_000,
      })
      .toEqual([["done", "schedule"]]);
    expect(await owner.snapshots("minio")).toHaveLength(1);
  });

  it("defects 8 and 13: fields that do not work change nothing that did; new ones count at once", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMinio(fieldsOf(store));
    await backupNow(owner, "minio");
    for (const wrong of [
      { accessKey: "TYPO" },
      { password: "typo" },
      { url: "http://127.0.0.1:1" },
      { secretKey: "" },
    ]) {
      await expect(owner.setUpMinio(fieldsOf(store, wrong))).rejects.toThrow();
    }
    const run = await backupNow(owner, "minio");
    expect(run.state, await explain(owner, run)).toBe("done");
    expect(await owner.snapshots("minio")).toHaveLength(2);
    await owner.setUpMinio(fieldsOf(store, { prefix: "moved/here" }));
    expect((await owner.status()).places[1]).toMatchObject({ lastBackup: undefined });
    await backupNow(owner, "minio");
    expect(await owner.snapshots("minio")).toHaveLength(1);
    expect([...store.objects.keys()]).toContain("threebotbackup/moved/here/config");
  });

  it("defect 23: two 3Bots on one Minio have prefixes of their own, or one says that it is taken", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const first = await startThreebot(world);
    const second = await startThreebot(world);
    await first.owner.setUpMinio(fieldsOf(store));
    const finding = await second.owner.testMinio(fieldsOf(store, { password: "of the second" }));
    expect(finding.problem?.guidance).toMatch(/bucket or prefix of your own/);
    await second.owner.setUpMinio(fieldsOf(store, { password: "of the second", prefix: "second" }));
    const own = await second.owner.testMinio(
      fieldsOf(store, { password: "of the second", prefix: "second" }),
    );
    expect(own.found).toBe("existing");
  });

  it("defects 2 and 20: is recovered from its fields on another machine", async () => {
    const world = await startWorld();
    const store = await startS3Store();
    const first = await startThreebot(world);
    await fillHome(first.home);
    await first.owner.setUpMinio(fieldsOf(store));
    await backupNow(first.owner, "minio");
    const before = await treeOf(first.home);
    await first.owner.stop();
    const second = await startThreebot(world);
    const from = { place: "minio", ...fieldsOf(store) } as const;
    const found = await second.owner.findRecoverable(from);
    expect(found.copies[0]?.finding).toMatchObject({ found: "existing", snapshots: 1 });
    const run = await ended(second.owner, await second.owner.recover({ from }));
    expect(run.state, await explain(second.owner, run)).toBe("done");
    expect(await treeOf(second.home)).toEqual(before);
    expect((await second.owner.status()).places[1]).toMatchObject({ place: "minio", state: "ready" });
    const again = await backupNow(second.owner, "minio");
    expect(again.state, await explain(second.owner, again)).toBe("done");
  });

  it("that does not answer is called unreachable within ten seconds", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const store = {
      url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      accessKey: "K",
    } as S3Store;
    const started = performance.now();
    expect(await owner.testMinio(fieldsOf(store))).toMatchObject({ found: "unreachable" });
    expect(performance.now() - started).toBeLessThan(10_500);
    expect(await owner.testMinio(fieldsOf(store, { url: "http://127.0.0.1:1" }))).toMatchObject({
      found: "unreachable",
    });
  });

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]:9000",
    "http://[fe80::1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://0.0.0.0:9000",
    "http://user:secret@minio.example:9000",
    "ftp://minio.example/",
    "rclone:remote:path",
    "sftp:-oProxyCommand=x",
    "file:///etc/passwd",
    "s3:http://host/bucket",
    "http://",
    "",
  ])("threat 22: is never at %j", async (url) => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    const finding = await owner.testMinio({ url, accessKey: "k", secretKey: "s", password: "p" });
    expect(finding).toMatchObject({ found: "refused" });
    expect(JSON.stringify(finding)).not.toContain("secret");
    await expect(
      owner.setUpMinio({ url, accessKey: "k", secretKey: "s", password: "p" }),
    ).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("threat 22: does not follow where it is sent", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    const target = await startS3Store();
    const redirect = createServer((request, response) => {
      response.writeHead(302, { location: `${target.url}${request.url ?? ""}` }).end();
    });
    await new Promise<void>((resolve) => redirect.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      redirect.closeAllConnections();
      redirect.close();
    });
    const url = `http://127.0.0.1:${(redirect.address() as AddressInfo).port}`;
    const finding = await owner.testMinio(fieldsOf(target, { url }));
    expect(finding.found).toBe("unreachable");
    expect(target.seen).toEqual([]);
  });
});
