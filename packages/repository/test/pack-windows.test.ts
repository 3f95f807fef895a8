/** Reading trees by windows of their packs. */
import { createFaultStorage, createMemoryStorage, type ByteRange, type Storage } from "@tastic/storage";
import type { BlobId } from "@tastic/format";
import { describe, expect, it } from "vitest";
import { addBlob, failure, makeRepository, reopen, replace } from "./support.js";

/** Hard to compress, and different each time. */
function tree(i: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (Math.imul(at + 1, 2654435761 + i * 97) >>> 13) & 0xff);
}

/** A repository with trees of these sizes in a row, and some data; opened on a storage that notes what is loaded. */
async function stored(
  sizes: readonly number[],
): Promise<{ ids: BlobId[]; loads: ByteRange[]; storage: Storage; noting: Storage }> {
  const storage = createMemoryStorage();
  const writer = (await makeRepository(storage)).createWriter();
  const ids: BlobId[] = [];
  await addBlob(writer, "data", tree(-1, 100_000));
  for (const [i, size] of sizes.entries()) ids.push(await addBlob(writer, "tree", tree(i, size)));
  await writer.flush();
  const loads: ByteRange[] = [];
  const noting = createFaultStorage(storage, () => undefined);
  noting.load = (file, range, options) => {
    if (file.type === "pack" && range !== undefined) loads.push(range);
    return storage.load(file, range, options);
  };
  return { ids, loads, storage, noting };
}

describe("trees", () => {
  it("come from few reads when many of a pack are asked for", async () => {
    const sizes = Array.from({ length: 300 }, (_, i) => 1000 + (i % 7) * 1500);
    const { ids, loads, noting } = await stored(sizes);
    const repository = await reopen(noting);
    for (const [i, id] of [...ids.entries()].reverse()) {
      const bytes = await repository.loadBlob("tree", id);
      expect(Buffer.compare(bytes, tree(i, sizes[i] ?? 0))).toBe(0);
    }
    // 1.6 MB in windows of 512 KiB; where a tree lies across two, there is one more.
    expect(loads.length).toBeLessThanOrEqual(10);
    expect(Math.max(...loads.map(({ length }) => length))).toBeLessThanOrEqual(600_000);
  });

  it("are read alone where only one is asked for", async () => {
    const { ids, loads, noting } = await stored([5000, 5000, 5000]);
    const repository = await reopen(noting);
    await repository.loadBlob("tree", ids[1] ?? ("" as BlobId));
    expect(loads).toHaveLength(1);
    expect(loads[0]?.length).toBeLessThan(6000);
  });

  it("larger than a window are read whole, several at once as well", async () => {
    const sizes = [700_000, 10, 1_200_000, 600_000, 0];
    const { ids, noting } = await stored(sizes);
    const repository = await reopen(noting);
    const all = await Promise.all([...ids, ...ids].map((id) => repository.loadBlob("tree", id)));
    for (const [i, bytes] of all.entries()) {
      const at = i % sizes.length;
      expect(Buffer.compare(bytes, tree(at, sizes[at] ?? 0))).toBe(0);
    }
  });

  it("that are whole are still read where the rest of the pack is gone", async () => {
    const sizes = [2000, 3000, 4000, 400_000, 400_000];
    const { ids, storage, noting } = await stored(sizes);
    const repository = await reopen(noting);
    const [first, second, third, , last] = ids as [BlobId, BlobId, BlobId, BlobId, BlobId];
    await repository.loadBlob("tree", first);
    const pack = repository.blobs.packId(repository.index.find(Buffer.from(first, "hex"), 1));
    const bytes = await storage.load({ type: "pack", name: pack });
    await replace(storage, { type: "pack", name: pack }, bytes.subarray(0, 12_000));
    expect(Buffer.compare(await repository.loadBlob("tree", second), tree(1, 3000))).toBe(0);
    expect(Buffer.compare(await repository.loadBlob("tree", third), tree(2, 4000))).toBe(0);
    await failure(repository.loadBlob("tree", last), "invalid-format");
    await storage.remove({ type: "pack", name: pack });
    await failure(repository.loadBlob("tree", second), "not-found");
  });
});
