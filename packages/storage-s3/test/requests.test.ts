/** What goes over the wire, seen by a server that keeps it. */
import { createHash } from "node:crypto";
import type { SaveOptions, StorageFile } from "@tastic/storage";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { writeFiles } from "../../../test/support/trees.js";
import { failure, fileFor, listed } from "../../storage/test/conformance.js";
import { listing, s3Server, sendError, storageAt } from "./s3-server.js";

const bytes = sampleBytes(3_000_000);
const pack = fileFor("pack", bytes);

describe("a request", () => {
  it("puts an object with its checksums, signed, in one piece", async () => {
    const server = await s3Server((_, response) => response.end());
    await storageAt(server.endpoint).save(pack, [bytes.subarray(0, 10), bytes.subarray(10)]);
    expect(server.requests).toHaveLength(1);
    const [{ method, path, headers, body }] = server.requests as [(typeof server.requests)[0]];
    expect(method).toBe("PUT");
    expect(path.split("?")[0]).toBe(`/bucket/prefix/data/${pack.name.slice(0, 2)}/${pack.name}`);
    expect(sha256Hex(body)).toBe(pack.name);
    expect(headers).toMatchObject({
      "content-length": String(bytes.length),
      "content-type": "application/octet-stream",
      "content-md5": createHash("md5").update(bytes).digest("base64"),
      "x-amz-content-sha256": pack.name,
      "x-amz-security-token": "canary-token",
    });
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=CANARYID\/\d{8}\/us-east-1\/s3\//);
    for (const name of Object.keys(headers)) {
      expect(name).not.toMatch(/checksum|trailer|decoded|expect|transfer-encoding|storage-class/);
    }
  });

  it("puts a config only where there is none", async () => {
    const server = await s3Server(({ method }, response) => {
      if (method === "PUT") response.end();
      else sendError(response, 404, "NoSuchKey");
    });
    await storageAt(server.endpoint).save({ type: "config", name: "" }, bytes);
    const [head, , put] = server.requests;
    expect(head?.method).toBe("HEAD");
    expect(put).toMatchObject({ method: "PUT", headers: { "if-none-match": "*" } });
  });

  it("puts a config without a condition where the server knows none", async () => {
    const server = await s3Server(({ method, headers }, response) => {
      if (method !== "PUT") sendError(response, 404, "NoSuchKey");
      else if (headers["if-none-match"] === undefined) response.end();
      else sendError(response, 501, "NotImplemented");
    });
    await storageAt(server.endpoint).save({ type: "config", name: "" }, bytes);
    expect(server.requests.at(-1)).toMatchObject({ method: "PUT" });
  });

  it.each<[string, string, SaveOptions, StorageFile, string | undefined]>([
    ["an archive", "DEEP_ARCHIVE", { holds: "data" }, pack, "DEEP_ARCHIVE"],
    ["an archive", "GLACIER", { holds: "tree" }, pack, undefined],
    ["an archive", "GLACIER", {}, pack, undefined],
    ["an archive", "GLACIER", {}, { ...pack, type: "index" }, undefined],
    ["another class", "STANDARD_IA", { holds: "tree" }, pack, "STANDARD_IA"],
    ["another class", "STANDARD_IA", {}, { ...pack, type: "snapshot" }, "STANDARD_IA"],
  ])("names %s (%s) as the storage class with %j", async (_, storageClass, options, file, expected) => {
    const server = await s3Server((_request, response) => response.end());
    await storageAt(server.endpoint, { storageClass }).save(file, bytes, options);
    expect(server.requests[0]?.headers["x-amz-storage-class"]).toBe(expected);
  });

  it("goes out without a signature where nobody is to be known", async () => {
    const server = await s3Server((_, response) => response.end());
    await storageAt(server.endpoint, { credentials: { kind: "anonymous" } }).save(pack, bytes);
    const names = Object.keys(server.requests[0]!.headers);
    expect(names).not.toContain("authorization");
    expect(names).not.toContain("x-amz-security-token");
  });

  it("is signed for the region that was chosen, and names its agent", async () => {
    const server = await s3Server((_, response) => response.end());
    await storageAt(server.endpoint, { region: "nl-ams", userAgent: "my agent/1" }).save(pack, bytes);
    expect(server.requests[0]?.headers.authorization).toContain("/nl-ams/s3/");
    expect(server.requests[0]?.headers["user-agent"]).toBe("my agent/1");
  });

  it("is the same whatever is set for Amazon's library itself", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      config: "[default]\nendpoint_url = http://127.0.0.1:1\nregion = elsewhere\n",
    });
    for (const [name, value] of Object.entries({
      AWS_CONFIG_FILE: join(folder, "config"),
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
      AWS_REGION: "elsewhere",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "true",
      AWS_REQUEST_CHECKSUM_CALCULATION: "WHEN_SUPPORTED",
      AWS_AUTH_SCHEME_PREFERENCE: "sigv4a",
      AWS_MAX_ATTEMPTS: "7",
      AWS_DEFAULTS_MODE: "auto",
    })) {
      vi.stubEnv(name, value);
    }
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await s3Server((_, response) => sendError(response, 503, "SlowDown"));
    await failure(storageAt(server.endpoint).save(pack, bytes), "storage-failed");
    expect(server.requests).toHaveLength(1);
    const { headers } = server.requests[0]!;
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-east-1\/s3\//);
    expect(Object.keys(headers).join(" ")).not.toContain("checksum");
  });

  it("keeps the slash at the beginning of a prefix, as restic does", async () => {
    const server = await s3Server((_, response) => response.end());
    const location = { endpoint: server.endpoint, useHttps: false, bucket: "bucket", prefix: "/a b/ü" };
    await storageAt(server.endpoint, { location }).save(fileFor("key", bytes), bytes);
    expect(server.requests[0]?.path).toMatch(/^\/bucket\/\/a%20b\/%C3%BC\/keys\/[0-9a-f]{64}/);
  });

  it("runs no more at once than there are connections, except for locks", async () => {
    let running = 0;
    let most = 0;
    let isLockAwaited = false;
    const waiting: (() => void)[] = [];
    const server = await s3Server((_, response) => {
      most = Math.max(most, ++running);
      waiting.push(() => {
        running--;
        response.end();
      });
      const answerAll = (): void => {
        for (const answer of waiting.splice(0)) answer();
      };
      if (!isLockAwaited) setTimeout(answerAll, 20);
      else if (most === 4) answerAll();
    });
    const storage = storageAt(server.endpoint, { connections: 3 });
    const saves = Array.from({ length: 12 }, (_, i) => sampleBytes(10, i + 1));
    await Promise.all(saves.map((content) => storage.save(fileFor("pack", content), content)));
    expect(most).toBe(3);
    // Nobody is answered before all four are there.
    isLockAwaited = true;
    const packs = Promise.all(saves.map((content) => storage.save(fileFor("pack", content), content)));
    await storage.save(fileFor("lock", bytes), bytes);
    await packs;
    expect(most).toBe(4);
  });

  it.each([true, false])("asks page after page until the end (version 1: %s)", async (listObjectsV1) => {
    const names = Array.from({ length: 5 }, (_, i) => sha256Hex(sampleBytes(1, i + 1))).toSorted();
    const keys = names.map((name) => `prefix/index/${name}`);
    const server = await s3Server(({ path }, response) => {
      const query = new URL(path, "http://x").searchParams;
      const from = query.get("marker") ?? query.get("continuation-token") ?? "";
      const page = keys.filter((key) => key > from).slice(0, 2);
      const truncated = page.at(-1) !== keys.at(-1);
      response.end(listing(page, truncated, listObjectsV1 ? undefined : page.at(-1)));
    });
    const storage = storageAt(server.endpoint, { listObjectsV1 });
    expect([...(await listed(storage, "index")).keys()]).toEqual(names);
    expect(server.requests).toHaveLength(3);
    expect(server.requests.every(({ path }) => path.includes("list-type=2") === !listObjectsV1)).toBe(true);
  });
});
