/** Answers whose bodies are not what their headers promise, connections that break, operations that are given up. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createS3Storage } from "@tastic/storage-s3";
import { describe, expect, it } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { describeWithCeph } from "../../../test/support/peers.js";
import { failure, fileFor, listed } from "../../storage/test/conformance.js";
import { cephOptions } from "./ceph.js";
import { s3Server, storageAt } from "./s3-server.js";

const bytes = sampleBytes(1_000_000);
const pack = fileFor("pack", bytes);
const range = { offset: 100, length: 1000 };

/** Sends the range that was asked for, or says so. */
function sendRange(response: ServerResponse, header: string | undefined, body: Uint8Array): void {
  response.writeHead(206, { "Content-Range": header ?? "", "Content-Length": 1000 });
  response.end(body);
}

describe("the body of an answer", () => {
  it("is cut short by the connection", async () => {
    const server = await s3Server((_, response) => {
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(bytes.subarray(0, 500_000), () => response.destroy());
    });
    const storage = storageAt(server.endpoint);
    await failure(storage.load(pack), "storage-failed");
    expect(server.requests).toHaveLength(1);
  });

  it("is another range than was asked for", async () => {
    const server = await s3Server((_, response) =>
      sendRange(response, "bytes 0-999/1000000", bytes.subarray(0, 1000)),
    );
    await failure(storageAt(server.endpoint).load(pack, range), "storage-failed");
  });

  it("is the whole object, where a range was asked for", async () => {
    const server = await s3Server((_, response) => response.end(bytes));
    const storage = storageAt(server.endpoint);
    await failure(storage.load(pack, range), "storage-failed");
    // Here it is the same.
    const whole = await storage.load(pack, { offset: 0, length: bytes.length });
    expect(sha256Hex(whole)).toBe(pack.name);
  });

  it("is shorter than the range, because the object is", async () => {
    const server = await s3Server((_, response) => {
      response.writeHead(206, { "Content-Range": "bytes 100-499/500", "Content-Length": 400 });
      response.end(bytes.subarray(100, 500));
    });
    const error = await failure(storageAt(server.endpoint).load(pack, range), "invalid-format");
    expect(error.message).toContain("too short: 500 bytes");
  });

  it("is shorter than the range, though the object is not", async () => {
    const server = await s3Server((_, response) => {
      response.writeHead(206, { "Content-Range": "bytes 100-499/1000000", "Content-Length": 400 });
      response.end(bytes.subarray(100, 500));
    });
    await failure(storageAt(server.endpoint).load(pack, range), "storage-failed");
  });

  it("comes without its length", async () => {
    const server = await s3Server((_, response) => {
      response.write(bytes.subarray(0, 10));
      response.end(bytes.subarray(10));
    });
    const loaded = await storageAt(server.endpoint).load(pack);
    expect(sha256Hex(loaded)).toBe(pack.name);
    expect(loaded.buffer.byteLength).toBe(bytes.length);
  });

  it("is larger than any object, and not even begun to be read", async () => {
    const server = await s3Server((_, response) => {
      response.writeHead(200, { "Content-Length": 2 ** 40 });
      response.write(bytes);
    });
    await failure(storageAt(server.endpoint).load(pack), "limit-exceeded");
    await expect.poll(server.connections).toBe(0);
  });

  it("leaves no connection in use, whatever it was", async () => {
    let answer = 0;
    const server = await s3Server((_, response) => {
      // In turns: fine, another range, cut, an error.
      const kind = answer++ % 4;
      if (kind === 0) sendRange(response, "bytes 100-1099/1000000", bytes.subarray(100, 1100));
      else if (kind === 1) sendRange(response, "bytes 0-999/1000000", bytes.subarray(0, 1000));
      else if (kind === 2) {
        response.writeHead(206, { "Content-Range": "bytes 100-1099/1000000", "Content-Length": 1000 });
        response.write(bytes.subarray(100, 200), () => response.destroy());
      } else response.writeHead(503).end("busy");
    });
    const storage = storageAt(server.endpoint, { connections: 2 });
    const loads = Array.from({ length: 80 }, () => storage.load(pack, range));
    const results = await Promise.allSettled(loads);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
    await expect.poll(server.connections).toBeLessThanOrEqual(2);
    await storage.close();
    await expect.poll(server.connections).toBe(0);
  });
});

describe("an operation that is given up", () => {
  it("ends while the server does not answer", async () => {
    const server = await s3Server(() => {});
    const storage = storageAt(server.endpoint, { connections: 1 });
    for (const call of [
      (signal: AbortSignal) => storage.load(pack, undefined, { signal }),
      (signal: AbortSignal) => storage.save(pack, bytes, { signal }),
      (signal: AbortSignal) => storage.stat(pack, { signal }),
      (signal: AbortSignal) => storage.remove(pack, { signal }),
      (signal: AbortSignal) => storage.list("pack", { signal })[Symbol.asyncIterator]().next(),
    ]) {
      const controller = new AbortController();
      const before = server.requests.length;
      const running = failure(call(controller.signal), "cancelled");
      const waiting = failure(storage.load(pack, undefined, { signal: controller.signal }), "cancelled");
      await expect.poll(() => server.requests.length).toBe(before + 1);
      controller.abort();
      await running;
      await waiting;
    }
    expect(server.requests).toHaveLength(5);
    await expect.poll(server.connections).toBe(0);
  });

  it("ends in the middle of a body", async () => {
    const server = await s3Server((_, response) => {
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(bytes.subarray(0, 500_000));
    });
    const controller = new AbortController();
    const storage = storageAt(server.endpoint);
    const loading = failure(storage.load(pack, undefined, { signal: controller.signal }), "cancelled");
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    await loading;
    await expect.poll(server.connections).toBe(0);
  });
});

describeWithCeph("Ceph", () => {
  it("keeps nothing of an upload that is given up in its middle", async () => {
    const storage = createS3Storage(await cephOptions());
    await storage.prepare();
    const large = sampleBytes(32 * 2 ** 20);
    let cancelled = 0;
    // However fast this machine is: some of these end in the middle of the upload.
    for (const wait of [1, 5, 10, 20, 40]) {
      const controller = new AbortController();
      const file = fileFor("pack", sampleBytes(8, wait + 100));
      const saving = storage.save(file, large, { signal: controller.signal });
      const result = saving.then(
        () => "saved",
        () => "failed",
      );
      await delay(wait);
      controller.abort();
      const found = await result;
      if (found === "failed") {
        cancelled++;
        await failure(saving, "cancelled");
      }
      // Whole, or not there at all.
      for (const size of (await listed(storage, "pack")).values()) expect(size).toBe(large.length);
    }
    expect(cancelled).toBeGreaterThan(0);
    await storage.close();
  });
});
