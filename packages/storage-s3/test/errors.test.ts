/** Each way in which a server can refuse: recognised with one request, in words that help, without secrets. */
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { inspect } from "node:util";
import type { ErrorCode, TasticError } from "@tastic/errors";
import { pathOf } from "@tastic/storage";
import { createS3Storage } from "@tastic/storage-s3";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { cephAccess, describeWithCeph } from "../../../test/support/peers.js";
import { failure, fileFor, listed } from "../../storage/test/conformance.js";
import { cephOptions, cephStorage, openToAll } from "./ceph.js";
import { canaryKeys, listing, s3Server, sendError, storageAt } from "./s3-server.js";

const bytes = sampleBytes(100);
const pack = fileFor("pack", bytes);
const config = fileFor("config", bytes);

function expectNoSecret(error: TasticError): void {
  const all = inspect(error, { depth: 10, showHidden: true });
  expect(all).not.toContain(canaryKeys.secretAccessKey);
  expect(all).not.toContain(canaryKeys.sessionToken);
  expect(all).not.toContain("Signature=");
}

describe("a server that refuses", () => {
  const later = { Region: "eu-central-1" };
  it.each<[number, string, ErrorCode, RegExp, Readonly<Record<string, string>>?]>([
    [404, "NoSuchKey", "not-found", /it does not exist/],
    [404, "NoSuchBucket", "not-found", /the bucket does not exist/],
    [403, "InvalidAccessKeyId", "access-denied", /does not know the access key/],
    [403, "SignatureDoesNotMatch", "access-denied", /secret key does not belong/],
    [403, "AccessDenied", "access-denied", /access denied/],
    [400, "ExpiredToken", "access-denied", /token has expired/],
    [403, "RequestTimeTooSkewed", "access-denied", /clock and the server's differ/],
    [403, "SomethingNew", "access-denied", /access denied/],
    [403, "QuotaExceeded", "no-space", /quota is used up/],
    [507, "XMinioStorageFull", "no-space", /no space left/],
    [403, "InvalidObjectState", "unsupported", /in an archive/],
    [405, "MethodNotAllowed", "unsupported", /does not allow this/],
    [400, "InvalidBucketName", "invalid-argument", /name for a bucket/],
    [400, "InvalidStorageClass", "invalid-argument", /storage class/],
    [503, "SlowDown", "storage-failed", /less often/],
    [500, "InternalError", "storage-failed", /the server failed/],
    [400, "BadDigest", "storage-failed", /other bytes than were sent/],
    [400, "AuthorizationHeaderMalformed", "invalid-argument", /in the region eu-central-1/, later],
    [301, "PermanentRedirect", "invalid-argument", /another region/],
    [418, "Teapot", "storage-failed", /status 418 \(Teapot\)/],
  ])("with %d %s", async (status, code, expected, words, more) => {
    const server = await s3Server((_, response) => sendError(response, status, code, more));
    // A region that was chosen is kept.
    const storage = storageAt(server.endpoint, { region: "us-east-1" });
    for (const call of [() => storage.save(pack, bytes), () => storage.load(pack)]) {
      const error = await failure(call(), expected);
      expect(error.message).toMatch(words);
      expect(error.message).toContain(
        `pack ${pack.name.slice(0, 8)}… in s3:http://${server.endpoint}/bucket/prefix`,
      );
      expect(error.data).toMatchObject({ type: "pack", name: pack.name, status, serverCode: code });
      expect(error.guidance).toBeTruthy();
      expectNoSecret(error);
    }
    expect(server.requests).toHaveLength(2);
    const error = await failure(listed(storage, "pack"), expected);
    expect(error.message).toMatch(words);
    expect(server.requests).toHaveLength(3);
  });

  it("says why a look at an object failed, and which of the two is missing", async () => {
    for (const [status, code, expected, words] of [
      [404, "NoSuchBucket", "not-found", /the bucket does not exist/],
      [404, "NoSuchKey", "not-found", /it does not exist/],
      [403, "InvalidAccessKeyId", "access-denied", /access key/],
    ] as const) {
      const server = await s3Server((_, response) => sendError(response, status, code));
      const storage = storageAt(server.endpoint);
      for (const call of [() => storage.stat(config), () => storage.remove(config)]) {
        expect((await failure(call(), expected)).message).toMatch(words);
      }
      expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "GET", "HEAD", "GET"]);
    }
  });

  it("tells by how much the clock is wrong", async () => {
    const server = await s3Server((_, response) => {
      response.setHeader("Date", new Date(Date.now() - 47 * 60_000).toUTCString());
      sendError(response, 403, "RequestTimeTooSkewed");
    });
    const storage = storageAt(server.endpoint);
    for (let i = 1; i <= 2; i++) {
      const error = await failure(storage.load(pack), "access-denied");
      expect(error.message).toContain("differ by 47 minutes");
      expect(server.requests).toHaveLength(i);
    }
  });

  it("is followed to the region it names, once for all", async () => {
    const server = await s3Server(({ headers }, response) => {
      if (headers.authorization?.includes("/eu-north-1/")) response.end("content");
      else sendError(response, 400, "AuthorizationHeaderMalformed", { Region: "eu-north-1" });
    });
    const storage = storageAt(server.endpoint);
    expect(Buffer.from(await storage.load(pack)).toString()).toBe("content");
    await storage.load(pack);
    expect(server.requests).toHaveLength(3);
  });

  it("is followed to a region that a header names", async () => {
    const server = await s3Server(({ headers }, response) => {
      if (headers.authorization?.includes("/eu-north-1/")) response.setHeader("Content-Length", 5).end();
      else response.writeHead(301, { "x-amz-bucket-region": "eu-north-1" }).end();
    });
    expect(await storageAt(server.endpoint).stat(pack)).toMatchObject({ size: 5 });
    expect(server.requests).toHaveLength(2);
  });

  it("is not taken to speak of another region when it only names the bucket's", async () => {
    const server = await s3Server((_, response) => {
      response.setHeader("x-amz-bucket-region", "us-east-1");
      sendError(response, 400, "AuthorizationHeaderMalformed", { Region: "us-east-1" });
    });
    const error = await failure(storageAt(server.endpoint).load(pack), "invalid-argument");
    expect(error.message).toContain("in another region");
    const expired = await s3Server((_, response) => {
      response.setHeader("x-amz-bucket-region", "eu-west-1");
      sendError(response, 400, "ExpiredToken");
    });
    await failure(storageAt(expired.endpoint).load(pack), "access-denied");
    expect(server.requests).toHaveLength(1);
    expect(expired.requests).toHaveLength(1);
  });

  it("is believed when it says for how long to wait", async () => {
    const server = await s3Server((_, response) => {
      response.setHeader("Retry-After", "7");
      sendError(response, 503, "SlowDown");
    });
    const error = await failure(storageAt(server.endpoint).load(pack), "storage-failed");
    expect(error.data).toMatchObject({ status: 503, retryAfter: "7" });
  });

  it.each([
    ["HTML", 200, "<html><body>Welcome<br></body></html>"],
    ["nothing", 200, ""],
    ["no XML", 200, "Hello"],
    ["HTML and 404", 404, "<html><body>Not here<br></body></html>"],
    ["no XML and 502", 502, "bad gateway"],
  ])("and is no S3 server, but sends %s", async (_, status, body) => {
    const server = await s3Server((_request, response) => response.writeHead(status).end(body));
    const code = status === 404 ? "not-found" : "storage-failed";
    const error = await failure(listed(storageAt(server.endpoint), "pack"), code);
    expect(error.guidance).toBeTruthy();
    expectNoSecret(error);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a server that is not there", () => {
  it("is told by its port", async () => {
    const gone = await closedPort();
    const error = await failure(storageAt(gone).load(pack), "invalid-argument");
    expect(error.message).toContain(`nothing listens at ${gone} (connection refused)`);
  });

  it("may come back, once it was there", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.once("data", () => {
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\ncontent");
        server.close();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const storage = storageAt(`127.0.0.1:${(server.address() as { port: number }).port}`);
    await storage.load(pack);
    const error = await failure(storage.load(pack), "storage-failed");
    expect(error.message).toContain("connection refused");
    expect(connections).toBe(1);
  });

  it("is told by its name", async () => {
    const error = await failure(storageAt("no-such-host.invalid").load(pack), "invalid-argument");
    // Where there is no resolver at all, nobody knows.
    expect(error.message).toContain("there is no host named no-such-host.invalid");
  });
});

describe("the name of a server", () => {
  it.each([
    ["dns", "bucket.no-such-host.invalid"],
    ["path", "no-such-host.invalid"],
  ] as const)("has the bucket in it when looked up by %s", async (bucketLookup, host) => {
    const storage = storageAt("no-such-host.invalid", { bucketLookup });
    const error = await failure(storage.load(pack), "invalid-argument");
    expect(String(error.cause)).toMatch(new RegExp(` ${host.replaceAll(".", "\\.")}$`));
  });
});

describe("a listing that breaks in the middle", () => {
  it.each([
    ["with an error", (response: ServerResponse) => sendError(response, 500, "InternalError")],
    ["with a cut connection", (response: ServerResponse) => response.destroy()],
    ["with half an answer", (response: ServerResponse) => response.end("<ListBucketResult><Cont")],
    [
      "without saying whether there is more",
      (response: ServerResponse) => response.end(listing(["x"], true).replace(/<IsTr.*?ted>/, "")),
    ],
    [
      "without saying where to go on",
      (response: ServerResponse) => response.end(listing(["prefix/data/x"], true)),
    ],
    [
      "by going round in circles",
      (response: ServerResponse) => response.end(listing(["prefix/data/x"], true, "token")),
    ],
  ])("%s, is an error", async (_, second) => {
    const key = `prefix/data/${pack.name.slice(0, 2)}/${pack.name}`;
    const server = await s3Server(({ path }, response) => {
      if (path.includes("continuation-token")) second(response);
      else response.end(listing([key], true, "token"));
    });
    const storage = storageAt(server.endpoint);
    const found: string[] = [];
    const list = async () => {
      for await (const { name } of storage.list("pack")) found.push(name);
    };
    await failure(list(), "storage-failed");
    expect(found).toEqual([pack.name]);
    expect(server.requests).toHaveLength(2);
  });
});

describeWithCeph("Ceph", () => {
  it("does not know the key", async () => {
    const storage = await cephStorage({ credentials: canaryKeys });
    for (const call of [() => storage.load(config), () => storage.stat(config), () => storage.prepare()]) {
      const error = await failure(call(), "access-denied");
      expectNoSecret(error);
    }
    await storage.close();
  });

  it("finds another signature", async () => {
    const { accessKeyId } = await cephAccess();
    const credentials = { kind: "keys", accessKeyId, secretAccessKey: "canary-secret" } as const;
    const storage = await cephStorage({ credentials });
    const error = await failure(storage.load(config), "access-denied");
    expect(error.message).toContain("the secret key does not belong to the access key");
    const large = await failure(storage.save(pack, sampleBytes(16 * 2 ** 20)), "access-denied");
    expect(large.message).toContain("the secret key does not belong to the access key");
    expectNoSecret(error);
    await storage.close();
  });

  it("has no such bucket until it is prepared", async () => {
    const storage = await cephStorage();
    for (const call of [
      () => storage.load(config),
      () => storage.stat(config),
      () => storage.save(pack, bytes),
      () => listed(storage, "config"),
      () => listed(storage, "pack"),
    ]) {
      expect((await failure(call(), "not-found")).message).toContain("the bucket does not exist");
    }
    await storage.prepare();
    expect(await listed(storage, "config")).toEqual(new Map());
    await failure(storage.stat(config), "not-found");
    await storage.close();
  });

  it("lets nobody in without a key, unless the bucket is open to all", async () => {
    const options = await cephOptions();
    const owner = createS3Storage(options);
    await owner.prepare();
    await owner.save(pack, bytes);
    const nobody = createS3Storage({ ...options, credentials: { kind: "anonymous" } });
    expect((await failure(nobody.load(pack), "access-denied")).message).toContain("access denied");
    // It is there, as far as one may know.
    await nobody.prepare();
    await openToAll(options.location.bucket, "public-read", pathOf(pack));
    expect(await nobody.load(pack)).toEqual(bytes);
    expect(await listed(nobody, "pack")).toEqual(new Map([[pack.name, bytes.length]]));
    await failure(nobody.save(fileFor("index", bytes), bytes), "access-denied");
    await owner.close();
    await nobody.close();
  });
});

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}
