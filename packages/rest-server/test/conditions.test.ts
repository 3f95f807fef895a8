/** Conditions of requests (RFC 9110, section 13): what holds is answered as ever, what does not with 304 or 412. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { createMemoryDocuments, createStorageRepositories } from "@tastic/rest-server";
import { createMemoryStorage } from "@tastic/storage";
import { expect, it } from "vitest";
import { call, sha256, startServer, type TestServer } from "./support.js";

const body = randomBytes(1000);
const name = sha256(body);
const path = `/r/data/${name}`;
const tag = `"${name}"`;
const other = `"${"0".repeat(64)}"`;

async function stored(): Promise<TestServer> {
  const server = await startServer();
  expect((await call(server.url, "POST", path, { body })).status).toBe(200);
  expect((await call(server.url, "POST", "/r/config", { body: "config" })).status).toBe(200);
  return server;
}

/** What a server answers on the wire, headers and all, until it closes. */
function wire(server: TestServer, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
    socket.on("end", () => resolve(text)).on("error", reject);
    socket.write(`${head}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  });
}

it("a reader is told that nothing has changed, with the tag and without a length", async () => {
  const server = await stored();
  for (const method of ["GET", "HEAD"]) {
    const text = await wire(server, `${method} ${path} HTTP/1.1\r\nif-none-match: ${tag}`);
    expect(text).toMatch(/^HTTP\/1\.1 304 /);
    expect(text).toContain(`\r\netag: ${tag}\r\n`);
    expect(text).not.toMatch(/content-length|transfer-encoding/i);
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  }
});

it("conditions of readers hold, or are 304 and 412", async () => {
  const server = await stored();
  const config = (await call(server.url, "HEAD", "/r/config")).headers.etag ?? "";
  expect(config).toMatch(/^"6-\d+"$/);
  const missing = `/r/data/${"1".repeat(64)}`;
  const cases: [path: string, headers: Record<string, string>, status: number][] = [
    [path, { "if-match": tag }, 200],
    [path, { "if-match": "*" }, 200],
    [path, { "if-match": `${other}, ${tag}` }, 200],
    [path, { "if-match": other }, 412],
    [path, { "if-match": `W/${tag}` }, 412],
    [path, { "if-none-match": `W/${tag}` }, 304],
    [path, { "if-none-match": `${other} , ${tag}` }, 304],
    [path, { "if-none-match": "*" }, 304],
    [path, { "if-none-match": other }, 200],
    // The first of the two decides.
    [path, { "if-match": other, "if-none-match": tag }, 412],
    [path, { "if-match": tag, "if-none-match": tag }, 304],
    ["/r/config", { "if-match": config }, 200],
    ["/r/config", { "if-match": '"6-1"' }, 412],
    ["/r/config", { "if-none-match": config }, 304],
    // What is not there is not there, whatever is asked of it.
    [missing, { "if-match": "*" }, 404],
    [missing, { "if-none-match": "*" }, 404],
  ];
  for (const [at, headers, status] of cases) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await call(server.url, method, at, { headers });
      expect([method, headers, answer.status]).toEqual([method, headers, status]);
    }
    // A range that comes with it is served, refused or passed over with the rest.
    const part = await call(server.url, "GET", at, { headers: { ...headers, range: "bytes=1-2" } });
    expect([headers, part.status]).toEqual([headers, status === 200 ? 206 : status]);
  }
  console.log(`${cases.length} conditions, each of GET, HEAD and a range`);
});

it("an upload that is meant for a new object never succeeds twice", async () => {
  const server = await stored();
  const post = async (at: string, content: Buffer | string, headers: Record<string, string>) =>
    (await call(server.url, "POST", at, { body: content, headers })).status;
  for (const at of [path, "/r/config"]) {
    const content = at === path ? body : "config";
    // Without a condition, the same again is as good as new.
    expect(await post(at, content, {})).toBe(200);
    expect(await post(at, content, { "if-none-match": "*" })).toBe(412);
    expect(await post(at, content, { "if-match": "*" })).toBe(200);
    expect(await post(at, content, { "if-match": other })).toBe(412);
  }
  expect(await post(path, body, { "if-match": tag })).toBe(200);
  // Nothing to match, and nothing is made.
  const fresh = randomBytes(500);
  const freshPath = `/r/data/${sha256(fresh)}`;
  expect(await post(freshPath, fresh, { "if-match": "*" })).toBe(412);
  expect((await call(server.url, "GET", freshPath)).status).toBe(404);

  // Ten at once: one of them made it.
  for (let round = 0; round < 5; round++) {
    const content = randomBytes(200_000);
    const at = `/r/data/${sha256(content)}`;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(at, content, { "if-none-match": "*" })),
    );
    expect(answers.sort((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(412)]);
  }
});

it("a deletion that is meant for something else deletes nothing", async () => {
  const server = await stored();
  const config = (await call(server.url, "HEAD", "/r/config")).headers.etag ?? "";
  for (const [at, match] of [
    [path, tag],
    ["/r/config", config],
  ] as const) {
    const remove = async (headers: Record<string, string>) =>
      (await call(server.url, "DELETE", at, { headers })).status;
    expect(await remove({ "if-match": other })).toBe(412);
    expect(await remove({ "if-none-match": "*" })).toBe(412);
    expect((await call(server.url, "GET", at)).status).toBe(200);
    expect(await remove({ "if-match": match })).toBe(200);
    expect((await call(server.url, "GET", at)).status).toBe(404);
    // It has been deleted, which is what was wanted.
    expect(await remove({ "if-match": match })).toBe(200);
  }
});

it("a config in a bucket has no tag, since none would change with it", async () => {
  const documents = createMemoryDocuments();
  const storage = createMemoryStorage();
  const repositories = createStorageRepositories({ location: "memory", open: () => storage, documents });
  const server = await startServer({ repositories, documents });
  await call(server.url, "POST", "/r/config", { body: "config" });
  await call(server.url, "POST", path, { body });
  const get = (at: string, headers: Record<string, string>) => call(server.url, "GET", at, { headers });
  expect((await get("/r/config", {})).headers.etag).toBeUndefined();
  expect((await get("/r/config", { "if-none-match": '"6-0"' })).status).toBe(200);
  expect((await get("/r/config", { "if-match": '"6-0"' })).status).toBe(412);
  expect((await get("/r/config", { "if-match": "*" })).status).toBe(200);
  expect((await get(path, {})).headers.etag).toBe(tag);
});
