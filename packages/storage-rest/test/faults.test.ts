/** A server that refuses, fails, cuts, stalls or loses answers; each error is recognised in one attempt. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode } from "@tastic/errors";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { failure, fileFor, listed, storageConformance } from "../../storage/test/conformance.js";
import { startTestServer, type TestServerOptions } from "./test-server.js";

async function start(options: TestServerOptions = {}) {
  const server = await startTestServer(options);
  const storage = createRestStorage({ location: server.location });
  onTestFinished(() => storage.close());
  return { ...server, storage };
}

/** Sends a head and a part of the body that it announces, and ends the connection. */
function cut(response: ServerResponse, announced: number, sent: number): void {
  response.writeHead(200, { "content-length": announced });
  response.write(Buffer.alloc(sent), () => response.destroy());
}

const bytes = sampleBytes(100_000);
const file = fileFor("pack", bytes);

storageConformance("REST, version 1", async () => {
  const { location } = await startTestServer({ version: 1 });
  return createRestStorage({ location });
});

describe("an answer that is no success", () => {
  it.each<[number, ErrorCode]>([
    [301, "invalid-argument"],
    [400, "storage-failed"],
    [401, "access-denied"],
    [403, "access-denied"],
    [404, "not-found"],
    [405, "unsupported"],
    [413, "invalid-argument"],
    [416, "invalid-format"],
    [429, "storage-failed"],
    [500, "storage-failed"],
    [501, "unsupported"],
    [502, "storage-failed"],
    [503, "storage-failed"],
    [504, "storage-failed"],
    [507, "no-space"],
  ])("with status %d is %s, at once", async (status, code) => {
    const { storage, requests } = await start({
      meddle: (request, response) => {
        request.resume();
        response.writeHead(status, { "content-type": "text/plain" }).end("in the\u001b[31m server's words");
        return true;
      },
    });
    const error = await failure(storage.load(file), code);
    expect(requests).toHaveLength(1);
    expect(error.message).toContain(`HTTP status ${status}: in the[31m server's words`);
    expect(error.guidance).toBeTruthy();
    await failure(storage.stat(file), code);
    await failure(storage.save(file, bytes), code);
    if (status !== 404) await failure(listed(storage, "pack"), code);
    await failure(storage.remove(file), code);
    await failure(storage.prepare(), code);
  });

  it("says for how long to wait", async () => {
    const waits = ["7", new Date(Date.now() + 60_000).toUTCString(), "soon"];
    const { storage } = await start({
      meddle: (_, response, n) => {
        response.writeHead(n === 1 ? 429 : 503, { "retry-after": waits[n - 1] ?? "" }).end();
        return true;
      },
    });
    const stated = async () => (await failure(storage.stat(file), "storage-failed")).data["retryAfterMs"];
    expect(await stated()).toBe(7000);
    expect(Number(await stated())).toBeGreaterThan(50_000);
    expect(await stated()).toBeUndefined();
  });

  it("is an error of a listing that rclone answers, where others mean that there is nothing", async () => {
    const { storage, requests } = await start({
      meddle: (_, response, n) => {
        response.writeHead(404, n <= 6 ? {} : { server: "rclone/v1.60" }).end();
        return true;
      },
    });
    expect((await listed(storage, "index")).size).toBe(0);
    expect(requests).toHaveLength(6);
    await failure(listed(storage, "index"), "storage-failed");
    expect(requests).toHaveLength(7);
  });

  it("is not taken for an empty list where only this listing met a removal", async () => {
    const { storage, objects } = await start({
      meddle: (_, response, n) => {
        if (n <= 3) response.writeHead(404).end();
        return n <= 3;
      },
    });
    objects.set(`/repo/locks/${file.name}`, Buffer.from(bytes));
    expect(await listed(storage, "lock")).toEqual(new Map([[file.name, bytes.length]]));
  });
});

describe("a listing", () => {
  it("of 10,000 objects is complete, in both versions", async () => {
    for (const version of [1, 2] as const) {
      const { storage, objects } = await start({ version });
      const expected = new Map<string, number>();
      for (let i = 0; i < 10_000; i++) {
        const name = i.toString(16).padStart(64, "0");
        objects.set(`/repo/data/${name}`, Buffer.alloc(i % 7));
        expected.set(name, i % 7);
      }
      expect(await listed(storage, "pack")).toEqual(expected);
    }
  });

  it("passes over what is no object, and takes null for nothing", async () => {
    const answers = [`["tmp12345", "${file.name}"]`, "null"];
    const { storage, objects } = await start({
      version: 1,
      meddle: (request, response) => {
        if (request.url?.endsWith("/") !== true) return false;
        response.end(answers.shift());
        return true;
      },
    });
    objects.set(`/repo/data/${file.name}`, Buffer.from(bytes));
    expect(await listed(storage, "pack")).toEqual(new Map([[file.name, bytes.length]]));
    expect(await listed(storage, "pack")).toEqual(new Map());
  });

  it.each(["[", "{}", "[5]", `[{"name":"${file.name}"}]`, `[{"name":"${file.name}","size":-1}]`, "<html>"])(
    "that reads %j fails",
    async (text) => {
      const { storage } = await start({
        meddle: (_, response) => {
          response.end(text);
          return true;
        },
      });
      await failure(listed(storage, "pack"), "storage-failed");
    },
  );

  it("that is cut fails, however it is sent", async () => {
    const { storage } = await start({
      meddle: (_, response, n) => {
        if (n === 1) cut(response, 1000, 500);
        else response.write(`["${file.name}",`, () => response.destroy());
        return true;
      },
    });
    await failure(listed(storage, "pack"), "storage-failed");
    await failure(listed(storage, "pack"), "storage-failed");
  });
});

describe("a body", () => {
  it("that is cut, or too long, is an error and never a shorter load", async () => {
    const { storage } = await start({
      meddle: (request, response, n) => {
        if (n === 1) cut(response, 100_000, 50_000);
        else if (n === 2) response.write(Buffer.alloc(10), () => response.destroy());
        else return false;
        return true;
      },
    });
    await failure(storage.load(file), "storage-failed");
    await failure(storage.load(file), "storage-failed");
  });

  it("that is not the range asked for is refused", async () => {
    const answers: ((response: ServerResponse) => unknown)[] = [
      // A proxy that drops the range.
      (response) => response.end(bytes),
      (response) =>
        response.writeHead(206, { "content-range": "bytes 0-9/100000" }).end(bytes.subarray(0, 10)),
      (response) => response.writeHead(206, { "content-range": "bytes 5-9/10" }).end(bytes.subarray(5, 10)),
      // Of unknown length, and short.
      (response) => response.writeHead(206).end(bytes.subarray(5, 10)),
    ];
    const { storage } = await start({
      meddle: (_, response) => {
        answers.shift()?.(response);
        return true;
      },
    });
    const range = { offset: 5, length: 10 };
    await failure(storage.load(file, range), "unsupported");
    await failure(storage.load(file, range), "unsupported");
    await failure(storage.load(file, range), "invalid-format");
    await failure(storage.load(file, range), "invalid-format");
  });

  it("of a length that nobody told is taken whole", async () => {
    const { storage } = await start({
      meddle: (_, response) => {
        response.write(bytes.subarray(0, 10));
        response.end(bytes.subarray(10));
        return true;
      },
    });
    expect(await storage.load(file)).toEqual(bytes);
  });

  it("that claims to be endless is refused before it is allocated", async () => {
    const { storage, connections } = await start({
      meddle: (_, response) => {
        response.writeHead(200, { "content-length": 2 ** 41 });
        response.write("x");
        return true;
      },
    });
    await failure(storage.load(file), "limit-exceeded");
    await expect.poll(connections).toBe(0);
  });
});

describe("a save whose answer was lost", () => {
  /** The server stores what it gets, and says nothing about it the first time. */
  const lose = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method === "POST") response.end = () => response.destroy();
    return false;
  };

  it("is a success if the server has it", async () => {
    const { storage, objects, requests } = await start({ meddle: lose });
    await storage.save(file, [bytes.subarray(0, 5), bytes.subarray(5)]);
    expect(objects.get(`/repo/data/${file.name}`)).toEqual(Buffer.from(bytes));
    expect(requests.map((line) => line.split(" ")[0])).toEqual(["POST", "HEAD", "GET"]);
  });

  it("also of a config, which is never overwritten", async () => {
    const config = { type: "config", name: "" } as const;
    const { storage } = await start({ meddle: lose });
    await storage.save(config, bytes);
    await storage.save(config, bytes);
    await failure(storage.save(config, sampleBytes(100_000, 2)), "already-exists");
  });

  it("may be repeated, though the server takes each object once", async () => {
    const { storage } = await start();
    await storage.save(file, bytes);
    await storage.save(file, bytes);
  });

  it("fails where something else has the name, of the same size or not", async () => {
    const { storage, objects } = await start();
    for (const other of [sampleBytes(100_000, 2), sampleBytes(5)]) {
      objects.set(`/repo/data/${file.name}`, Buffer.from(other));
      const error = await failure(storage.save(file, bytes), "already-exists");
      expect(error.message).toContain("another content");
    }
  });

  it("fails as it did where the server has nothing", async () => {
    const { storage } = await start({
      meddle: (request, response) => {
        if (request.method === "POST") response.destroy();
        return request.method === "POST";
      },
    });
    await failure(storage.save(file, bytes), "storage-failed");
  });
});

describe("a server that is slow", () => {
  it("is left at once when the caller no longer wants it, and no connection stays", async () => {
    const requests: IncomingMessage[] = [];
    const { storage, connections } = await start({
      meddle: (request) => {
        requests.push(request);
        return true;
      },
    });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      storage.load(file, undefined, { signal }),
      storage.stat(file, { signal }),
      storage.remove(file, { signal }),
      // More than the server takes without reading.
      storage.save(file, new Uint8Array(30 * 1024 * 1024), { signal }),
      // Beyond what is let in at once.
      storage.load(file, { offset: 0, length: 1 }, { signal }),
      storage.load(file, { offset: 0, length: 2 }, { signal }),
    ];
    const settled = Promise.allSettled(calls);
    await expect.poll(connections).toBe(5);
    const began = performance.now();
    controller.abort();
    for (const call of calls) await failure(call, "cancelled");
    await settled;
    expect(performance.now() - began).toBeLessThan(2000);
    // A server that does not read does not see that nobody is there.
    for (const request of requests) request.resume();
    await expect.poll(connections).toBe(0);
  });

  it("is not asked again for what was sent whole: its answer counts", async () => {
    const { storage, objects } = await start({
      meddle: (request, response) => {
        if (request.method !== "POST") return false;
        const end = response.end.bind(response);
        response.end = () => {
          setTimeout(() => end(), 300);
          return response;
        };
        return false;
      },
    });
    const controller = new AbortController();
    const saving = storage.save(file, bytes, { signal: controller.signal });
    await expect.poll(() => objects.size).toBe(1);
    controller.abort();
    await saving;
  });

  it("does not keep locks waiting behind packs", async () => {
    const held: (() => void)[] = [];
    const { storage, connections } = await start({
      meddle: (request, response) => {
        if (request.url?.includes("/data/") === true) {
          held.push(() => response.writeHead(404).end());
          return true;
        }
        return false;
      },
    });
    const calls = Array.from({ length: 8 }, () => storage.load(file));
    const settled = Promise.allSettled(calls);
    await expect.poll(connections).toBe(5);
    const lock = sampleBytes(150);
    await storage.save(fileFor("lock", lock), lock);
    await expect.poll(() => (held.splice(0).forEach((answer) => answer()), held.length)).toBe(0);
    const timer = setInterval(() => held.splice(0).forEach((answer) => answer()), 5);
    await settled;
    clearInterval(timer);
    for (const call of calls) await failure(call, "not-found");
  });

  it("is left when the storage is closed", async () => {
    const { storage, connections } = await start({ meddle: () => true });
    const loading = storage.load(file);
    const settled = Promise.allSettled([loading]);
    await expect.poll(connections).toBe(1);
    await storage.close();
    await settled;
    await failure(loading, "cancelled");
    await expect.poll(connections).toBe(0);
  });
});

describe("a server that is not there", () => {
  it.each([
    ["rest:http://127.0.0.1:1/", "storage-failed", "nothing listens there"],
    ["rest:http://nowhere.invalid/", "storage-failed", "no host of this name|cannot be looked up"],
    ["rest:http+unix:///nowhere.socket:/", "storage-failed", "no such socket"],
  ] as const)("%s: %s", async (text, code, words) => {
    const storage = createRestStorage({ location: parseRestLocation(text) });
    expect((await failure(storage.stat(file), code)).message).toMatch(new RegExp(words));
    await storage.close();
  });

  it("or has closed idle connections is connected to again", async () => {
    const { storage, requests } = await start({
      meddle: (request, response, n) => {
        if (n === 2) request.socket.destroy();
        else response.writeHead(404, { "content-length": 0 }).end();
        return true;
      },
    });
    await failure(storage.stat(file), "not-found");
    await failure(storage.stat(file), "not-found");
    expect(requests).toHaveLength(3);
  });
});
