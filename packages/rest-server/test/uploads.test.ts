/** Uploads: nothing half visible, nothing overwritten, nothing left behind, and the same object twice is no error. */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, sha256, startServer, type TestServer } from "./support.js";

const content = randomBytes(300_000);
const name = sha256(content);

/** All files below a folder but those of the server itself. */
async function files(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".tastic"))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function repository(server: TestServer): Promise<string> {
  expect((await call(server.url, "POST", "/r/?create=true")).status).toBe(200);
  return join(server.folder, "r");
}

it("stores an object where rest-server looks for it", async () => {
  const server = await startServer();
  const folder = await repository(server);
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  expect((await readFile(join(folder, "data", name.slice(0, 2), name))).equals(content)).toBe(true);
  expect(await files(folder)).toHaveLength(1);
});

it("makes folders that are missing, but not that of all repositories", async () => {
  const server = await startServer();
  expect((await call(server.url, "POST", `/new/deep/data/${name}`, { body: content })).status).toBe(200);
  await server.stop();
  const other = await startServer();
  // Again, should the server have written something meanwhile.
  await rm(other.folder, { recursive: true, maxRetries: 10 });
  expect((await call(other.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(404);
});

it("lets nobody see an upload that is not complete (restic/rest-server#142)", async () => {
  const server = await startServer();
  const folder = await repository(server);
  const port = Number(new URL(server.url).port);
  const head = `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const first = connect(port, "127.0.0.1");
  first.write(head);
  first.write(content.subarray(0, 200_000));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await call(server.url, "GET", "/r/data/")).text).toBe("[]");
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(404);
  // A second client is quicker; then the first one breaks off. The object stays.
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  first.destroy();
  await expect.poll(() => files(folder)).toHaveLength(1);
  expect((await call(server.url, "GET", `/r/data/${name}`)).body.equals(content)).toBe(true);
});

it("aborts, deletes and uploads of one object at once end in the object, or none, never in another", async () => {
  const server = await startServer();
  const folder = await repository(server);
  const port = Number(new URL(server.url).port);
  let cases = 0;
  for (let round = 0; round < 20; round++) {
    const aborted = connect(port, "127.0.0.1");
    aborted.on("error", () => undefined);
    aborted.write(`POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`);
    aborted.write(content.subarray(0, round * 15_000));
    const [upload, , again] = await Promise.all([
      call(server.url, "POST", `/r/data/${name}`, { body: content }),
      call(server.url, "DELETE", `/r/data/${name}`),
      call(server.url, "POST", `/r/data/${name}`, { body: content }),
      new Promise((resolve) => setTimeout(() => resolve(aborted.destroy()), round)),
    ]);
    // 503 says: deleted meanwhile, send it again.
    for (const { status } of [upload, again]) expect([200, 503]).toContain(status);
    expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
    expect((await call(server.url, "GET", `/r/data/${name}`)).body.equals(content)).toBe(true);
    cases++;
  }
  await expect.poll(() => files(folder)).toHaveLength(1);
  console.log(`${cases} rounds of aborted, deleted and repeated uploads`);
});

it("takes the same object again, also when append-only, and refuses another (restic/rest-server#196)", async () => {
  for (const appendOnly of [false, true]) {
    const server = await startServer({ policy: { appendOnly } });
    await repository(server);
    for (let i = 0; i < 3; i++) {
      expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
    }
    expect((await call(server.url, "POST", `/r/data/${name}`, { body: "other" })).status).toBe(403);
    expect((await call(server.url, "POST", "/r/config", { body: "config" })).status).toBe(200);
    expect((await call(server.url, "POST", "/r/config", { body: "config" })).status).toBe(200);
    expect((await call(server.url, "POST", "/r/config", { body: "c0nfig" })).status).toBe(403);
    expect((await call(server.url, "GET", "/r/config")).text).toBe("config");
  }
});

it("takes an object again whose stored bytes are damaged, and keeps what was there", async () => {
  const server = await startServer({ policy: { appendOnly: true } });
  const folder = await repository(server);
  await call(server.url, "POST", `/r/data/${name}`, { body: content });
  const path = join(folder, "data", name.slice(0, 2), name);
  await writeFile(path, "spoiled");
  // The client is asked to send it again, which is what restic does after 503.
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(503);
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  expect((await readFile(path)).equals(content)).toBe(true);
  expect(await readdir(join(folder, ".tastic", "trash", "data"))).toHaveLength(1);
});

it("says 500, not 404, for what it cannot read (restic#1871)", async () => {
  const server = await startServer();
  const folder = await repository(server);
  const path = join(folder, "data", name.slice(0, 2), name);
  // A link to itself, which not even root may follow; a folder; and what has no permissions, where that means anything.
  await symlink(name, path);
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(500);
  await rm(path);
  await mkdir(path);
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(500);
  await rm(path, { recursive: true });
  await writeFile(path, content, { mode: 0 });
  const readable = process.getuid?.() === 0;
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(readable ? 200 : 500);
});

it("gives files and folders to the group only where it is asked to", async () => {
  const { createLocalRepositories } = await import("@tastic/rest-server");
  const { stat } = await import("node:fs/promises");
  for (const groupAccessible of [false, true]) {
    const server = await startServer();
    const old = process.umask(0);
    try {
      const store = createLocalRepositories(server.folder, { groupAccessible }).open(["g"]);
      await store.create();
      const writer = await store.begin({ type: "config", name: "" }, 1);
      await writer.write(Buffer.from("x"));
      await writer.commit();
    } finally {
      process.umask(old);
    }
    const mode = async (path: string) => (await stat(join(server.folder, "g", path))).mode & 0o777;
    expect(await mode("data/00")).toBe(groupAccessible ? 0o770 : 0o700);
    expect(await mode("config")).toBe(groupAccessible ? 0o660 : 0o600);
  }
});

it("removes what a killed server has left of its uploads, a day later", async () => {
  const first = await startServer();
  const folder = await repository(first);
  await call(first.url, "POST", `/r/data/${name}`, { body: content });
  await first.stop();
  const old = [
    `data/00/${"0".repeat(64)}.rest-server-temp123`,
    "config.rest-server-tempabc",
    `keys/${name}.rest-server-temp`,
  ];
  const kept = [`data/01/${"1".repeat(64)}.rest-server-temp456`, "data/00/stray"];
  for (const path of [...old, ...kept]) await writeFile(join(folder, path), "x");
  for (const path of [...old, "data/00/stray"])
    await utimes(join(folder, path), 1, Date.now() / 1000 - 25 * 3600);
  await startServer({ folder: first.folder });
  await expect.poll(async () => (await files(folder)).length).toBe(1 + kept.length);
  for (const path of kept) expect(await readFile(join(folder, path), "utf8")).toBe("x");
});

it("breaks off, and lives on, where the disk fails in the middle of an object", async () => {
  const server = await startServer();
  const folder = await repository(server);
  const large = randomBytes(8 * 1024 * 1024);
  const path = `/r/data/${sha256(large)}`;
  await call(server.url, "POST", path, { body: large });
  for (let round = 0; round < 5; round++) {
    const reading = call(server.url, "GET", path).then(
      ({ body }) => body.length,
      () => "broken off",
    );
    // Shorter than it was when the answer began.
    await truncate(join(folder, "data", sha256(large).slice(0, 2), sha256(large)), 100_000 * round);
    expect([large.length, "broken off", 100_000 * round]).toContain(await reading);
    await writeFile(join(folder, "data", sha256(large).slice(0, 2), sha256(large)), large);
  }
  expect((await call(server.url, "GET", path)).body.equals(large)).toBe(true);
});
