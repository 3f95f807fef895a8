/** `tastic serve webdav` as clients meet it: rclone, and plain requests that go beyond what a good client sends. */
import { chmodSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleBytes, sha256Hex } from "./support/bytes.js";
import { makeCertificates } from "./support/certificates.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import {
  describeWithOpenssl,
  describeWithRclone,
  rclone,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import { runProgram } from "./support/programs.js";
import { rawTreeOf, withoutSpecial } from "./support/raw-tree.js";
import { call } from "./support/serve-rest.js";
import { serveSnapshots, type ServedSnapshots } from "./support/serve-snapshots.js";
import { makeUnusualTree } from "./support/unusual-tree.js";

const slow = { timeout: 180_000 };
const film = sampleBytes(9_000_000, 7);
let home: string;
let repo: string;
let server: ServedSnapshots;

/** Backs up a folder of `home` as "/NAME" of a snapshot. */
async function backUp(name: string, ...args: string[]): Promise<void> {
  succeed(await runTastic(["backup", name, ...args], { repo, cwd: home, timeout: 120_000 }));
}

beforeAll(async () => {
  home = await temporaryFolder();
  repo = join(home, "repo");
  await makeCheapRepository(repo);
  await mkdir(join(home, "odd"));
  await makeUnusualTree(join(home, "odd"));
  await mkdir(join(home, "films"));
  await writeFile(join(home, "films", "film.mp4"), film);
  await writeFile(join(home, "films", "page.html"), "<script>alert(1)</script>");
  // The file comes before the link that would have its name.
  await writeFile(join(home, "films", "link.rclonelink"), "a real file");
  await symlink("film.mp4", join(home, "films", "link"));
  await backUp("odd", "--tag", "odd", "--host", "one");
  await backUp("films", "--tag", "films", "--host", "two", "--time", "2021-02-03 04:05:06");
  server = await serveSnapshots("webdav", { repo, args: ["--refresh", "0"], forTest: false });
}, 180_000);

afterAll(async () => void (await server?.stop("SIGKILL")));

const filmPath = "/hosts/two/latest/films/film.mp4";

describeWithRclone("rclone", () => {
  const run = (...args: string[]) =>
    runProgram(rclone!, [...args, "--config", "/dev/null"], { timeout: 150_000 });
  const remote = (path: string): string => `:webdav,url='${server.url}${path}':`;

  it("copies a snapshot with all its odd names as restore writes it", slow, async () => {
    const copied = join(home, "copied");
    const restored = join(home, "restored");
    succeed(await runTastic(["restore", "latest", "--tag", "odd", "--target", restored], { repo }));
    chmodSync(join(restored, "odd", "no-permissions"), 0o600);
    const copy = ["copy", "--links", "--create-empty-src-dirs", remote("tags/odd/latest/odd"), copied];
    succeed(await run(...copy));
    const expected = withoutSpecial(rawTreeOf(join(restored, "odd")));
    expect(rawTreeOf(copied)).toEqual(expected);
    console.log(`${Object.keys(expected).length} files, folders and links, the same`);
  });

  it("hashes a snapshot as it is", slow, async () => {
    const { stdout } = succeed(
      await run("hashsum", "sha256", "--download", remote("hosts/two/latest/films")),
    );
    expect(stdout.trim().split("\n").sort()).toEqual(
      [
        `${sha256Hex(film)}  film.mp4`,
        `${sha256Hex(Buffer.from("<script>alert(1)</script>"))}  page.html`,
        `${sha256Hex(Buffer.from("a real file"))}  link.rclonelink`,
      ].sort(),
    );
    const listed = succeed(await run("lsf", "-R", "--max-depth", "3", remote("hosts"))).stdout.split("\n");
    expect(listed).toContain("two/2021-02-03T04:05:06Z/films/");
    expect(listed).toContain("two/latest/films/");
  });

  it("cannot change anything", slow, async () => {
    const before = rawTreeOf(join(repo, "data"));
    const file = join(home, "films", "page.html");
    expect((await run("copyto", file, remote("hosts/two/latest/new"), "--retries", "1")).code).not.toBe(0);
    expect((await run("deletefile", `${remote("")}${filmPath.slice(1)}`, "--retries", "1")).code).not.toBe(0);
    expect(rawTreeOf(join(repo, "data"))).toEqual(before);
    expect((await call(server.url, "HEAD", filmPath)).status).toBe(200);
  });
});

describe("a file", () => {
  it("comes in any part, as a player asks for it", slow, async () => {
    const whole = await call(server.url, "GET", filmPath);
    expect([whole.status, whole.body.equals(film)]).toEqual([200, true]);
    expect(whole.headers).toMatchObject({
      "accept-ranges": "bytes",
      "content-length": String(film.length),
      "content-type": "video/mp4",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    const ranges: [string, number, number][] = [
      ["bytes=0-0", 0, 1],
      ["bytes=0-", 0, film.length],
      ["bytes=-1", film.length - 1, film.length],
      ["bytes=-999999999", 0, film.length],
      [`bytes=${film.length - 5}-${film.length + 100}`, film.length - 5, film.length],
    ];
    for (let start = 1; start < film.length; start += 1_777_777)
      ranges.push([`bytes=${start}-${start + 500_000}`, start, Math.min(film.length, start + 500_001)]);
    for (const [range, start, end] of ranges) {
      const { status, headers, body } = await call(server.url, "GET", filmPath, { headers: { range } });
      expect([range, status, headers["content-range"]]).toEqual([
        range,
        206,
        `bytes ${start}-${end - 1}/${film.length}`,
      ]);
      expect(body.equals(film.subarray(start, end)), range).toBe(true);
    }
    console.log(`${ranges.length} ranges`);
    for (const range of [`bytes=${film.length}-`, "bytes=5-4", "bytes=-0", "bytes=x"]) {
      const { status, headers } = await call(server.url, "GET", filmPath, { headers: { range } });
      expect([range, status, headers["content-range"]]).toEqual([range, 416, `bytes */${film.length}`]);
    }
    for (const range of ["bytes=0-1,5-6", "lines=1-2"])
      expect((await call(server.url, "GET", filmPath, { headers: { range } })).status).toBe(200);
  });

  it("is not sent again where it is the same", async () => {
    const head = await call(server.url, "HEAD", filmPath);
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      String(film.length),
    ]);
    const tag = head.headers.etag ?? "";
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    const get = (headers: Record<string, string>) => call(server.url, "GET", filmPath, { headers });
    for (const given of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
      const { status, headers, body } = await get({ "if-none-match": given });
      expect([given, status, headers.etag, body.length]).toEqual([given, 304, tag, 0]);
    }
    expect((await get({ "if-none-match": '"x"', range: "bytes=0-0" })).status).toBe(206);
    expect((await get({ "if-match": '"x"' })).status).toBe(412);
    expect((await get({ "if-match": tag, range: "bytes=0-0" })).status).toBe(206);
    expect((await get({ "if-range": tag, range: "bytes=0-0" })).status).toBe(206);
    for (const other of ['"x"', `W/${tag}`, head.headers["last-modified"] ?? ""])
      expect((await get({ "if-range": other, range: "bytes=0-0" })).status).toBe(200);
  });

  it("of which nobody knows what a browser would do is only saved", async () => {
    const { headers } = await call(server.url, "GET", "/hosts/two/latest/films/page.html");
    expect(headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="page.html"; filename*=UTF-8''page.html`,
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    });
  });

  it("or folder that is not there is not found", async () => {
    const paths = [
      "/x",
      "/ids/x",
      `${filmPath}/`,
      `${filmPath}/x`,
      "/%2e%2e/x",
      "/a%00",
      "/tags%2fodd",
      "/%",
    ];
    paths.push("/tags/odd/latest/odd/fifo", "/tags/odd/latest/odd/link");
    for (const path of paths) {
      expect([path, (await call(server.url, "GET", path)).status]).toEqual([path, 404]);
      const { status } = await call(server.url, "PROPFIND", path, { headers: { depth: "0" } });
      expect([path, status]).toEqual([path, 404]);
    }
  });
});

describe("PROPFIND", () => {
  const find = (path: string, depth: string | undefined, body = "") =>
    call(server.url, "PROPFIND", path, { body, headers: depth === undefined ? {} : { depth } });

  it("tells of a folder and what is in it, no deeper", async () => {
    const one = await find("/hosts/two/latest/films", "0");
    expect([one.status, one.text.match(/<D:response>/g)?.length]).toEqual([207, 1]);
    expect(one.text).toContain("<D:href>/hosts/two/latest/films/</D:href>");
    expect(one.text).toContain("<D:resourcetype><D:collection/></D:resourcetype>");
    const all = await find("/hosts/two/latest/films/", "1");
    expect(all.text.match(/<D:response>/g)).toHaveLength(4);
    expect(all.text).toContain(`<D:getcontentlength>${film.length}</D:getcontentlength>`);
    for (const depth of ["infinity", undefined]) {
      const { status, text, headers } = await find("/", depth);
      expect([status, headers["content-type"]]).toEqual([403, "application/xml; charset=utf-8"]);
      expect(text).toContain('<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>');
    }
    expect((await find("/", "2")).status).toBe(400);
  });

  it("says which of the properties asked for there are", async () => {
    const asked = (inner: string): string =>
      `<propfind xmlns="DAV:" xmlns:o="urn:&quot;o">${inner}</propfind>`;
    const some = await find(
      filmPath,
      "0",
      asked("<prop><getcontentlength/><o:x/><quota-used-bytes/></prop>"),
    );
    expect(some.text).toContain(
      `<D:propstat><D:prop><D:getcontentlength>${film.length}</D:getcontentlength></D:prop>` +
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat>" +
        '<D:propstat><D:prop><X:x xmlns:X="urn:&quot;o"/><D:quota-used-bytes/></D:prop>' +
        "<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>",
    );
    const names = await find("/", "0", asked("<propname/>"));
    expect(names.text).toContain("<D:prop><D:resourcetype/><D:displayname/><D:getlastmodified/></D:prop>");
  });

  it("refuses bodies that are none, or too large", async () => {
    expect((await find("/", "0", "<a/>")).status).toBe(400);
    expect((await find("/", "0", `<propfind xmlns="DAV:"><!--${"x".repeat(70_000)}-->`)).status).toBe(413);
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><propfind xmlns="DAV:"><prop>&a;</prop></propfind>';
    expect((await find("/", "0", bomb)).status).toBe(400);
  });
});

it("whoever wants to write is refused", async () => {
  const options = await call(server.url, "OPTIONS", "/");
  expect([options.status, options.headers]).toMatchObject([
    200,
    { dav: "1", "ms-author-via": "DAV", allow: "OPTIONS, GET, HEAD, PROPFIND" },
  ]);
  const methods = ["PUT", "POST", "PATCH", "DELETE", "MKCOL", "COPY", "MOVE", "PROPPATCH", "LOCK", "UNLOCK"];
  for (const method of [...methods, "TRACE", "SEARCH", "REPORT", "ACL", "BIND", "MKCALENDAR"]) {
    for (const path of ["/new", filmPath]) {
      const { status, headers } = await call(server.url, method, path, {
        body: "x",
        headers: { "content-length": "1" },
      });
      expect([method, status, headers.allow]).toEqual([method, 405, "OPTIONS, GET, HEAD, PROPFIND"]);
    }
  }
});

describe("who may look", () => {
  it("on loopback, no page of another site", async () => {
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await call(server.url, "GET", "/", { headers })).status;
    for (const host of ["localhost", "127.0.0.1:99", "[::1]:1", "LOCALHOST:8010"])
      expect([host, await status({ host })]).toEqual([host, 200]);
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "10.0.0.1", "[::2]"])
      expect([host, await status({ host })]).toEqual([host, 403]);
    expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" })).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).toBe(200);
    expect(await status({ "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" })).toBe(200);
    const { headers } = await call(server.url, "GET", filmPath, { headers: { range: "bytes=0-0" } });
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    const named = await serveSnapshots("webdav", { repo, args: ["--server-name", "backup.example"] });
    expect((await call(named.url, "GET", "/", { headers: { host: "backup.example" } })).status).toBe(200);
  });

  it("beyond loopback, only who has the password", slow, async () => {
    const addresses = [":0", "0.0.0.0:0", "[::]:0", "10.0.0.1:0"];
    const refused = addresses.map((address) => runTastic(["serve", "webdav", "--listen", address], { repo }));
    for (const { code, stderr } of await Promise.all(refused)) {
      expect(code).toBe(1);
      expect(stderr).toContain("a password is needed");
    }
    const passwordFile = join(home, "login");
    await writeFile(passwordFile, "a good password\n");
    const asks = await serveSnapshots("webdav", {
      repo,
      listen: "0.0.0.0:0",
      args: ["--user", "anna", "--user-password-file", passwordFile],
    });
    expect(asks.said()).toContain("without --tls");
    const as = (user: string, password: string, method = "GET") =>
      call(asks.url, method, "/", { user, password, headers: { depth: "0" } });
    expect((await call(asks.url, "GET", "/")).headers["www-authenticate"]).toMatch(/^Basic /);
    for (const method of ["GET", "PROPFIND", "OPTIONS", "PUT"])
      expect([method, (await as("anna", "wrong", method)).status]).toEqual([method, 401]);
    expect((await as("tastic", "a good password")).status).toBe(401);
    expect((await as("anna", "a good password")).status).toBe(200);
    expect((await as("anna", "a good password", "PROPFIND")).status).toBe(207);
    expect(asks.said()).not.toContain("a good password");
    expect(asks.said()).toContain('login failed name="anna"');
    // At once: with time, guesses are forgiven.
    const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => as("anna", `guess ${i}`)));
    const statuses = guesses.map(({ status }) => status).sort((a, b) => a - b);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });

  describeWithOpenssl("over TLS", () => {
    it("who trusts the certificate", slow, async () => {
      const { server: own, authority } = await makeCertificates();
      const [certificate, key] = [join(home, "own.pem"), join(home, "own.key")];
      await writeFile(certificate, own.certificate);
      await writeFile(key, own.key);
      const args = ["--tls", "--tls-cert", certificate, "--tls-key", key];
      const secure = await serveSnapshots("webdav", { repo, args });
      expect((await call(secure.url, "GET", "/", { ca: authority.certificate })).status).toBe(200);
    });
  });

  it("is not answered by what makes no sense", slow, async () => {
    const lines: [string[], RegExp][] = [
      [["surplus"], /unknown argument: surplus/],
      [["--tls-key", "x"], /requires enabled TLS/],
      [["--tls"], /needs --tls-cert and --tls-key/],
      [["--time-template", ""], /time template string cannot be empty/],
      [["--time-template", "/2006"], /cannot start or end with '\/'/],
      [["--listen", "127.0.0.1:x"], /no address to listen on/],
      [["--user-password-file", "/nowhere"], /\/nowhere/],
    ];
    for (const [args, text] of lines) {
      const { code, stderr } = await runTastic(["serve", "webdav", ...args], { repo });
      expect([args, code]).toEqual([args, 1]);
      expect(stderr).toMatch(text);
    }
  });
});

describe("while it runs", () => {
  it("new snapshots are there, chosen and named as told", slow, async () => {
    const chosen = await serveSnapshots("webdav", {
      repo,
      args: ["--refresh", "0", "--host", "three", "--path-template", "by-%h/%T", "--time-template", "2006"],
    });
    expect((await call(chosen.url, "GET", "/by-three/2022/")).status).toBe(404);
    await backUp("films", "--host", "three", "--time", "2022-01-01 00:00:00");
    const path = "/by-three/2022/films/film.mp4";
    expect((await call(chosen.url, "GET", path)).body.equals(film)).toBe(true);
    await backUp("films", "--host", "three", "--time", "2022-06-01 00:00:00");
    const { text } = await call(chosen.url, "PROPFIND", "/by-three/", { headers: { depth: "1" } });
    expect([...text.matchAll(/<D:href>([^<]*)/g)].map(([, href]) => href)).toEqual([
      "/by-three/",
      "/by-three/2022/",
      "/by-three/latest/",
      "/by-three/2022-1/",
    ]);
    expect((await call(chosen.url, "GET", "/ids/")).status).toBe(404);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("%s lets a download come to its end", slow, async (signal) => {
    const locks = () => readdir(join(repo, "locks"));
    const others = await locks();
    const ending = await serveSnapshots("webdav", { repo });
    expect(await locks()).toHaveLength(others.length + 1);
    const pieces: Buffer[] = [];
    let stopped: Promise<number | null> | undefined;
    await new Promise<void>((resolve, reject) => {
      const sent = request(new URL(filmPath, ending.url), (response) => {
        response.once("data", (first: Buffer) => {
          pieces.push(first);
          response.pause();
          stopped = ending.stop(signal);
          setTimeout(() => {
            response.on("data", (piece: Buffer) => pieces.push(piece));
            response.resume();
          }, 300);
        });
        response.on("end", resolve).on("error", reject);
      });
      sent.on("error", reject).end();
    });
    expect(Buffer.concat(pieces).equals(film)).toBe(true);
    expect(await stopped).toBe(0);
    expect(ending.said()).toContain("shutdown cleanly");
    expect(await locks()).toEqual(others);
  });

  it("a client that leaves, or sends nonsense, does not disturb others", slow, async () => {
    const leaving = Array.from(
      { length: 20 },
      () =>
        new Promise<void>((resolve) => {
          const sent = request(new URL(filmPath, server.url), { agent: false }, (response) => {
            response.once("data", () => {
              sent.destroy();
              resolve();
            });
          });
          sent.on("error", () => resolve()).end();
        }),
    );
    await Promise.all(leaving);
    expect((await call(server.url, "GET", filmPath)).body.equals(film)).toBe(true);
    expect(server.said()).not.toMatch(/Error|unhandled/);
  });
});
