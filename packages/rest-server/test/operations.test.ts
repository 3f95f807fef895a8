/** What an operator has: API, metrics, logs, health, scrubbing, TLS that is loaded again, sockets, and an orderly end. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect as tlsConnect } from "node:tls";
import { join } from "node:path";
import {
  createJsonLog,
  createTextLog,
  HtpasswdFile,
  listen,
  OperatorApi,
  passedOnSockets,
  TlsFiles,
} from "@tastic/rest-server";
import { expect, it, onTestFinished } from "vitest";
import { describeWithOpenssl } from "../../../test/support/peers.js";
import { makeCertificates } from "../../../test/support/rest-server.js";
import { call, sha256, shaLine, startServer, temporaryFolder, type TestServer } from "./support.js";

async function operator(server: TestServer, token?: string) {
  const log = createTextLog(() => undefined);
  const api = new OperatorApi({ ...server.server, log, token });
  const listening = await listen((ask, answer) => void api.handle(ask, answer), { address: "127.0.0.1:0" });
  onTestFinished(() => listening.close(0));
  const url = `http://${listening.address}/`;
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await call(url, method, path, {
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      body: answer.text === "" ? undefined : (JSON.parse(answer.text) as unknown),
    };
  };
}

it("the operator's API manages accounts and the trash", async () => {
  const server = await startServer();
  const ask = await operator(server);
  expect(await ask("POST", "/v1/accounts", { name: "alice", password: "secret", quota: 5000 })).toMatchObject(
    {
      status: 200,
      body: { name: "alice", quota: 5000 },
    },
  );
  expect((await ask("POST", "/v1/accounts", { name: "alice", password: "x" })).status).toBe(403);
  expect((await ask("POST", "/v1/accounts", { name: "../x", password: "x" })).status).toBe(400);
  expect((await ask("POST", "/v1/accounts", { name: "bob" })).status).toBe(400);
  expect(
    await ask("PATCH", "/v1/accounts/alice", { state: "suspended", quota: null, trashDays: 3 }),
  ).toMatchObject({
    body: { state: "suspended", trashDays: 3 },
  });
  expect(await ask("GET", "/v1/accounts")).toMatchObject({ body: [{ name: "alice", state: "suspended" }] });
  expect((await ask("GET", "/v1/accounts/nobody")).status).toBe(404);
  const body = randomBytes(100);
  const path = `/r/data/${sha256(body)}`;
  await call(server.url, "POST", path, { body });
  await call(server.url, "DELETE", path);
  expect(await ask("GET", "/v1/trash?repository=r")).toMatchObject({
    body: { objects: [{ type: "data", size: 100 }] },
  });
  expect((await ask("GET", "/v1/trash?since=nonsense")).status).toBe(400);
  expect(await ask("POST", "/v1/undelete", { repository: "r" })).toMatchObject({ body: { restored: 1 } });
  expect((await call(server.url, "GET", path)).status).toBe(200);
  expect((await ask("POST", "/v1/scrub")).status).toBe(200);
  await expect
    .poll(async () => (await ask("GET", "/v1/status")).body)
    .toMatchObject({ scrub: { running: false, verified: 1 } });
  expect((await ask("DELETE", "/v1/accounts/alice")).status).toBe(204);
  expect(await ask("GET", "/v1/accounts")).toMatchObject({ body: [] });
});

it("threat 23: the operator's API is for the operator: every route asks for the token, and no web page gets in", async () => {
  const server = await startServer();
  const token = "a token of some length";
  const ask = await operator(server, token);
  const routes = [
    "GET /v1/status", "GET /v1/accounts", "POST /v1/accounts", "GET /v1/accounts/a", "PATCH /v1/accounts/a",
    "DELETE /v1/accounts/a", "PUT /v1/accounts/a", "POST /v1/accounts/a/erase", "GET /v1/trash", "POST /v1/undelete", "POST /v1/scrub", "GET /", "GET /v2/anything",
  ]; // prettier-ignore
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    for (const headers of [
      {},
      { authorization: "Bearer wrong" },
      { authorization: `Basic ${token}` },
    ] as Record<string, string>[]) {
      expect([route, (await ask(method, path, undefined, headers)).status]).toEqual([route, 401]);
    }
  }
  expect((await ask("GET", "/v1/status", undefined, { authorization: `Bearer ${token}` })).status).toBe(200);
  expect(
    (await ask("GET", "/v1/status", undefined, { authorization: `Bearer ${token}`, origin: "https://x" }))
      .status,
  ).toBe(403);
  const open = await operator(server);
  expect((await open("GET", "/v1/status")).status).toBe(200);
  // A name that a stranger has pointed at this machine.
  expect((await open("GET", "/v1/status", undefined, { host: "attacker.example" })).status).toBe(403);
  expect((await open("GET", "/v1/status", undefined, { origin: "http://localhost" })).status).toBe(403);
  expect(
    () => new OperatorApi({ ...server.server, log: createTextLog(() => undefined), token: "short" }),
  ).toThrow(/too short/);
  console.log(`${routes.length} routes without the token`);
});

it("threat 36: health, readiness and metrics", async () => {
  const path = join(await temporaryFolder(), "users");
  await writeFile(path, shaLine("alice", "a") + shaLine("metrics", "m"));
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: new HtpasswdFile(path) },
    privateRepositories: true,
    prometheus: { open: false },
  });
  const get = (what: string, user?: string) =>
    call(server.url, "GET", what, user === undefined ? {} : { user, password: user[0]! });
  expect([
    (await get("/health")).status,
    (await get("/ready")).status,
    (await get("/metrics")).status,
  ]).toEqual([200, 200, 401]);
  expect((await get("/metrics", "alice")).status).toBe(401);
  const body = randomBytes(123);
  const url = `/alice/data/${sha256(body)}`;
  await call(server.url, "POST", url, { user: "alice", password: "a", body });
  await get(url, "alice");
  await call(server.url, "DELETE", url, { user: "alice", password: "a" });
  const { text } = await get("/metrics", "metrics");
  for (const act of ["write", "read", "delete"]) {
    expect(text).toContain(`rest_server_blob_${act}_total{user="alice",repo="/alice",type="data"} 1`);
    expect(text).toContain(`rest_server_blob_${act}_bytes_total{user="alice",repo="/alice",type="data"} 123`);
  }
  await rm(server.folder, { recursive: true });
  expect([(await get("/health")).status, (await get("/ready")).status]).toEqual([200, 503]);
});

it("threat 36: logs say what happened, and no secret", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "users");
  await writeFile(path, shaLine("alice", "canary-right"));
  const lines: string[] = [];
  const access = join(folder, "access.log");
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: new HtpasswdFile(path) },
    accessLog: access,
    log: createJsonLog((line) => lines.push(line), "debug"),
  });
  await call(server.url, "GET", "/r/data/?token=canary-query", { user: "alice", password: "canary-right" });
  await call(server.url, "GET", "/r/config", { user: "alice", password: "canary-wrong" });
  await call(server.url, "GET", '/"x\\/data', {
    user: "alice",
    password: "canary-right",
    headers: { "user-agent": 'a"b' },
  });
  await server.stop();
  const text = await readFile(access, "utf8");
  const [first, second, third] = text.split("\n");
  expect(first).toMatch(
    /^127\.0\.0\.1 - alice \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/r\/data\/\?token=canary-query HTTP\/1\.1" 200 \d+ "" ""$/,
  );
  expect(second).toContain(" 401 ");
  expect(third).toContain(String.raw`"GET /\x22x\x5c/data HTTP/1.1" 404`);
  expect(third).toContain(String.raw`"a\x22b"`);
  const all = lines.join("");
  expect(all).toContain('"message":"login failed","name":"alice","address":"127.0.0.1"');
  expect(all).not.toContain("canary");
  expect(text).not.toMatch(/canary-(?:right|wrong)/);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("time");
});

it("opens logs again that were moved away", async () => {
  const folder = await temporaryFolder();
  const access = join(folder, "access.log");
  const server = await startServer({ accessLog: access });
  await call(server.url, "GET", "/health");
  await expect.poll(() => stat(access).then(({ size }) => size)).toBeGreaterThan(0);
  await rename(access, `${access}.1`);
  await server.server.reload();
  await call(server.url, "GET", "/ready");
  await expect.poll(() => readFile(access, "utf8")).toContain("/ready");
});

it("a scrub finds what a disk has spoiled, and says so at once", async () => {
  const lines: string[] = [];
  const server = await startServer({ log: createJsonLog((line) => lines.push(line)) });
  const bodies = Array.from({ length: 5 }, () => randomBytes(10_000));
  for (const body of bodies) await call(server.url, "POST", `/r/data/${sha256(body)}`, { body });
  expect(await server.server.scrub.run()).toMatchObject({ verified: 5, bytes: 50_000, damaged: [] });
  const name = sha256(bodies[2]!);
  const path = join(server.folder, "r", "data", name.slice(0, 2), name);
  bodies[2]![5_000]! ^= 1;
  await writeFile(path, bodies[2]!);
  const { damaged } = await server.server.scrub.run();
  expect(damaged).toMatchObject([{ repository: "r", type: "data", object: name }]);
  expect(lines.find((line) => line.includes("DAMAGED OBJECT"))).toContain(name);
});

it("ends in order: what runs comes to its end, what comes is told, and it does not wait for ever", async () => {
  const server = await startServer();
  const body = randomBytes(100_000);
  const { hostname, port } = new URL(server.url);
  const headers = { "content-length": body.length };
  const answered = new Promise<number>((resolve, reject) => {
    const slow = request(
      { hostname, port, method: "POST", path: `/r/data/${sha256(body)}`, headers },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    slow.on("error", reject);
    slow.write(body.subarray(0, 50_000));
    setTimeout(() => slow.end(body.subarray(50_000)), 500);
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.server.drain();
  const ready = await call(server.url, "GET", "/ready");
  expect([ready.status, ready.headers.connection]).toEqual([503, "close"]);
  await server.listening.close(10_000);
  expect(await answered).toBe(200);
  await expect(call(server.url, "GET", "/health")).rejects.toThrow(/ECONNREFUSED/);
});

it("listens on a Unix socket, also where a dead server has left one", async () => {
  const server = await startServer();
  const path = join(await temporaryFolder(), "socket");
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
  await stat(path);
  const listening = await listen(server.server.handle, { address: `unix:${path}` });
  const status = await new Promise<number>((resolve, reject) => {
    request({ socketPath: path, path: "/health" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
  expect([listening.address, status]).toEqual([path, 200]);
  await expect(listen(server.server.handle, { address: `unix:${path}` })).rejects.toThrow(/EADDRINUSE/);
  await listening.close(0);
  for (const bad of ["", "x", ":99999", "localhost", "1:2:3"]) {
    await expect(listen(server.server.handle, { address: bad })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  }
});

it("knows sockets that systemd passes on", () => {
  const pid = String(process.pid);
  expect(passedOnSockets({ LISTEN_PID: pid, LISTEN_FDS: "2" })).toEqual([3, 4]);
  expect(passedOnSockets({ LISTEN_PID: "1", LISTEN_FDS: "2" })).toEqual([]);
  expect(passedOnSockets({ LISTEN_PID: pid, LISTEN_FDS: "x" })).toEqual([]);
  expect(passedOnSockets({})).toEqual([]);
});

describeWithOpenssl("TLS", () => {
  it("loads a renewed certificate again, keeps the old one where the new is broken, and refuses old versions", async () => {
    const folder = await temporaryFolder();
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const { mkdir } = await import("node:fs/promises");
    await mkdir(one);
    await mkdir(two);
    const [first, second] = [await makeCertificates(one), await makeCertificates(two)];
    const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const use = async (from: typeof first): Promise<void> => {
      await copyFile(from.serverKey, key);
      await copyFile(from.serverCertificate, certificate);
    };
    await use(first);
    const server = await startServer();
    const tls = new TlsFiles({ certificate, key, minimumVersion: "TLSv1.3", interval: 50 });
    const listening = await listen(server.server.handle, { address: "127.0.0.1:0", tls });
    onTestFinished(() => listening.close(0));
    const url = `https://${listening.address}/`;
    const trusts = async (authority: string): Promise<boolean> =>
      call(url, "GET", "/health", { ca: await readFile(authority, "utf8") }).then(
        ({ status }) => status === 200,
        () => false,
      );
    expect([await trusts(first.authority), await trusts(second.authority)]).toEqual([true, false]);
    await writeFile(certificate, "broken");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await trusts(first.authority)).toBe(true);
    await use(second);
    await expect.poll(() => trusts(second.authority)).toBe(true);
    const port = Number(new URL(url).port);
    const refused = await new Promise<string>((resolve) => {
      const socket = tlsConnect({
        host: "127.0.0.1",
        port,
        maxVersion: "TLSv1.2",
        rejectUnauthorized: false,
      });
      socket.once("error", (error: Error) => resolve(error.message));
      socket.once("secureConnect", () => resolve("connected"));
    });
    expect(refused).toMatch(/protocol version|handshake/i);
    expect(() => new TlsFiles({ certificate: join(folder, "missing"), key }).context()).toThrow(/missing/);
  });
});
