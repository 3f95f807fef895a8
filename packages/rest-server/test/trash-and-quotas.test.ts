/** What is deleted can be brought back, and what is stored has limits that are kept. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryDocuments, createStorageRepositories, HtpasswdFile } from "@tastic/rest-server";
import { createMemoryStorage, type Storage } from "@tastic/storage";
import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { all, call, sha256, shaLine, startServer, temporaryFolder } from "./support.js";

const day = 24 * 60 * 60_000;
const object = (size: number) => {
  const body = randomBytes(size);
  return { body, name: sha256(body) };
};

it("brings back what was deleted, until its time is over", async () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const server = await startServer({ now: () => now });
  const [a, b, c] = [object(1000), object(2000), object(10)];
  for (const { name, body } of [a, b]) await call(server.url, "POST", `/r/data/${name}`, { body });
  await call(server.url, "POST", `/r/config`, { body: c.body });
  for (const path of [`data/${a.name}`, `data/${b.name}`, "config"]) {
    expect((await call(server.url, "DELETE", `/r/${path}`)).status).toBe(200);
    expect((await call(server.url, "GET", `/r/${path}`)).status).toBe(404);
    expect((await call(server.url, "DELETE", `/r/${path}`)).status).toBe(200);
  }
  const { trash } = server.server;
  const listed = await all(trash.find({}));
  const texts = listed.map(
    ({ folders, object: { file, size } }) => `${folders.join("/")} ${file.type} ${size}`,
  );
  expect(new Set(texts)).toEqual(new Set(["r config 10", "r pack 1000", "r pack 2000"]));
  now += 13 * day;
  expect(await trash.sweep()).toBe(0);
  expect(await trash.restore({ repository: ["r"] })).toEqual({
    restored: 3,
    replaced: 0,
    bytes: 3010,
    there: 0,
  });
  expect((await call(server.url, "GET", `/r/data/${a.name}`)).body.equals(a.body)).toBe(true);
  await call(server.url, "DELETE", `/r/data/${a.name}`);
  now += 14 * day;
  expect(await trash.sweep()).toBe(0);
  now += 1;
  expect(await trash.sweep()).toBe(1);
  expect(await trash.restore({})).toEqual({ restored: 0, replaced: 0, bytes: 0, there: 0 });
  const audit = (await readFile(join(server.folder, ".tastic", "audit.log"), "utf8")).trim().split("\n");
  const events = audit.map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events).toEqual([
    "deleted",
    "deleted",
    "deleted",
    "undeleted",
    "undeleted",
    "undeleted",
    "deleted",
    "swept",
  ]);
});

it("does not overwrite what has come back by itself, and keeps both", async () => {
  const server = await startServer();
  const a = object(100);
  const paths = [`/r/data/${a.name}`, "/r/config"];
  for (const path of paths) {
    await call(server.url, "POST", path, { body: a.body });
    await call(server.url, "DELETE", path);
  }
  await call(server.url, "POST", "/r/config", { body: "an attacker's" });
  expect(await server.server.trash.restore({})).toEqual({ restored: 1, replaced: 0, bytes: 100, there: 1 });
  expect((await call(server.url, "GET", "/r/config")).text).toBe("an attacker's");
  // The operator takes the false one away, and has the right one again.
  await call(server.url, "DELETE", "/r/config");
  const found = (await all(server.server.trash.find({}))).sort((x, y) => x.object.deleted - y.object.deleted);
  expect(found.map(({ object: { size } }) => size)).toEqual([100, 13]);
});

it("puts the right config back in place of an attacker's, however often that was changed, and stays with it", async () => {
  const memory = createMemoryDocuments();
  const stores = new Map<string, Storage>();
  const open = (path: string): Storage => {
    const storage = stores.get(path) ?? createMemoryStorage();
    stores.set(path, storage);
    return storage;
  };
  const inBucket = createStorageRepositories({ location: "memory", open, documents: memory });
  for (const bucket of [false, true]) {
    let now = Date.parse("2026-01-01T00:20:00Z");
    const options = bucket ? { repositories: inBucket, documents: memory } : {};
    const server = await startServer({ now: () => now, ...options });
    const config = async (body: string) => {
      expect((await call(server.url, "POST", "/r/config", { body })).status).toBe(200);
    };
    const remove = async () => {
      now += 1000;
      expect((await call(server.url, "DELETE", "/r/config")).status).toBe(200);
    };
    // An upgrade of the repository's format, long ago: not what is to come back.
    await config("version 1");
    await remove();
    await config("the right one");
    now += 3_600_000;
    const since = now;
    await remove();
    for (let i = 0; i < 3; i++) {
      await config(`false ${i}`);
      await remove();
    }
    await config("the last false one");
    now += 1000;
    const { trash } = server.server;
    await expect(trash.restore({}, { replace: true })).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await trash.restore({ since })).toMatchObject({ restored: 0, there: 4 });
    const read = async () => (await call(server.url, "GET", "/r/config")).text;
    expect(await read()).toBe("the last false one");
    expect(await trash.restore({ since }, { replace: true })).toMatchObject({ restored: 1, replaced: 1 });
    expect(await read()).toBe("the right one");
    for (let again = 0; again < 2; again++) {
      now += 1000;
      expect(await trash.restore({ since }, { replace: true })).toMatchObject({ restored: 0, replaced: 0 });
      expect(await read()).toBe("the right one");
    }
    // The attacker is back, and so is the config.
    await remove();
    expect(await trash.restore({ since }, { replace: true })).toMatchObject({ restored: 1 });
    expect(await read()).toBe("the right one");
    await server.stop();
  }
});

it("removes at once where the trash is off, and locks always", async () => {
  const server = await startServer({ policy: { trashDays: 0 } });
  const a = object(100);
  await call(server.url, "POST", `/r/data/${a.name}`, { body: a.body });
  await call(server.url, "DELETE", `/r/data/${a.name}`);
  const other = await startServer();
  await call(other.url, "POST", `/r/locks/${a.name}`, { body: a.body });
  await call(other.url, "DELETE", `/r/locks/${a.name}`);
  for (const { server: one } of [server, other]) expect(await all(one.trash.find({}))).toEqual([]);
});

it("lets an account remove its own locks only, or stale ones", async () => {
  const path = join(await temporaryFolder(), "users");
  await writeFile(path, shaLine("alice", "a") + shaLine("bob", "b"));
  let now = Date.now();
  for (const appendOnly of [false, true]) {
    const server = await startServer({
      authentication: { kind: "basic", htpasswd: new HtpasswdFile(path) },
      policy: { appendOnly },
      now: () => now,
    });
    const [alice, bob] = [
      { user: "alice", password: "a" },
      { user: "bob", password: "b" },
    ];
    const lock = object(150);
    const url = `/shared/locks/${lock.name}`;
    expect((await call(server.url, "POST", url, { ...alice, body: lock.body })).status).toBe(200);
    expect((await call(server.url, "DELETE", url, bob)).status).toBe(403);
    expect((await call(server.url, "GET", url, bob)).status).toBe(200);
    expect((await call(server.url, "DELETE", url, alice)).status).toBe(200);
    expect((await call(server.url, "DELETE", url, bob)).status).toBe(200);
    await call(server.url, "POST", url, { ...alice, body: lock.body });
    now += 31 * 60_000;
    expect((await call(server.url, "DELETE", url, bob)).status).toBe(200);
    now = Date.now();
  }
});

it("threat 35: keeps the limits of an account, a repository and the server, also in the middle of a body", async () => {
  const path = join(await temporaryFolder(), "users");
  await writeFile(path, shaLine("alice", "a") + shaLine("bob", "b"));
  const folder = join(await temporaryFolder(), "served");
  const options = {
    folder,
    authentication: { kind: "basic", htpasswd: new HtpasswdFile(path) },
    privateRepositories: true,
    policy: { quota: 10_000 },
    repositoryLimit: 8_000,
    totalLimit: 30_000,
  } as const;
  let server = await startServer(options);
  const post = async (repository: string, size: number, chunked = false) => {
    const { name, body } = object(size);
    const user = repository.split("/")[0]!;
    const headers: Record<string, string> = chunked ? { "transfer-encoding": "chunked" } : {};
    const answer = await call(server.url, "POST", `/${repository}/data/${name}`, {
      user,
      password: user[0]!,
      body,
      headers,
    });
    return { ...answer, name };
  };
  expect((await post("alice/one", 6_000)).status).toBe(200);
  const over = await post("alice/one", 3_000);
  expect([over.status, over.headers["x-quota-used"], over.headers["x-quota-limit"]]).toEqual([
    507,
    "6000",
    "8000",
  ]);
  expect(over.text).toBe("over quota: the repository uses 6000 of 8000 bytes\n");
  // Without a length, it is found out on the way.
  expect((await post("alice/one", 3_000, true)).status).toBe(507);
  const kept = await post("alice/two", 3_500, true);
  expect(kept.status).toBe(200);
  expect((await post("alice/two", 1_000)).text).toBe(
    "over quota: the account alice uses 9500 of 10000 bytes\n",
  );
  // Others are not concerned, and a lock can always be made, so that there is a way to prune.
  expect((await post("bob", 7_000)).status).toBe(200);
  const lock = object(700);
  const lockPath = `/alice/two/locks/${lock.name}`;
  expect(
    (await call(server.url, "POST", lockPath, { user: "alice", password: "a", body: lock.body })).status,
  ).toBe(200);
  expect((await call(server.url, "DELETE", lockPath, { user: "alice", password: "a" })).status).toBe(200);
  // What goes to the trash makes room at once, but not without end.
  expect(
    (await call(server.url, "DELETE", `/alice/two/data/${kept.name}`, { user: "alice", password: "a" }))
      .status,
  ).toBe(200);
  await server.stop();
  // The next server knows what there is.
  server = await startServer(options);
  expect(await server.server.usage.ofAccount("alice")).toEqual({ objects: 6_000, trash: 3_500 });
  let stored = 0;
  for (let i = 0; i < 10; i++) {
    const one = await post("alice/two", 3_500);
    if (one.status === 507) break;
    stored++;
    await call(server.url, "DELETE", `/alice/two/data/${one.name}`, { user: "alice", password: "a" });
  }
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(5);
});

it("lets many uploads at once not pass a limit together", async () => {
  const server = await startServer({ repositoryLimit: 100_000 });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => {
      const { name, body } = object(9_000);
      return call(server.url, "POST", `/r/data/${name}`, { body });
    }),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(11);
  expect(answers.filter(({ status }) => status === 507)).toHaveLength(19);
  expect(await server.server.usage.of(["r"])).toEqual({ objects: 99_000, trash: 0 });
});

it("counts what was there before it had limits", async () => {
  const first = await startServer();
  for (let i = 0; i < 3; i++) {
    const { name, body } = object(1_000);
    await call(first.url, "POST", `/r/data/${name}`, { body });
  }
  await first.stop();
  const second = await startServer({ folder: first.folder, repositoryLimit: 3_500 });
  const { name, body } = object(1_000);
  const answer = await call(second.url, "POST", `/r/data/${name}`, { body });
  expect([answer.status, answer.headers["x-quota-used"]]).toEqual([507, "3000"]);
});
