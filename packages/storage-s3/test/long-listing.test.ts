/** Listings of more objects than a server names at once, which is 1,000. */
import { Agent, request } from "node:http";
import { pathOf, type FileType } from "@tastic/storage";
import { createS3Storage } from "@tastic/storage-s3";
import { expect, it } from "vitest";
import { sha256Hex } from "../../../test/support/bytes.js";
import { describeWithCeph } from "../../../test/support/peers.js";
import { listed } from "../../storage/test/conformance.js";
import { cephOptions, openToAll } from "./ceph.js";

function name(i: number): string {
  return sha256Hex(Buffer.from(String(i)));
}

/** Puts objects of one byte into a bucket that is open to all: without a signature it takes a sixth of the time. */
async function putAll(endpoint: string, bucket: string, keys: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const put = (key: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = { "Content-Length": 1 };
      const sent = request(
        `http://${endpoint}/${bucket}/${key}`,
        { agent, method: "PUT", headers },
        (answer) => {
          answer.resume().on("end", resolve);
          if (answer.statusCode !== 200) reject(new Error(`${key}: ${answer.statusCode}`));
        },
      );
      sent.on("error", reject).end("x");
    });
  await Promise.all(keys.map(put));
  agent.destroy();
}

describeWithCeph("Ceph", () => {
  it("lists 10,001 packs and 1,000 index files completely, in both versions, and nothing else", async () => {
    const options = await cephOptions();
    const { endpoint, bucket } = options.location;
    const storage = createS3Storage(options);
    await storage.prepare();
    await openToAll(bucket, "public-read-write");
    const keys = (type: FileType, count: number) =>
      Array.from({ length: count }, (_, i) => pathOf({ type, name: name(i) }));
    // What lies beside the repository, and in it without belonging to it.
    const strangers = ["data/extra", `data/ab/${name(1)}`, `data2/${name(1)}`, `index/data/${name(1)}`];
    await putAll(endpoint, bucket, [...keys("pack", 10_001), ...keys("index", 1000), ...strangers]);
    for (const listObjectsV1 of [false, true]) {
      const other = createS3Storage({ ...options, listObjectsV1 });
      const packs = await listed(other, "pack");
      expect(packs.size).toBe(10_001);
      const all = new Set(Array.from({ length: 10_001 }, (_, i) => name(i)));
      expect([...packs.keys()].filter((found) => !all.has(found))).toEqual([]);
      expect(new Set(packs.values())).toEqual(new Set([1]));
      expect((await listed(other, "index")).size).toBe(1000);
      expect((await listed(other, "snapshot")).size).toBe(0);
      await other.close();
    }
    await storage.save({ type: "index", name: name(1000) }, new Uint8Array(1));
    expect((await listed(storage, "index")).size).toBe(1001);
    await storage.close();
  }, 180_000);
});
