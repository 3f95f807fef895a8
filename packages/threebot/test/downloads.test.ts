/** Files of backups as answers, and names that nobody would choose: threats 7, 25, 28, 32. */
import { silentLog } from "@tastic/rest-server";
import { createClient } from "@tastic/threebot";
import { beforeEach, describe, expect, it } from "vitest";
import { createSite, loggedIn, type Site, type Visitor } from "./support/owner-site.js";

let site: Site;
let owner: Visitor;
let lines: string[];
beforeEach(async () => {
  lines = [];
  site = createSite({ log: { ...silentLog, error: (line) => void lines.push(line) } });
  owner = await loggedIn(site);
});

const fileUrl = (path: string, preview = false): string =>
  createClient("").fileUrl("minio", "latest", path, preview);

const hostile = [
  '/a/<img src=x onerror="alert(1)">.html',
  "/a/\u001b]0;owned\u0007.txt",
  "/a/invoice\u202efdp.exe",
  "/a/line\r\nset-cookie: a=b",
  '/a/quote";filename="evil.exe',
  "/a/50%25 & more = 1 + 1?#fragment.txt",
  "/a/back\\slash",
  "/a/日本語 ☃.txt",
  "/a/\udcff\udc80 not utf-8 \udcc3.bin",
  "/a/é and \udce9",
  `/a/${"x".repeat(255)}`,
  "/a/...",
  "/a/../../etc/passwd",
  "/a/%2e%2e%2fetc",
];

describe("a file with a hostile name", () => {
  it.each(hostile.map((path) => [path]))("%j comes as it is", async (path) => {
    site.owner.files.set(path, Buffer.from("content"));
    const response = await owner.get(fileUrl(path));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("content");
    expect(site.owner.calls.find(([method]) => method === "read")).toEqual(["read", "minio", "latest", path]);
    const disposition = response.headers.get("content-disposition") ?? "";
    expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]+$/);
    const [, name = ""] = /filename\*=UTF-8''(.*)$/.exec(disposition) ?? [];
    expect(decodeURIComponent(name)).not.toMatch(/[\p{Cc}\p{Cf}/\\<>"]/u);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it.each(hostile.map((path) => [path]))("%j is listed as it is", async (path) => {
    site.owner.files.set(path, Buffer.from(""));
    const client = createClient("http://test", {
      fetch: (url, init) =>
        owner.get((url as string).replace("http://test", ""), init?.headers as Record<string, string>),
    });
    const { entries } = await client.list("minio", "latest", path, { offset: 0, limit: 10 });
    expect(entries.map((entry) => entry.path)).toEqual([path]);
    expect(await client.versions("minio", path)).toHaveLength(1);
  });
});

describe("a file", () => {
  it("is never a page of the service", async () => {
    site.owner.files.set("/evil.html", Buffer.from("<script>alert(1)</script>"));
    for (const preview of [false, true]) {
      const { headers } = await owner.get(fileUrl("/evil.html", preview));
      expect(headers.get("content-type")).toBe(
        preview ? "text/plain; charset=utf-8" : "application/octet-stream",
      );
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox$/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it.each([
    ["picture.PNG", "image/png"],
    ["photo.jpeg", "image/jpeg"],
    ["drawing.svg", "text/plain; charset=utf-8"],
    ["page.xhtml", "text/plain; charset=utf-8"],
    ["png", "text/plain; charset=utf-8"],
  ])("%s is looked at as %s", async (name, type) => {
    site.owner.files.set(`/${name}`, Buffer.from("x"));
    const { headers } = await owner.get(fileUrl(`/${name}`, true));
    expect(headers.get("content-type")).toBe(type);
  });

  it("of any size is looked at for its first mebibyte", async () => {
    site.owner.files.set("/long.txt", Buffer.alloc(5 * 1024 * 1024, "a"));
    const response = await owner.get(fileUrl("/long.txt", true));
    expect((await response.arrayBuffer()).byteLength).toBe(1024 * 1024);
    expect(response.headers.get("x-whole")).toBe("false");
    expect(site.owner.calls).toContainEqual(["read-ended"]);
  });

  it("comes whole, however large", async () => {
    const content = Buffer.alloc(3 * 1024 * 1024 + 7, "abc");
    site.owner.files.set("/large", content);
    const response = await owner.get(fileUrl("/large"));
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  it("of no bytes comes, too", async () => {
    site.owner.files.set("/empty", Buffer.alloc(0));
    const response = await owner.get(fileUrl("/empty"));
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("is let go of when whoever wanted it has gone", async () => {
    site.owner.files.set("/large", Buffer.alloc(3 * 1024 * 1024));
    const response = await owner.get(fileUrl("/large"));
    await response.body?.getReader().cancel();
    expect(site.owner.calls).toContainEqual(["read-ended"]);
  });

  it("is not read on for somebody who asks for the headers", async () => {
    site.owner.files.set("/large", Buffer.alloc(3 * 1024 * 1024));
    const headers = { cookie: owner.cookie ?? "" };
    const response = await site.app.request(fileUrl("/large"), { method: "HEAD", headers });
    expect(response.status).toBe(200);
    expect(site.owner.calls).toContainEqual(["read-ended"]);
  });

  it("that breaks off is an error for its reader, and in the log", async () => {
    site.owner.read = () =>
      Promise.resolve(
        (async function* () {
          yield Buffer.from("the beginning");
          await Promise.resolve();
          throw new Error("the store is gone");
        })(),
      );
    const response = await owner.get(fileUrl("/a"));
    await expect(response.text()).rejects.toThrow("the store is gone");
    expect(lines).toEqual(["a download has broken off: the store is gone"]);
  });

  it("that is not there is an error as any other", async () => {
    const response = await owner.get(fileUrl("/nothing"));
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toContain("application/json");
  });

  it("threat 28: is nothing without a session, nor with one that has ended: a link is worth what its reader is", async () => {
    site.owner.files.set("/secret", Buffer.from("secret"));
    const link = fileUrl("/secret");
    expect((await site.visitor().get(link)).status).toBe(401);
    const cookie = owner.cookie;
    await owner.post("/api/v1/session/end");
    owner.cookie = cookie;
    expect((await owner.get(link)).status).toBe(401);
  });

  it("whose name has a NUL is refused before anybody looks", async () => {
    const response = await owner.get("/api/v1/places/minio/snapshots/latest/file?path=/a%00b");
    expect(response.status).toBe(400);
    expect(site.owner.calls.some(([method]) => method === "read")).toBe(false);
  });
});

it.each([
  ["/", 'filename="snapshot-latest.zip"'],
  ["/home/alice", 'filename="alice.zip"'],
  ["/home/alice/", 'filename="alice.zip"'],
])("a folder comes as a zip file: %s", async (path, name) => {
  const response = await owner.get(createClient("").zipUrl("minio", "latest", path));
  expect(response.headers.get("content-disposition")).toContain(name);
  expect((await response.text()).slice(0, 2)).toBe("PK");
});

describe("names in the path of a request", () => {
  it.each([
    "/api/v1/places/elsewhere/snapshots",
    "/api/v1/places/__proto__/snapshots",
    "/api/v1/places/minio/snapshots/..%2f..%2fkeys/entries",
    "/api/v1/places/minio/snapshots/%00/entries",
    "/api/v1/places/minio/snapshots/LATEST/entries",
    "/api/v1/places/minio/snapshots/abc/entries",
    "/api/v1/runs/..%2f..%2fsecret.key",
    "/api/v1/runs/a%0ab",
    `/api/v1/runs/${"a".repeat(101)}`,
    "/api/v1/places/minio/snapshots/latest/entries?limit=-1",
    "/api/v1/places/minio/snapshots/latest/entries?limit=1e9",
    "/api/v1/places/minio/snapshots/latest/entries?offset=x",
    "/api/v1/places/minio/diff?older=latest",
  ])("%s is refused before anybody looks", async (path) => {
    site.owner.calls.length = 0;
    const response = await owner.get(path);
    expect([400, 404]).toContain(response.status);
    expect(site.owner.calls).toEqual([]);
  });

  it("win over those in the body", async () => {
    await owner.post("/api/v1/places/minio/automatic", { place: "marketplace", on: true });
    expect(site.owner.calls.at(-1)).toEqual(["setAutomatic", "minio", true]);
  });
});
