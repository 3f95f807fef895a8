/** `tastic serve http` as a browser meets it: pages that are followed link by link, and archives as `dump` writes them. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { rawTreeOf } from "./support/raw-tree.js";
import { call, type Answer } from "./support/serve-rest.js";
import { serveSnapshots, type ServedSnapshots } from "./support/serve-snapshots.js";
import { makeUnusualTree } from "./support/unusual-tree.js";

const slow = { timeout: 120_000 };
const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;.html`;
let home: string;
let repo: string;
let server: ServedSnapshots;

beforeAll(async () => {
  home = await temporaryFolder();
  repo = join(home, "repo");
  await makeCheapRepository(repo);
  await mkdir(join(home, "odd"));
  await makeUnusualTree(join(home, "odd"));
  await mkdir(join(home, "odd", evil.replaceAll("/", "\\")));
  await writeFile(join(home, "odd", "\u202egnp.exe"), "");
  const args = ["--host", evil, "--tag", evil, "--time", "2022-02-02 02:02:02"];
  succeed(await runTastic(["backup", "odd", ...args], { repo, cwd: home, timeout: 120_000 }));
  server = await serveSnapshots("http", { repo, forTest: false });
}, 180_000);

afterAll(async () => void (await server?.stop("SIGKILL")));

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(server.url, "GET", path, { headers });

const linksOf = ({ text }: Answer): string[] =>
  [...text.matchAll(/<tr><th scope="row"><a href="([^"]*)"/g)].map(([, href]) => href!);

/** What is refused in every page: anything that could run or be loaded, and markup out of names. */
function checkPage(page: Answer): void {
  expect(page.status).toBe(200);
  expect(page.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  const tags = new Set([...page.text.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, name]) => name));
  const known =
    "!doctype html head meta title link body nav ol li a main h1 ul table caption thead tr th tbody td time p";
  expect([...tags].filter((tag) => !known.split(" ").includes(tag ?? ""))).toEqual([]);
  // No attribute but those that a page is made of.
  const attributes = [...page.text.matchAll(/<[^>]*>/g)].flatMap(([tag]) =>
    [...tag.replace(/"[^"]*"/g, '""').matchAll(/ ([a-z-]+)/g)].map(([, name]) => name),
  );
  const allowed =
    "html lang charset name content rel href aria-label aria-current class scope datetime download";
  expect([...new Set(attributes)].filter((name) => !allowed.split(" ").includes(name ?? ""))).toEqual([]);
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  expect(page.text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
}

describe("pages", () => {
  it("lead to every file, whatever its name", slow, async () => {
    const found: Record<string, string> = {};
    const visit = async (path: string, raw: string): Promise<void> => {
      const page = await get(path);
      checkPage(page);
      for (const href of linksOf(page)) {
        const name = Buffer.from(
          href
            .slice(path.length)
            .replace(/\/$/, "")
            .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          "latin1",
        ).toString("latin1");
        if (href.endsWith("/")) {
          found[`${raw}/${name}`] = "folder";
          // One page is as another; there are four hundred.
          if (raw.split("/").length < 6) await visit(href, `${raw}/${name}`);
          continue;
        }
        const { status, body } = await get(href);
        expect([href, status]).toEqual([href, 200]);
        found[`${raw}/${name}`] = `${body.length} bytes ${sha256Hex(body)}`;
      }
    };
    const [latest = ""] = linksOf(await get("/snapshots/"));
    await visit(`${latest}odd/`, "");
    const expected = Object.entries(rawTreeOf(join(home, "odd"))).filter(
      ([path, what]) => path.split("/").length < 8 && what !== "special" && !what.startsWith("link"),
    );
    expect(found).toEqual(Object.fromEntries(expected));
    console.log(`${expected.length} files and folders, by links`);
  });

  it("show names, hosts and tags as text", async () => {
    for (const path of ["/", "/hosts/", "/tags/", "/ids/"]) checkPage(await get(path));
    const [host = ""] = linksOf(await get("/hosts/"));
    const hostPage = await get(host);
    checkPage(hostPage);
    expect(hostPage.text).toContain("&lt;script&gt;alert(1)&lt;_script&gt;");
    const page = await get(`${host}latest/odd/`);
    expect(page.status).toBe(200);
    checkPage(page);
    for (const shown of [
      "&quot;bad\\xff\\xfe&quot;",
      "&quot;new\\nline&quot;",
      "&lt;&amp;&gt;",
      "link → plain/text.txt",
      "fifo (fifo)",
      "&quot;\\u202egnp.exe&quot;",
    ])
      expect(page.text).toContain(shown);
    expect(page.text).toMatch(/<caption>Snapshot [0-9a-f]{8} of .* from 2022-02-02 02:02:02<\/caption>/);
  });

  it("have their look from a file, and say when a folder is empty", async () => {
    const style = await get("/.tastic.css");
    expect(style.headers["content-type"]).toBe("text/css; charset=utf-8");
    expect(style.text).toContain("color-scheme: light dark");
    expect((await get("/snapshots/2022-02-02T02:02:02Z/odd/empty-folder/")).text).toContain("is empty");
    const head = await call(server.url, "HEAD", "/snapshots/");
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it("are found where another name or no slash leads to them", async () => {
    for (const [path, to] of [
      ["/snapshots", "/snapshots/"],
      ["/snapshots/latest/", "/snapshots/2022-02-02T02%3A02%3A02Z/"],
      ["/snapshots/latest", "/snapshots/2022-02-02T02%3A02%3A02Z/"],
      ["/snapshots/latest/odd", "/snapshots/latest/odd/"],
      ["//evil.example", undefined],
    ] as const) {
      const { status, headers } = await get(path);
      expect([path, status, headers.location]).toEqual([path, to === undefined ? 404 : 302, to]);
    }
  });

  it("and files of others cannot act in their name", async () => {
    const base = "/snapshots/latest/odd";
    const { headers } = await get(`${base}/plain/text.txt`);
    expect([headers["content-type"], headers["content-disposition"]]).toEqual([
      "text/plain; charset=utf-8",
      `inline; filename="text.txt"; filename*=UTF-8''text.txt`,
    ]);
    const saved = await get(`${base}/plain/text.txt?download`);
    expect(saved.headers["content-disposition"]).toMatch(/^attachment/);
    const other = await get(`${base}/setuid`);
    expect(other.headers["content-security-policy"]).toContain("sandbox");
    expect(other.headers["content-disposition"]).toMatch(/^attachment/);
    for (const method of ["PUT", "POST", "DELETE", "PROPFIND", "MKCOL", "LOCK"]) {
      const answer = await call(server.url, method, "/", { headers: { "content-length": "0" } });
      expect([method, answer.status, answer.headers.allow, answer.headers["dav"]]).toEqual([
        method,
        405,
        "OPTIONS, GET, HEAD",
        undefined,
      ]);
    }
    expect((await get("/", { host: "evil.example" })).status).toBe(403);
    expect((await get(`${base}/plain/nested/random`, { range: "bytes=5-9" })).body.length).toBe(5);
  });
});

describe("a folder as an archive", () => {
  it.each(["tar", "zip"])("is what dump writes: %s", slow, async (format) => {
    const folder = format === "tar" ? "/odd" : "/odd/plain";
    const target = join(home, `dumped.${format}`);
    const args = ["dump", "latest", folder, "--archive", format, "--target", target];
    succeed(await runTastic(args, { repo }));
    const { status, headers, body } = await get(`/snapshots/latest${folder}/?archive=${format}`);
    expect([status, headers["content-type"]]).toEqual([
      200,
      format === "tar" ? "application/x-tar" : "application/zip",
    ]);
    expect(headers["content-disposition"]).toContain(`filename="${folder.split("/").at(-1)}.${format}"`);
    expect(body.equals(await readFile(target))).toBe(true);
  });

  it("is there only for what is in a snapshot, as tar or zip", async () => {
    for (const path of ["/?archive=zip", "/ids/?archive=tar", "/snapshots/latest/?archive=rar"])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    const head = await call(server.url, "HEAD", "/snapshots/latest/?archive=zip");
    expect([head.status, head.headers["content-disposition"]]).toEqual([
      200,
      expect.stringMatching(/^attachment; filename="[0-9a-f]{8}\.zip"/),
    ]);
  });
});

it("what is damaged is said, and nothing is sent for whole", slow, async () => {
  const damaged = join(home, "damaged");
  await makeCheapRepository(damaged);
  await mkdir(join(home, "two"));
  await writeFile(join(home, "two", "a.txt"), "content");
  succeed(await runTastic(["backup", "two"], { repo: damaged, cwd: home }));
  const lost = await serveSnapshots("http", { repo: damaged });
  // Trees are kept; content is not.
  checkPage(await call(lost.url, "GET", "/snapshots/latest/two/"));
  await rm(join(damaged, "data"), { recursive: true });
  const answer = await call(lost.url, "GET", "/snapshots/latest/two/a.txt");
  expect([answer.status, answer.text]).toEqual([500, "Internal Server Error\n"]);
  expect(lost.said()).toMatch(/error: GET \/snapshots\/latest\/two\/a\.txt: /);
  const archive = await call(lost.url, "GET", "/snapshots/latest/two/?archive=tar").catch(() => "broken off");
  expect(archive).toBe("broken off");
});
