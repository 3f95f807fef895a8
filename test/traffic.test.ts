/** Limits and the watchdog over a network: every storage tells of its bytes while they move. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { createLimitStorage, createWatchdogStorage, type Storage } from "@tastic/storage";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { createS3Storage } from "@tastic/storage-s3";
import { createSftpStorage, parseSftpLocation } from "@tastic/storage-sftp";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, fileFor } from "../packages/storage/test/conformance.js";
import { startTestServer } from "../packages/storage-rest/test/test-server.js";
import { s3Server } from "../packages/storage-s3/test/s3-server.js";
import { sampleBytes, sha256Hex } from "./support/bytes.js";
import { describeWithSftpServer, sftpServer, temporaryFolder } from "./support/peers.js";

const MIB = 2 ** 20;
const bytes = sampleBytes(4 * MIB);
const file = fileFor("pack", bytes);

/** Passes bytes on until a connection has seen `limit` of them, and then none, without closing anything. */
async function startStall(target: string, limit: number): Promise<string> {
  const [host = "", port = ""] = target.split(":");
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    sockets.push(near, far);
    let seen = 0;
    const pass = (from: Socket, to: Socket): void => {
      from.on("data", (data: Buffer) => {
        seen += data.length;
        if (seen <= limit) to.write(data);
        else from.pause();
      });
      // A client that gives up is what is tested.
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    };
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A storage on a server of its own, and one that reaches the same server through an address of the caller's. */
interface Place {
  readonly address: string;
  readonly at: (address: string) => Storage;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  REST: async () => {
    const { location } = await startTestServer();
    return {
      address: `${location.host}:${location.port}`,
      at: (address) => createRestStorage({ location: parseRestLocation(`rest:http://${address}/repo/`) }),
    };
  },
  S3: async () => {
    const objects = new Map<string, Uint8Array>();
    const { endpoint } = await s3Server(({ method, path, headers, body }, response) => {
      const name = path.split("?")[0] ?? "";
      if (method === "PUT") {
        expect(headers["x-amz-content-sha256"]).toBe(sha256Hex(body));
        objects.set(name, body);
        response.end();
        return;
      }
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
      const object = objects.get(name) ?? new Uint8Array(0);
      if (first === undefined) response.end(object);
      else {
        response.writeHead(206, { "content-range": `bytes ${first}-${last}/${object.length}` });
        response.end(object.subarray(Number(first), Number(last) + 1));
      }
    });
    return {
      address: endpoint,
      at: (address) =>
        createS3Storage({
          location: { endpoint: address, useHttps: false, bucket: "bucket", prefix: "" },
          credentials: { kind: "keys", accessKeyId: "id", secretAccessKey: "secret" },
        }),
    };
  },
};

function ended(storage: Storage): Storage {
  onTestFinished(() => storage.close());
  return storage;
}

/** Saving and loading one object of 4 MiB at 1 MiB/s: the burst that may go at once is part of the bound. */
async function expectPace(store: Storage): Promise<void> {
  const storage = createLimitStorage(createWatchdogStorage(store, { timeout: 60_000 }), {
    upload: MIB,
    download: MIB,
  });
  for (const move of [() => storage.save(file, bytes), () => storage.load(file)]) {
    const moments: number[] = [];
    const start = performance.now();
    await move();
    moments.push((performance.now() - start) / 1000);
    expect(moments[0]).toBeGreaterThan(4 * 0.85);
    expect(moments[0]).toBeLessThan(4 * 1.15 + 1);
  }
  expect(sha256Hex(await store.load(file))).toBe(file.name);
}

describe.each(Object.keys(places))("over %s", (name) => {
  const place = places[name]!;

  it("a limit holds within one object", async () => {
    const { address, at } = await place();
    await expectPace(ended(at(address)));
  }, 30_000);

  it("an object that is sent, or received, is told of piece by piece", async () => {
    const { address, at } = await place();
    const storage = ended(at(address));
    const told: { readonly upload: number[]; readonly download: number[] } = { upload: [], download: [] };
    const traffic = {
      upload: (count: number) => void told.upload.push(count),
      download: (count: number) => void told.download.push(count),
    };
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
    await storage.save(file, [bytes.subarray(0, 10), bytes.subarray(10, MIB), bytes.subarray(MIB)], {
      traffic,
    });
    expect(sum(told.upload)).toBe(bytes.length);
    expect(Math.max(...told.upload)).toBeLessThanOrEqual(256 * 1024);
    told.download.length = 0;
    await storage.load(file, { offset: 1, length: 3 * MIB }, { traffic });
    expect(sum(told.download)).toBe(3 * MIB);
    expect(Math.max(...told.download)).toBeLessThanOrEqual(256 * 1024);
  });

  it.each(["save", "load"] as const)(
    "a %s that stalls is noticed after the timeout",
    async (operation) => {
      const { address, at } = await place();
      await ended(at(address)).save(file, bytes);
      const storage = createWatchdogStorage(ended(at(await startStall(address, MIB))), { timeout: 1500 });
      const start = performance.now();
      const stuck = operation === "save" ? storage.save(file, bytes) : storage.load(file);
      const error = await failure(stuck, "storage-failed");
      expect(error.data["stuck"]).toBe(true);
      expect(performance.now() - start).toBeGreaterThan(1500);
      // What was sent whole has a moment more for its answer.
      expect(performance.now() - start).toBeLessThan(8000);
    },
    20_000,
  );

  it("a load that is never answered is noticed after the timeout", async () => {
    const { address, at } = await place();
    const storage = createWatchdogStorage(ended(at(await startStall(address, 0))), { timeout: 500 });
    const start = performance.now();
    await failure(storage.load(file), "storage-failed");
    expect(performance.now() - start).toBeLessThan(5000);
  }, 20_000);
});

describeWithSftpServer("over SFTP", () => {
  const create = (folder: string, command: readonly string[]) =>
    ended(createSftpStorage({ location: parseSftpLocation(`sftp:host:${folder}`), command }));

  it("a limit holds within one object", async () => {
    const storage = create(join(await temporaryFolder(), "repository"), [sftpServer!]);
    await storage.prepare();
    await expectPace(storage);
  }, 30_000);

  it("a load that stalls is noticed after the timeout", async () => {
    const folder = join(await temporaryFolder(), "repository");
    const whole = create(folder, [sftpServer!]);
    await whole.prepare();
    await whole.save(file, bytes);
    // The server's output is held up after one MiB.
    const stalling = `
      const server = require("child_process").spawn(${JSON.stringify(sftpServer)});
      let passed = 0;
      process.stdin.pipe(server.stdin);
      process.stdin.on("end", () => process.exit());
      server.stdout.on("data", (data) => (passed += data.length) <= ${MIB} && process.stdout.write(data));`;
    const command = [process.execPath, "-e", stalling];
    const storage = createWatchdogStorage(create(folder, command), { timeout: 1500 });
    const start = performance.now();
    const error = await failure(storage.load(file), "storage-failed");
    expect(error.data["stuck"]).toBe(true);
    expect(performance.now() - start).toBeLessThan(8000);
  }, 20_000);
});
