/** What copies keep as it is: trees that no encoder would write again, compressed blobs, damage that has another copy. */
import { describe, expect, it } from "vitest";
import { idFromBytes, idToBytes } from "@tastic/format";
import type { BlobId, PackId } from "@tastic/format";
import { DATA, Repository, TREE } from "@tastic/repository";
import { copy, listSnapshots } from "@tastic/snapshots";
import { createFaultStorage, createMemoryStorage } from "@tastic/storage";
import type { Storage } from "@tastic/storage";
import { sampleBytes } from "../../../test/support/bytes.js";
import { PASSWORD, SampleRepository } from "./sample-repository.js";

const init = { password: "another", scrypt: { N: 2, r: 1, p: 1 } };

async function copyAll(from: Storage, to: Repository): Promise<Repository> {
  const source = await Repository.open(from, { password: PASSWORD });
  await source.loadIndex();
  await copy(source, to, await listSnapshots(source), await listSnapshots(to));
  return source;
}

async function storedForm(
  repository: Repository,
  id: BlobId,
  kind: typeof DATA | typeof TREE,
): Promise<Uint8Array> {
  const { index, blobs } = repository;
  const entry = index.find(idToBytes(id), kind);
  const range = { offset: index.offset(entry), length: index.length(entry), entries: [entry] };
  const pack = idFromBytes<PackId>(index.id(index.pack(entry)));
  return blobs.unsealEntry(entry, await blobs.loadRange(pack, range));
}

describe("copied blobs", () => {
  it("keep their bytes and their compression, but have another seal", async () => {
    const sample = await SampleRepository.create();
    const file = await sample.file("text", ["word ".repeat(5000), sampleBytes(3000)]);
    // Keys in an order of its own, and one that is unknown here: decoded and encoded again, it would be another tree.
    const { content } = file;
    const raw = `{"nodes": [{"type":"file","name":"text","unknown":[1],"content":${JSON.stringify(content)},"mode":420}]}`;
    const tree = await sample.rawTree(raw);
    await sample.snapshot(tree);
    const destination = await Repository.init(createMemoryStorage(), init);
    const source = await copyAll(sample.storage, destination);
    expect(Buffer.from(await destination.loadBlob("tree", tree)).toString()).toBe(raw);
    for (const [id, kind] of [[tree, TREE], ...(content ?? []).map((one) => [one, DATA] as const)] as const) {
      const [before, after] = [await storedForm(source, id, kind), await storedForm(destination, id, kind)];
      expect(Buffer.compare(before, after)).toBe(0);
      const [a, b] = [source, destination].map(({ index }) =>
        index.uncompressedLength(index.find(idToBytes(id), kind)),
      );
      expect(a).toBe(b);
    }
  });

  it("come from wherever they are whole, and are wrong nowhere", async () => {
    const sample = await SampleRepository.create();
    const file = await sample.file("text", ["some text that is here only once"]);
    await sample.snapshot(await sample.tree([file]));
    for (const kind of ["corrupt", "truncate"] as const) {
      const fault = kind === "corrupt" ? ({ kind, offset: -1 } as const) : ({ kind, length: 5 } as const);
      // Every second read of a pack goes wrong: each blob is loaded again.
      const flaky = createFaultStorage(sample.storage, (operation, object, n) =>
        operation === "load" && object?.type === "pack" && n % 2 === 0 ? fault : undefined,
      );
      const destination = await Repository.init(createMemoryStorage(), init);
      const failure: unknown = await copyAll(flaky, destination).then(
        () => undefined,
        (error: unknown) => error,
      );
      // Either the second try was enough, or nothing was stored as if it were whole.
      if (failure !== undefined) expect(await destination.list("snapshot")).toEqual([]);
      const again = await Repository.open(destination.storage, { password: init.password });
      await again.loadIndex();
      await copyAll(sample.storage, again);
      const last = await Repository.open(destination.storage, { password: init.password });
      await last.loadIndex();
      expect(await last.list("snapshot")).toHaveLength(1);
      const text = await last.loadBlob("data", file.content?.[0] ?? ("" as BlobId));
      expect(Buffer.from(text).toString()).toBe("some text that is here only once");
    }
  });

  it("must be all there: a snapshot that lacks one is not stored", async () => {
    const sample = await SampleRepository.create();
    const file = await sample.file("lost", ["gone"], { content: ["ab".repeat(32) as BlobId] });
    await sample.snapshot(await sample.tree([file]));
    const destination = await Repository.init(createMemoryStorage(), init);
    await expect(copyAll(sample.storage, destination)).rejects.toMatchObject({
      code: "damaged-repository",
      message: expect.stringContaining("not found in index") as string,
    });
    expect(await destination.list("snapshot")).toEqual([]);
  });
});
