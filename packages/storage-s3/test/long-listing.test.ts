/** Listings of more objects than a server names at once, which is 1,000. */
import type { StorageFile } from "@tastic/storage";
import { createS3Storage } from "@tastic/storage-s3";
import { expect, it } from "vitest";
import { sha256Hex } from "../../../test/support/bytes.js";
import { describeWithCeph } from "../../../test/support/peers.js";
import { listed } from "../../storage/test/conformance.js";
import { cephOptions } from "./ceph.js";

const content = new Uint8Array(1);

function name(i: number): string {
  return sha256Hex(Buffer.from(String(i)));
}

describeWithCeph("Ceph", () => {
  it("lists 10,001 packs and 1,000 index files completely, in both versions, and nothing else", async () => {
    const options = await cephOptions({ connections: 16 });
    const storage = createS3Storage(options);
    await storage.prepare();
    const files: StorageFile[] = [
      ...Array.from({ length: 10_001 }, (_, i) => ({ type: "pack", name: name(i) }) as const),
      ...Array.from({ length: 1000 }, (_, i) => ({ type: "index", name: name(i) }) as const),
    ];
    await Promise.all(files.map((file) => storage.save(file, content)));
    // What lies beside the repository, and in it without belonging to it.
    const { location } = options;
    for (const prefix of ["data/extra", "data2", "index/data"]) {
      const stranger = createS3Storage({ ...options, location: { ...location, prefix } });
      await stranger.save({ type: "index", name: name(1) }, content);
      await stranger.close();
    }
    for (const listObjectsV1 of [false, true]) {
      const other = createS3Storage({ ...options, listObjectsV1 });
      const packs = await listed(other, "pack");
      expect(packs.size).toBe(10_001);
      const all = new Set(files.filter(({ type }) => type === "pack").map((file) => file.name));
      expect([...packs.keys()].filter((found) => !all.has(found))).toEqual([]);
      expect(new Set(packs.values())).toEqual(new Set([1]));
      expect((await listed(other, "index")).size).toBe(1000);
      expect((await listed(other, "snapshot")).size).toBe(0);
      await other.close();
    }
    await storage.save({ type: "index", name: name(1000) }, content);
    expect((await listed(storage, "index")).size).toBe(1001);
    await storage.close();
  });
});
