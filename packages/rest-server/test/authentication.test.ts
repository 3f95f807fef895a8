/** Who gets in: passwords of htpasswd files and accounts, proxies, private repositories, and those who guess. */
import { readFileSync } from "node:fs";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HtpasswdFile, LoginThrottle, parseHtpasswd, refusalOf, type Passwords } from "@tastic/rest-server";
import { BasicAuthentication } from "../dist/auth/basic-authentication.js";
import { clientAddress } from "../dist/http/client-address.js";
import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { call, shaLine, startServer, temporaryFolder } from "./support.js";

/** rest-server's own vector: "test" for restic. */
const vector = "restic:$2y$05$z/OEmNQamd6m6LSegUErh.r/Owk9Xwmc5lxDheIuHY2Z7XiS6FtJm\n";

async function htpasswd(text: string, interval = 30_000): Promise<HtpasswdFile> {
  const path = join(await temporaryFolder(), ".htpasswd");
  await writeFile(path, text);
  return new HtpasswdFile(path, { interval });
}

it("reads htpasswd files as rest-server does", () => {
  expect([...parseHtpasswd(`# people\n\n${vector}${shaLine("äö@x.y-z_1", "p")}`).keys()]).toEqual([
    "restic",
    "äö@x.y-z_1",
  ]);
  for (const bad of ["restic", "a/b:$2y$", "a:b:c", ":x", "..:x", "a b:x", "a:"]) {
    expect(() => parseHtpasswd(bad), bad).toThrow(/line 1/);
  }
});

it("lets in who has the password, and says how to log in to all others", async () => {
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: await htpasswd(vector + shaLine("old", "geheim")) },
  });
  const status = async (user?: string, password?: string): Promise<number> =>
    (
      await call(
        server.url,
        "POST",
        "/r/?create=true",
        user === undefined ? {} : { user, password: password ?? "" },
      )
    ).status;
  expect(await status("restic", "test")).toBe(200);
  expect(await status("old", "geheim")).toBe(200);
  for (const [user, password] of [
    ["restic", "tesT"], ["restic", ""], ["old", "test"], ["nobody", "test"], ["", ""], ["restic/config", "test"], ["..", "x"],
  ] as const) expect([user, await status(user, password)]).toEqual([user, 401]); // prettier-ignore
  const answer = await call(server.url, "GET", "/r/config");
  expect([answer.status, answer.headers["www-authenticate"]]).toEqual([
    401,
    'Basic realm="restic", charset="UTF-8"',
  ]);
  for (const authorization of [
    "Basic",
    "Basic !!!",
    "Bearer x",
    "Basic cmVzdGlj",
    `Basic ${"A".repeat(8000)}`,
  ]) {
    expect((await call(server.url, "GET", "/r/config", { headers: { authorization } })).status).toBe(401);
  }
});

it("keeps private repositories apart", async () => {
  const file = await htpasswd(shaLine("alice", "a") + shaLine("bob", "b"));
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: file },
    privateRepositories: true,
  });
  const table: [string, number][] = [
    ["/alice/", 200], ["/alice/laptop/", 200], ["/", 401], ["/bob/", 401], ["/bob/alice/", 401], ["/Alice/", 401],
    ["/alice%2F..%2Fbob/", 404], ["/alice/../bob/", 404], ["//alice/", 404], ["/alice%2fbob/", 404], ["/ALICE/", 401],
    ["/alice/b/c/", 404], ["/.tastic/", 404], ["/alicee/", 401],
  ]; // prettier-ignore
  for (const [path, status] of table) {
    const answer = await call(server.url, "POST", `${path}?create=true`, { user: "alice", password: "a" });
    expect([path, answer.status]).toEqual([path, status]);
  }
  expect((await call(server.url, "GET", "/alice/data/", { user: "bob", password: "b" })).status).toBe(401);
  console.log(`${table.length} paths with private repositories`);
});

it("believes a proxy's header where it is told to, and only a name in it", async () => {
  const server = await startServer({
    authentication: { kind: "proxy", header: "X-Remote-User" },
    privateRepositories: true,
  });
  const table: [Record<string, string>, number][] = [
    [{ "x-remote-user": "alice" }, 200],
    [{}, 401],
    [{ "x-remote-user": "" }, 401],
    [{ "x-remote-user": "bob" }, 401],
    [{ "x-remote-user": "alice/x" }, 401],
    [{ authorization: `Basic ${Buffer.from("alice:x").toString("base64")}` }, 401],
  ];
  for (const [headers, status] of table) {
    const answer = await call(server.url, "POST", "/alice/?create=true", { headers });
    expect([headers, answer.status]).toEqual([headers, status]);
  }
});

it("reads a changed file again, and keeps the old entries where it is broken", async () => {
  const file = await htpasswd(shaLine("alice", "a"), 0);
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: file },
    throttle: { perName: { failures: 100, forgiveness: 1 } },
  });
  const status = async (user: string, password: string): Promise<number> =>
    (await call(server.url, "GET", "/r/data/", { user, password })).status;
  expect(await status("alice", "a")).toBe(200);
  await writeFile(file.path, shaLine("alice", "new") + shaLine("bob", "b"));
  expect(await status("alice", "a")).toBe(401);
  expect(await status("alice", "new")).toBe(200);
  expect(await status("bob", "b")).toBe(200);
  await writeFile(file.path, "broken");
  expect(await status("bob", "b")).toBe(200);
  await writeFile(file.path, shaLine("alice", "x"));
  await utimes(file.path, 1, 1);
  expect(await status("bob", "b")).toBe(401);
});

/** The authentication alone, with a stand-in for bcrypt that counts how often it is asked. */
function authentication(names: Record<string, string>, options: { readonly throttle?: LoginThrottle } = {}) {
  const asked: string[] = [];
  const passwords = {
    same: (password: string, hash: string) => {
      asked.push(hash);
      return Promise.resolve(names[password] === hash);
    },
  };
  const basic = new BasicAuthentication({
    passwords: passwords as unknown as Passwords,
    throttle: options.throttle ?? new LoginThrottle({ perName: { failures: 1000, forgiveness: 1000 } }),
    find: (name) => {
      const hash = names[name];
      return Promise.resolve(
        hash === undefined ? undefined : { hash, identity: { account: name }, suspended: false },
      );
    },
    addressOf: (request) => request.headers["x-from"] as string,
  });
  const login = async (address: string, user: string, password: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const request = { headers: { authorization, "x-from": address } } as unknown as IncomingMessage;
    return basic.identify(request).then(
      () => 200,
      (error: unknown) => refusalOf(error)?.status ?? 500,
    );
  };
  return { login, asked };
}

it("threats 14 and 26: does the same work for a wrong password, whether the name exists or not, and answers as late", async () => {
  const { login, asked } = authentication({ real: `$2y$10$${"x".repeat(53)}`, old: "{SHA}x" });
  for (const user of ["real", "nobody", "old", "a/b"]) {
    asked.length = 0;
    const before = performance.now();
    expect(await login("a", user, "wrong")).toBe(401);
    expect(performance.now() - before).toBeGreaterThanOrEqual(295);
    // One bcrypt each, and beside it only what costs nothing.
    expect([user, asked.filter((hash) => hash.startsWith("$2y$10$")).length]).toEqual([user, 1]);
  }
  // The same question at the same time is one question.
  asked.length = 0;
  const hits = await Promise.all(Array.from({ length: 50 }, () => login("a", "real", "real")));
  expect([new Set(hits), asked.length]).toEqual([new Set([200]), 1]);
  expect(await login("a", "real", "real")).toBe(200);
  expect(asked).toHaveLength(1);
});

it("slows down who guesses, and nobody else", async () => {
  const { login } = authentication({ alice: "$2y$a", bob: "$2y$b" }, { throttle: new LoginThrottle() });
  // One who is in stays in, from the same address, too.
  expect(await login("10.0.0.1", "alice", "alice")).toBe(200);
  const tries = await Promise.all(
    Array.from({ length: 30 }, (_, i) => login("10.0.0.1", "alice", `guess ${i}`)),
  );
  expect(tries.filter((status) => status === 401)).toHaveLength(10);
  expect(tries.filter((status) => status === 429)).toHaveLength(20);
  expect(await login("10.0.0.1", "alice", "alice")).toBe(200);
  expect(await login("10.0.0.1", "bob", "bob")).toBe(200);
  expect(await login("10.0.0.2", "bob", "bob")).toBe(200);
  // A name that does not exist is slowed down in the same way.
  const unknown = await Promise.all(
    Array.from({ length: 12 }, (_, i) => login("10.0.0.3", "nobody", `guess ${i}`)),
  );
  expect(unknown.filter((status) => status === 429)).toHaveLength(2);
  // A thousand tries of one address at many names.
  const many = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => login("10.0.0.4", `name${i}`, "guess")),
  );
  expect(many.filter((status) => status === 401)).toHaveLength(100);
  console.log(`${tries.length + unknown.length + many.length} guesses, ${10 + 10 + 100} of them looked at`);
});

it("knows where a request comes from, behind proxies that it trusts", () => {
  const addressOf = clientAddress(new Set(["127.0.0.1", "10.0.0.9"]));
  const table: [string, string | undefined, string][] = [
    ["1.2.3.4", "9.9.9.9", "1.2.3.4"],
    ["::ffff:127.0.0.1", "9.9.9.9", "9.9.9.9"],
    ["127.0.0.1", "6.6.6.6, 9.9.9.9", "9.9.9.9"],
    ["127.0.0.1", "6.6.6.6, 9.9.9.9, 10.0.0.9", "9.9.9.9"],
    ["127.0.0.1", undefined, "127.0.0.1"],
    ["127.0.0.1", " , ", "127.0.0.1"],
  ];
  for (const [remoteAddress, forwarded, expected] of table) {
    const request = { socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } };
    expect(addressOf(request as unknown as IncomingMessage)).toBe(expected);
  }
});

it("counts wrong passwords in bounded memory", () => {
  const throttle = new LoginThrottle();
  for (let i = 0; i < 50_000; i++)
    throttle.begin(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `name${i}`, i);
  let waits = 0;
  for (let i = 0; i < 20; i++) if (throttle.begin("1.1.1.1", "x", 60_000) > 0) waits++;
  expect(waits).toBe(10);
  expect(throttle.begin("1.1.1.1", "x", 60_000 + 6_000)).toBe(0);
});

it("hashes nobody's password with as much work as anybody's", () => {
  const source = readFileSync(new URL("../dist/auth/basic-authentication.js", import.meta.url), "utf8");
  // bcrypt of another length is refused without work.
  expect(/"(\$2y\$10\$[./A-Za-z0-9]{53})"/.test(source)).toBe(true);
});
