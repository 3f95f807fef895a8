/** Proxies: which requests go through one, as Go decides it, and that they arrive, over REST and S3, with TLS and without. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { proxyFor, proxySettingsFrom } from "@tastic/storage";
import { createRestStorage, parseRestLocation, restOptionsFrom } from "@tastic/storage-rest";
import { createS3Storage, s3OptionsFrom } from "@tastic/storage-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, fileFor } from "../packages/storage/test/conformance.js";
import { startTestServer } from "../packages/storage-rest/test/test-server.js";
import { s3Server } from "../packages/storage-s3/test/s3-server.js";
import { sampleBytes } from "./support/bytes.js";
import { makeCertificates } from "./support/certificates.js";
import { describeWithOpenssl } from "./support/peers.js";

const bytes = sampleBytes(300_000);
const file = fileFor("pack", bytes);

/** A proxy that takes whatever is asked for to a server on loopback, and notes what it was asked. */
async function startProxy(port: number) {
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const note = (incoming: IncomingMessage): void => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers["proxy-authorization"] ?? ""}`.trim());
  };
  const server = createServer((incoming, answer) => {
    note(incoming);
    const { pathname, search } = new URL(incoming.url ?? "");
    const { method, headers } = incoming;
    const passed = request({ host: "127.0.0.1", port, method, path: pathname + search, headers });
    passed.on("response", (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  server.on("connect", (incoming: IncomingMessage, near: Socket, head: Buffer) => {
    note(incoming);
    const far = connect(port, "127.0.0.1", () => {
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      far.write(head);
      near.pipe(far).pipe(near);
    });
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { asked, url: `http://user:word@127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const authorization = `Basic ${Buffer.from("user:word").toString("base64")}`;

type Variables = Readonly<Record<string, string>>;

interface Tls {
  readonly ca?: string;
  readonly insecure?: boolean;
}

function restThrough(location: string, environment: Variables, tls: Tls = {}) {
  const storage = createRestStorage({
    location: parseRestLocation(location),
    ...restOptionsFrom({ environment, extended: {} }),
    caCertificates: tls.ca,
    insecureTls: tls.insecure,
  });
  onTestFinished(() => storage.close());
  return storage;
}

function s3Through(endpoint: string, environment: Variables, tls: Tls = {}) {
  const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
  const storage = createS3Storage({
    location: { endpoint, useHttps: tls.ca !== undefined, bucket: "bucket", prefix: "" },
    ...s3OptionsFrom({ environment: { ...keys, ...environment } }),
    tls: { certificateAuthorities: tls.ca, insecure: tls.insecure },
  });
  onTestFinished(() => storage.close());
  return storage;
}

describe("REST through a proxy", () => {
  it("asks it for the whole URL, by a name that only the proxy knows", async () => {
    const server = await startTestServer();
    const proxy = await startProxy(server.location.port ?? 0);
    const storage = restThrough("rest:http://store.example/repo/", { HTTP_PROXY: proxy.url });
    await storage.save(file, bytes);
    expect(await storage.load(file)).toEqual(bytes);
    expect(proxy.asked[0]).toBe(`POST http://store.example/repo/data/${file.name} ${authorization}`);
    expect(server.requests).toHaveLength(2);
  });

  it("does not use one on loopback, nor where NO_PROXY says so", async () => {
    const server = await startTestServer();
    const proxy = await startProxy(server.location.port ?? 0);
    const local = `rest:http://127.0.0.1:${server.location.port}/repo/`;
    await restThrough(local, { http_proxy: proxy.url }).save(file, bytes);
    const elsewhere = restThrough("rest:http://store.invalid/repo/", {
      HTTP_PROXY: proxy.url,
      NO_PROXY: "invalid",
    });
    expect((await failure(elsewhere.load(file), "storage-failed")).message).toContain("store.invalid");
    expect(proxy.asked).toEqual([]);
  });

  it("says what is wrong with a variable, without its password (difference 12)", async () => {
    const storage = restThrough("rest:https://store.example/", { HTTPS_PROXY: "socks4://u:canary@h" });
    const error = await failure(storage.load(file), "invalid-argument");
    expect(error.message).toContain("$HTTPS_PROXY");
    expect(`${error.message}${error.stack}`).not.toContain("canary");
  });
});

describe("S3 through a proxy", () => {
  it("asks it for the whole URL", async () => {
    const server = await s3Server(({ method }, response) => response.end(method === "PUT" ? "" : bytes));
    const proxy = await startProxy(Number(server.endpoint.split(":")[1]));
    const storage = s3Through("store.example:9000", { HTTP_PROXY: proxy.url });
    await storage.save(file, bytes);
    expect(await storage.load(file)).toEqual(bytes);
    expect(proxy.asked[0]).toContain("PUT http://store.example:9000/bucket/data/");
    expect(server.requests[0]?.body).toEqual(bytes);
  });
});

describeWithOpenssl("over TLS", () => {
  it.each(["REST", "S3"])("%s goes through a tunnel, to whom the certificate names", async (kind) => {
    const { authority, server } = await makeCertificates();
    const tls = { cert: server.certificate, key: server.key };
    const s3 = () => s3Server(({ method }, response) => response.end(method === "PUT" ? "" : bytes), tls);
    const port =
      kind === "REST"
        ? (await startTestServer({ tls })).location.port
        : Number((await s3()).endpoint.split(":")[1]);
    const proxy = await startProxy(port ?? 0);
    const environment = { HTTPS_PROXY: proxy.url };
    const make = (insecure: boolean) =>
      kind === "REST"
        ? restThrough("rest:https://store.example/repo/", environment, {
            ca: authority.certificate,
            insecure,
          })
        : s3Through("store.example", environment, { ca: authority.certificate, insecure });
    const error = await make(false)
      .load(file)
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/certificate/i);
    expect(proxy.asked).toEqual([`CONNECT store.example:443 ${authorization}`]);
    const storage = make(true);
    await storage.save(file, bytes);
    expect(await storage.load(file)).toEqual(bytes);
    // The second request found the tunnel of the first.
    expect(proxy.asked).toHaveLength(2);
  });
});

describe("which proxy", () => {
  const all = { HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "https://secure:2" };
  const chosen = (url: string, no = "", environment: Record<string, string> = all): string | undefined => {
    const { protocol, hostname, port } = new URL(url);
    const settings = proxySettingsFrom({ ...environment, NO_PROXY: no });
    if (settings === undefined) return undefined;
    return proxyFor(settings, {
      tls: protocol === "https:",
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? undefined : Number(port),
    })?.host;
  };

  it("is that of the scheme, from either spelling, with http:// as the default", () => {
    expect(chosen("http://a.example")).toBe("plain:1");
    expect(chosen("https://a.example")).toBe("secure:2");
    expect(chosen("https://a.example", "", { http_proxy: "x:1" })).toBeUndefined();
    expect(chosen("http://a.example", "", { http_proxy: "x:1", HTTP_PROXY: "y:2" })).toBe("y:2");
    expect(proxySettingsFrom({ NO_PROXY: "a", HTTP_PROXY: "" })).toBeUndefined();
  });

  it.each([
    ["http://localhost", "", false],
    ["http://127.0.0.1:8000", "", false],
    ["http://127.9.9.9", "", false],
    ["http://[::1]:9", "", false],
    ["http://notlocalhost", "", true],
    ["http://a.example", "*", false],
    ["http://a.example", "other, a.example", false],
    ["http://b.a.example", "a.example", false],
    ["http://ba.example", "a.example", true],
    ["http://a.example", ".a.example", true],
    ["http://b.a.example", ".a.example", false],
    ["http://b.a.example", "*.a.example", false],
    ["http://A.Example", "a.EXAMPLE", false],
    ["http://a.example", "a.example:80", false],
    ["https://a.example", "a.example:80", true],
    ["http://a.example:8000", "a.example:8000", false],
    ["http://10.1.2.3", "10.0.0.0/8", false],
    ["http://11.1.2.3", "10.0.0.0/8", true],
    ["http://10.1.2.3", "10.1.2.3", false],
    ["http://10.1.2.3:81", "10.1.2.3:80", true],
    ["http://[fd00::7]", "fd00::/8", false],
    ["http://[fd00::7]", "[fd00::7]:80", false],
    ["http://[fd00::7]", "fd00::7", false],
  ])("%s with NO_PROXY=%s: %s", (url, no, proxied) => {
    expect(chosen(url, no)).toBe(proxied ? (url.startsWith("https") ? "secure:2" : "plain:1") : undefined);
  });
});
