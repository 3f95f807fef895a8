/**
 * The sequences and tables of rest-server's own tests of its handlers, over HTTP and the disk: what a client that was
 * written against rest-server relies on. Side by side with the real one they are in test/serve-rest-side-by-side.test.ts.
 */
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { HtpasswdFile, type Authentication } from "@tastic/rest-server";
import { expect, it } from "vitest";
import { leftovers, raw, statusOf } from "./bad-clients-support.js";
import { call, media1, media2, sha256, startServer, temporaryFolder } from "./support.js";

const data = `random data file ${randomBytes(32).toString("hex")}`;
const id = sha256(data);

interface Step {
  readonly request: string;
  readonly body?: string;
  readonly status: number;
  /** What the answer's body has to be. */
  readonly answer?: string;
}

/** A file that is made, and then neither overwritten nor deleted. */
function keptSequence(path: string, content: string): Step[] {
  const there = { request: `GET ${path}`, status: 200, answer: content };
  const broken = { request: `POST ${path}`, body: `${content}broken`, status: 400 };
  return [
    { request: `GET ${path}`, status: 404 },
    // A config has no hash for a name.
    ...(path.endsWith("/config") ? [] : [broken]),
    { request: `POST ${path}`, body: content, status: 200 },
    there,
    { request: `POST ${path}`, body: `${content}other stuff`, status: 403 },
    there,
    { request: `DELETE ${path}`, status: 403 },
    there,
  ];
}

const lockSequence: Step[] = [
  { request: `GET /locks/${id}`, status: 404 },
  { request: `POST /locks/${id}`, body: `${data}broken`, status: 400 },
  { request: `POST /locks/${id}`, body: data, status: 200 },
  { request: `GET /locks/${id}`, status: 200, answer: data },
  { request: `POST /locks/${id}`, body: `${data}other data`, status: 403 },
  { request: `DELETE /locks/${id}`, status: 200 },
  { request: `GET /locks/${id}`, status: 404 },
];

/** A file that is made, and deleted twice. */
const deletedTwice = (path: string): Step[] => [
  { request: `POST ${path}`, body: data, status: 200 },
  { request: `DELETE ${path}`, status: 200 },
  { request: `GET ${path}`, status: 404 },
  { request: `DELETE ${path}`, status: 200 },
];

async function play(url: string, steps: readonly Step[]): Promise<number> {
  for (const { request, body, status, answer } of steps) {
    const [method = "", path = ""] = request.split(" ");
    const got = await call(url, method, path, body === undefined ? {} : { body });
    expect([request, got.status]).toEqual([request, status]);
    if (answer !== undefined) expect([request, got.text]).toEqual([request, answer]);
  }
  return steps.length;
}

const create = (path: string): Step => ({ request: `POST ${path}?create=true`, status: 200 });

it("append-only: files are made, and neither overwritten nor deleted, at every depth", async () => {
  const { url } = await startServer({ policy: { appendOnly: true } });
  const places = ["/", "/parent1/sub1/", "/parent1/", "/parent2/"];
  await play(url, places.map(create));
  const sequences = [
    lockSequence,
    ...places.flatMap((place) => [
      keptSequence(`${place}config`, place === "/" ? data : "foobar"),
      keptSequence(`${place}data/${id}`, data),
    ]),
  ];
  let steps = 0;
  for (const sequence of sequences) steps += await play(url, sequence);
  console.log(`${sequences.length} sequences of ${steps} requests, append-only`);
});

it("deleting twice is no error", async () => {
  const { url } = await startServer();
  await play(url, [create("/")]);
  const sequences = [deletedTwice("/config"), deletedTwice(`/data/${id}`)];
  let steps = 0;
  for (const sequence of sequences) steps += await play(url, sequence);
  console.log(`${sequences.length} sequences of ${steps} requests`);
});

it("a file without permissions is 500, and one that is not there 404", async () => {
  const folder = join(await temporaryFolder(), "served");
  const { url } = await startServer({ folder, policy: { appendOnly: true } });
  await play(url, [create("/"), { request: "POST /config", body: "example", status: 200 }]);
  await chmod(join(folder, "config"), 0o000);
  const steps = [
    { request: "GET /config", status: 500 },
    { request: "GET /parent4/config", status: 404 },
  ];
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    // Root may read everything: somebody else asks the disk meanwhile.
    await chmod(dirname(folder), 0o755);
    await chown(folder, 65_534, 65_534);
    process.seteuid?.(65_534);
  }
  try {
    await play(url, steps);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  console.log(`${steps.length} requests for what cannot be read`);
});

it("an empty list is a list, and a stranger's file is not in it", async () => {
  const { url, folder } = await startServer();
  await play(url, [create("/")]);
  const empty = async () => {
    for (const accept of [media1, media2]) {
      const answer = await call(url, "GET", "/data/", { headers: { accept } });
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "[]", accept]);
    }
  };
  await empty();
  await writeFile(join(folder, "data", "temp"), "");
  await writeFile(join(folder, "data", "00", `${id}.rest-server-temp1`), "");
  await empty();
});

it("an upload that is aborted late does not take away what came after it", async () => {
  const { url, folder } = await startServer();
  await play(url, [create("/")]);
  const path = `/data/${sha256("foo\n")}`;
  const first = connect(Number(new URL(url).port), "127.0.0.1");
  first.on("error", () => undefined);
  first.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\ninvalid data from aborted request\n`,
  );
  // The server has begun with the first; it blocks while the others come.
  await expect.poll(() => leftovers(folder), { timeout: 30_000 }).toHaveLength(1);
  await play(url, [
    { request: `DELETE ${path}`, status: 200 },
    { request: `POST ${path}`, body: "foo\n", status: 200 },
  ]);
  first.destroy();
  await expect.poll(() => leftovers(folder), { timeout: 30_000 }).toEqual([]);
  await play(url, [{ request: `GET ${path}`, status: 200, answer: "foo\n" }]);
});

/** What a path reaches, with the depth that rest-server has: the folder of a repository, or nothing. */
const paths: [path: string, folder: string | undefined][] = [
  ["/", ""],
  [`/foo/bar/locks/${id}`, "foo/bar"],
  ["/foo/bar/locks/0123", undefined],
  [`/foo/bar/zzz/locks/${id}`, undefined],
  ["/foo/bar/zzz/locks/0123", undefined],
  ["/foo/bar/locks/", "foo/bar"],
  ["/foo/locks/", "foo"],
  ["/foo/data/", "foo"],
  ["/foo/index/", "foo"],
  ["/foo/keys/", "foo"],
  ["/foo/snapshots/", "foo"],
  ["/foo/config", "foo"],
  ["/foo/", "foo"],
  ["/foo/bar/", "foo/bar"],
  ["/foo/bar", undefined],
  ["/locks/", ""],
  ["/././locks/", undefined],
  ["/../../locks/", undefined],
  ["///locks/", undefined],
  ["////locks/", undefined],
];

it("a path reaches the repository that its folders name, and nothing else", async () => {
  for (const [path, expected] of paths) {
    const server = await startServer();
    const { url, folder } = server;
    const type = /\/(data|locks|index|keys|snapshots)\//.exec(path)?.[1];
    if (expected === undefined) {
      for (const method of ["GET", "HEAD", "POST", "DELETE"]) {
        expect([
          method,
          path,
          (await call(url, method, path, method === "POST" ? { body: data } : {})).status,
        ]).toEqual([method, path, 404]);
      }
      expect([path, await outside(folder)]).toEqual([path, []]);
    } else if (type !== undefined && path.endsWith("/")) {
      const place = join(folder, expected, type, ...(type === "data" ? [id.slice(0, 2)] : []));
      await mkdir(place, { recursive: true });
      await writeFile(join(place, id), data);
      expect([path, (await call(url, "GET", path)).text]).toEqual([path, `["${id}"]`]);
    } else if (path.endsWith("/")) {
      expect([path, (await call(url, "POST", `${path}?create=true`)).status]).toEqual([path, 200]);
      expect((await stat(join(folder, expected, "data", "00"))).isDirectory()).toBe(true);
    } else {
      expect([path, (await call(url, "POST", path, { body: data })).status]).toEqual([path, 200]);
      const object = type === undefined ? "config" : join(type, id);
      expect((await stat(join(folder, expected, object))).size).toBe(data.length);
    }
    await server.stop();
  }
  // What is no path at all, HTTP does not let through.
  const other = await startServer();
  const none = ["foo", "foo/bar", ""];
  for (const target of none) {
    const status = statusOf(await raw(other, `GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`).answer(50_000));
    expect([target, ["400", "404"].includes(status)]).toEqual([target, true]);
  }
  console.log(`${paths.length + none.length} paths and what they reach`);
});

/** Names that a path is put together from, below a folder that they must not lead out of. */
const joined: string[][] = [
  ["foo", "bar"],
  ["foo", "..", "bar"],
  ["..", "bar"],
  [".."],
  ["..", ".."],
  ["repo", "data"],
  ["repo", "data", "..", ".."],
  ["repo", "data", "..", "data", "..", "..", ".."],
];

it("names in a path do not lead out of the folder, however they are written", async () => {
  let cases = 0;
  for (const names of joined) {
    for (const dots of ["..", "%2e%2e", "%2E.", "..%2f", "..%5c"]) {
      const server = await startServer();
      const { url, folder } = server;
      const path = `/${names.map((name) => (name === ".." ? dots : name)).join("/")}/`;
      const isRepository = !names.includes("..") && !names.includes("data");
      expect([path, (await call(url, "POST", `${path}?create=true`)).status]).toEqual([
        path,
        isRepository ? 200 : names.join("/") === "repo/data" ? 405 : 404,
      ]);
      for (const type of ["data", "keys"]) {
        const object = `${path}${type}/${id}`;
        const { status } = await call(url, "POST", object, { body: data });
        expect([object, status]).toEqual([object, isRepository ? 200 : 404]);
      }
      expect([path, await readdir(dirname(folder))]).toEqual([path, ["served"]]);
      expect([path, await outside(folder)]).toEqual([path, isRepository ? ["foo"] : []]);
      cases++;
      await server.stop();
    }
  }
  console.log(`${cases} ways to put names together`);
});

/** What there is in the folder of all repositories but what is the server's own. */
async function outside(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== ".tastic");
}

it("who is let in: everybody, whom a proxy names, and nobody without a name", async () => {
  const proxy = { kind: "proxy", header: "X-Remote-User" } as const;
  const table: {
    what: string;
    authentication: Authentication;
    headers: Record<string, string>;
    status: number;
  }[] = [
    { what: "no authentication", authentication: { kind: "none" }, headers: {}, status: 404 },
    { what: "a name", authentication: proxy, headers: { "X-Remote-User": "restic" }, status: 404 },
    { what: "an empty header", authentication: proxy, headers: { "X-Remote-User": "" }, status: 401 },
    { what: "no header", authentication: proxy, headers: {}, status: 401 },
  ];
  for (const { what, authentication, headers, status } of table) {
    const { url } = await startServer({ authentication });
    expect([what, (await call(url, "GET", "/config", { headers })).status]).toEqual([what, status]);
  }
  console.log(`${table.length} ways to be let in, or not`);
});

it("a right and a wrong password in turns", async () => {
  const file = join(await temporaryFolder(), ".htpasswd");
  await writeFile(file, "restic:$2y$05$z/OEmNQamd6m6LSegUErh.r/Owk9Xwmc5lxDheIuHY2Z7XiS6FtJm\n");
  const { url } = await startServer({
    authentication: { kind: "basic", htpasswd: new HtpasswdFile(file) },
  });
  const status = async (password: string) =>
    (await call(url, "GET", "/config", { user: "restic", password })).status;
  for (let i = 0; i < 10; i++)
    expect([i, await status("test"), await status("wrong")]).toEqual([i, 404, 401]);
});
