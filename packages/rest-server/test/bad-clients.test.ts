/** Clients that are slow, wrong, greedy or gone: each gets a clear answer, leaves nothing behind, and harms nobody else. */
import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TasticError } from "@tastic/errors";
import { createLocalRepositories, type ObjectStore, type Repositories } from "@tastic/rest-server";
import { call, sha256, startServer, temporaryFolder, type TestServer } from "./support.js";

const content = randomBytes(200_000);
const name = sha256(content);

interface Raw {
  readonly socket: Socket;
  /** What has come when the server has answered or closed the connection, or `milliseconds` have passed. */
  readonly answer: (milliseconds?: number) => Promise<string>;
}

function raw(server: TestServer, text: string): Raw {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let received = "";
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    // The server waits a while for a client that is still sending, so that it gets to read the answer.
    socket.once("data", () => setTimeout(resolve, 200));
  });
  socket.on("error", () => undefined);
  socket.on("data", (data) => (received += data.toString("latin1")));
  socket.write(text);
  return {
    socket,
    answer: async (milliseconds = 5_000) => {
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
      socket.destroy();
      return received;
    },
  };
}

const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? "none";

/** Files that are neither objects nor the server's own, in all repositories. */
async function leftovers(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".tastic"))
    .map((entry) => entry.name)
    .filter((file) => !/^(?:[0-9a-f]{64}|config)$/.test(file));
}

/** What this process has open below a folder. */
function openBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

/** The server still does what it is for, and nothing is left of what was refused. */
async function unharmed(server: TestServer): Promise<void> {
  const body = randomBytes(1000);
  expect((await call(server.url, "POST", `/good/data/${sha256(body)}`, { body })).status).toBe(200);
  expect((await call(server.url, "GET", `/good/data/${sha256(body)}`)).body.equals(body)).toBe(true);
  await expect.poll(() => leftovers(server.folder)).toEqual([]);
  if (process.platform === "linux") await expect.poll(() => openBelow(join(server.folder, "r"))).toEqual([]);
}

it("threat 35: slow headers and slow bodies are let go", async () => {
  const server = await startServer({
    timeouts: { headers: 500 },
    settings: { bodyPatience: 500, minimumBodyBytes: 1000 },
  });
  const post = `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const cases: [string, Raw, string[]][] = [
    ["no header at all", raw(server, ""), ["408", "none"]],
    ["half a header", raw(server, "GET /r/config HTTP/1.1\r\nhost: x\r\nx-slow: "), ["408", "none"]],
    ["no body", raw(server, post), ["408"]],
    ["half a body", raw(server, post + "x".repeat(100)), ["408"]],
  ];
  // A byte now and again is as good as none.
  const drip = raw(server, post);
  const dripping = setInterval(() => drip.socket.write("x"), 100);
  cases.push(["a byte at a time", drip, ["408"]]);
  const dripHeader = raw(server, "GET / HTTP/1.1\r\n");
  const drippingHeader = setInterval(() => dripHeader.socket.write("x: y\r\n"), 100);
  cases.push(["a header at a time", dripHeader, ["408", "none"]]);
  await unharmed(server);
  for (const [what, { answer }, expected] of cases) {
    expect([what, expected.includes(statusOf(await answer(20_000)))]).toEqual([what, true]);
  }
  clearInterval(dripping);
  clearInterval(drippingHeader);
  await unharmed(server);
  console.log(`${cases.length} slow clients`);
});

it("a reader that does not read is let go", async () => {
  const server = await startServer({ settings: { bodyPatience: 400 } });
  const large = randomBytes(16 * 1024 * 1024);
  const path = `/r/data/${sha256(large)}`;
  expect((await call(server.url, "POST", path, { body: large })).status).toBe(200);
  const readers = Array.from({ length: 20 }, () => raw(server, `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`));
  for (const { socket } of readers) socket.pause();
  await expect.poll(() => openBelow(join(server.folder, "r")).length, { timeout: 20_000 }).toBe(0);
  for (const { socket } of readers) socket.destroy();
  await unharmed(server);
  console.log(`${readers.length} readers that do not read`);
});

it("wrong requests get a clear status", async () => {
  const server = await startServer({ settings: { maximumObjectSize: 1_000_000 } });
  const get = (path: string, more = ""): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n`;
  const post = (more: string, body = ""): string =>
    `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n${body}`;
  await call(server.url, "POST", "/r/?create=true");
  const table: [string, string, string[]][] = [
    ["a path of a million bytes", get(`/${"a".repeat(1_000_000)}/config`), ["431", "414"]],
    ["a million slashes", get("/".repeat(1_000_000)), ["431", "414"]],
    ["a long path", get(`/${"a/".repeat(4_000)}config`), ["404"]],
    ["a header of a million bytes", get("/r/config", `x: ${"y".repeat(1_000_000)}\r\n`), ["431"]],
    ["ten thousand headers", get("/r/config", "x: y\r\n".repeat(10_000)), ["431"]],
    ["dots", get("/../../../../etc/passwd"), ["404"]],
    ["dots in a repository", get(`/r/../r/data/${name}`), ["404"]],
    ["encoded dots", get("/%2e%2e/%2e%2e/etc/passwd"), ["404"]],
    ["an encoded slash", get(`/r%2Fdata/${name}`), ["404"]],
    ["an encoded slash in a name", get(`/r/data/..%2f..%2fconfig`), ["404"]],
    ["a backslash", get(`/r\\..\\data/`), ["404"]],
    ["a NUL", get("/r%00/config"), ["404"]],
    ["a raw NUL", get("/r\0/config"), ["400"]],
    ["no path", "GET HTTP/1.1\r\n\r\n", ["400"]],
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ["400", "none"]],
    ["a method that nobody knows", "BREW / HTTP/1.1\r\nhost: x\r\n\r\n", ["400", "405"]],
    ["a whole URL of another scheme", get("ftp://x/r/config"), ["404"]],
    ["an absurd range", get("/r/config", "range: bytes=99999999999999999999-\r\n"), ["404"]],
    ["a negative length", post("content-length: -1\r\n"), ["400"]],
    ["no number for a length", post("content-length: x\r\n"), ["400"]],
    ["two lengths", post("content-length: 1\r\ncontent-length: 2\r\n", "xx"), ["400"]],
    [
      "a length and chunks",
      post("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
      ["400"],
    ],
    ["a length beyond all limits", post("content-length: 99999999999999999999\r\n"), ["400", "413"]],
    ["a length above the limit", post("content-length: 1000001\r\n"), ["413"]],
    [
      "chunks above the limit",
      post("transfer-encoding: chunked\r\n", `f4241\r\n${"x".repeat(1_000_001)}\r\n0\r\n\r\n`),
      ["413"],
    ],
    ["chunks that are none", post("transfer-encoding: chunked\r\n", "zz\r\n"), ["400"]],
    ["an encoding that nobody knows", post("transfer-encoding: gzip\r\n"), ["400", "501"]],
    ["no length at all", post(""), ["400"]],
    ["an empty body", post("content-length: 0\r\n"), ["400"]],
    ["too short", post("content-length: 5\r\n", "12345"), ["400"]],
  ];
  for (const [what, text, expected] of table) {
    const status = statusOf(await raw(server, text).answer(10_000));
    expect([what, status, expected.includes(status)]).toEqual([what, status, true]);
  }
  await unharmed(server);
  console.log(`${table.length} wrong requests`);
});

it("uploads that break off at any byte leave nothing", async () => {
  const server = await startServer();
  await call(server.url, "POST", "/r/?create=true");
  const head = `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const lengths = [0, 1, 100, 65_535, 65_536, 65_537, 100_000, 199_999];
  await Promise.all(
    lengths.flatMap((length) =>
      ["destroy", "end"].map(async (how) => {
        const { socket } = raw(server, head);
        await new Promise((resolve) => socket.write(content.subarray(0, length), resolve));
        if (how === "destroy") socket.resetAndDestroy();
        else socket.end();
      }),
    ),
  );
  await unharmed(server);
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(404);
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  console.log(`${lengths.length * 2} uploads that broke off`);
});

it("a quota in the middle of a body, and one that is known before, leave no file and no descriptor", async () => {
  const server = await startServer({ repositoryLimit: 100_000 });
  await call(server.url, "POST", "/r/?create=true");
  const rounds = 100;
  for (let i = 0; i < rounds; i++) {
    const headers: Record<string, string> = i % 2 === 0 ? { "transfer-encoding": "chunked" } : {};
    expect((await call(server.url, "POST", `/r/data/${name}`, { body: content, headers })).status).toBe(507);
  }
  await unharmed(server);
  console.log(`${rounds} uploads over quota`);
});

it("a full disk is 507, leaves nothing, and does not keep what is there from being sent again", async () => {
  const folder = join(await temporaryFolder(), "served");
  let full = false;
  const real = createLocalRepositories(folder);
  const repositories: Repositories = {
    location: real.location,
    list: () => real.list(),
    probe: () => real.probe(),
    open: (folders) => failing(real.open(folders), () => full),
  };
  const server = await startServer({ folder, repositories });
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  full = true;
  const other = randomBytes(100_000);
  expect((await call(server.url, "POST", `/r/data/${sha256(other)}`, { body: other })).status).toBe(507);
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  expect((await call(server.url, "GET", `/r/data/${name}`)).body.equals(content)).toBe(true);
  full = false;
  await unharmed(server);
});

/** A store whose disk is full while `full` says so. */
function failing(store: ObjectStore, full: () => boolean): ObjectStore {
  return {
    location: store.location,
    trash: store.trash,
    create: () => store.create(),
    stat: (file) => store.stat(file),
    open: (file) => store.open(file),
    list: (type, options) => store.list(type, options),
    removeUnfinished: (before) => store.removeUnfinished(before),
    remove: (file) => store.remove(file),
    erase: () => store.erase(),
    discard: (file, account, now) => store.discard(file, account, now),
    begin: async (...args: Parameters<ObjectStore["begin"]>) => {
      const writer = await store.begin(...args);
      return {
        write: (piece: Uint8Array) => writer.write(piece),
        commit: () => {
          if (full()) throw new TasticError("no-space", "no space left");
          return writer.commit();
        },
        abort: () => writer.abort(),
      };
    },
  };
}

it("thousands of connections at once do not keep anybody from working", async () => {
  // Both ends are in this process: twice the descriptors.
  const wanted = Number(process.env["TASTIC_SERVER_CONNECTIONS"] ?? 4_000);
  const server = await startServer({ timeouts: { headers: 60_000 } });
  const sockets: Socket[] = [];
  for (let made = 0; made < wanted; made += 500) {
    await Promise.all(
      Array.from(
        { length: Math.min(500, wanted - made) },
        () =>
          new Promise<void>((resolve) => {
            const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () => resolve());
            socket.on("error", () => resolve());
            sockets.push(socket);
          }),
      ),
    );
  }
  const before = performance.now();
  await unharmed(server);
  const took = performance.now() - before;
  for (const socket of sockets) socket.destroy();
  await unharmed(server);
  console.log(`${sockets.length} connections; work beside them took ${took.toFixed(0)} ms`);
});
