import { nodeCrypto } from "@tastic/crypto";
import type { ErrorCode } from "@tastic/errors";
import {
  encodeConfig,
  encodeIndex,
  idFromBytes,
  type BlobId,
  type IndexId,
  type PackId,
} from "@tastic/format";
import { MAX_PACK_SIZE, MIN_PACK_SIZE, Repository } from "@tastic/repository";
import { createFaultStorage, createLocalStorage, createMemoryStorage, type Storage } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { flipped, sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import {
  addBlob,
  config,
  failure,
  makeRepository,
  namesOf,
  password,
  reopen,
  replace,
  sampled,
} from "./support.js";

const polynomial = "3da3358b4dc173";
const unknownBlob = "ab".repeat(32) as BlobId;

/** Replaces the config by one with these contents, sealed as it should be. */
async function replaceConfig(repository: Repository, plaintext: Uint8Array): Promise<void> {
  const sealed = repository.crypto.createSealer(repository.masterKey).seal(plaintext);
  await replace(repository.storage, config, sealed);
}

const open = (storage: Storage) => Repository.open(storage, { password });

describe("making a repository", () => {
  it.each([1, 2] as const)("gives one of version %i that opens", async (version) => {
    const storage = createLocalStorage(`${await temporaryFolder()}/repository`);
    const made = await makeRepository(storage, { version, chunkerPolynomial: polynomial });
    const opened = await open(storage);
    expect(opened.config).toEqual(made.config);
    expect(opened.config).toMatchObject({ version, chunkerPolynomial: polynomial });
    expect(opened.packerSettings).toEqual({ ...made.packerSettings, index: opened.index.shared });
    expect((await storage.load(config)).length).toBe(155);
  });

  it("stores a key, then the config, and nothing else", async () => {
    const calls: string[] = [];
    const storage = createFaultStorage(createMemoryStorage(), (operation, file) => {
      if (operation === "prepare" || operation === "save") calls.push(`${operation} ${file?.type ?? ""}`);
      return undefined;
    });
    await makeRepository(storage);
    expect(calls).toEqual(["prepare ", "save key", "save config"]);
  });

  it("gives every repository an id, a key and a polynomial of its own", async () => {
    const made = await Promise.all([makeRepository(), makeRepository()]);
    expect(new Set(made.map(({ config }) => config.id)).size).toBe(2);
    expect(new Set(made.map(({ config }) => config.chunkerPolynomial)).size).toBe(2);
    expect(made[0]?.masterKey).not.toEqual(made[1]?.masterKey);
  });

  it("refuses a place that has a repository, or a part of one, and changes nothing", async () => {
    const complete = createMemoryStorage();
    const repository = await makeRepository(complete);
    const snapshot = createMemoryStorage();
    await snapshot.save({ type: "snapshot", name: "ab".repeat(32) }, new Uint8Array(1));
    const onlyKey = createMemoryStorage();
    const key = { type: "key", name: repository.keyId } as const;
    await onlyKey.save(key, await complete.load(key));
    const onlyConfig = createMemoryStorage();
    await onlyConfig.save(config, await complete.load(config));
    for (const [storage, message] of [
      [complete, "config file already exists"],
      [onlyConfig, "config file already exists"],
      [onlyKey, "repository already contains keys"],
      [snapshot, "repository already contains snapshots"],
    ] as const) {
      const before = await namesOf(storage, "key");
      const error = await failure(makeRepository(storage), "repository-exists");
      expect(error.message).toBe(message);
      expect(await namesOf(storage, "key")).toEqual(before);
    }
    await open(complete);
  });

  it("does nothing if it is asked for something impossible", async () => {
    const storage = createMemoryStorage();
    for (const [options, code] of [
      [{ packSize: MIN_PACK_SIZE - 1 }, "invalid-argument"],
      [{ packSize: MAX_PACK_SIZE + 1 }, "invalid-argument"],
      [{ packSize: Number.NaN }, "invalid-argument"],
      [{ chunkerPolynomial: "4" }, "invalid-format"],
      [{ chunkerPolynomial: "xyz" }, "invalid-format"],
      [{ scrypt: { N: 3, r: 1, p: 1 } }, "invalid-key"],
    ] as const) {
      await failure(makeRepository(storage, options), code);
      await failure(open(storage), "no-repository");
      expect(await namesOf(storage, "key")).toEqual([]);
    }
  });

  it("leaves whoever was faster alone", async () => {
    const storage = createMemoryStorage();
    const outcomes = await Promise.allSettled([
      makeRepository(storage, { password: "a" }),
      makeRepository(storage, { password: "b" }),
    ]);
    const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(made.length).toBe(1);
    expect(await namesOf(storage, "key")).toEqual([made[0]?.keyId]);
  });
});

describe("opening a repository", () => {
  it("says that there is none, and where", async () => {
    const storage = createLocalStorage(`${await temporaryFolder()}/nothing`);
    const error = await failure(open(storage), "no-repository");
    expect(error.message).toContain("repository does not exist: unable to open config file");
    expect(error.guidance).toContain(storage.location);
  });

  it("says that a password is wrong, or that there is no key", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    await failure(Repository.open(storage, { password: "wrong" }), "wrong-password");
    await storage.remove({ type: "key", name: keyId });
    await failure(open(storage), "wrong-password");
  });

  it("refuses impossible options before it does anything", async () => {
    await failure(Repository.open(createMemoryStorage(), { password, packSize: 5 }), "invalid-argument");
  });

  it("notices a config that is cut or changed anywhere", async () => {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const sealed = await storage.load(config);
    const damaged = [...sealed.keys()].flatMap((i) => [sealed.subarray(0, i), flipped(sealed, i)]);
    damaged.push(Buffer.concat([sealed, Buffer.of(0)]), new Uint8Array(sealed.length));
    for (const bytes of damaged) {
      await replace(storage, config, bytes);
      const error = await failure(open(storage), "damaged-ciphertext", "zero-nonce");
      expect(error.message).toMatch(/^config/);
      expect(error.guidance).toBeDefined();
    }
  });

  it("asks again for a config that did not come over whole", async () => {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const broken = createFaultStorage(storage, (operation, _file, n) =>
      operation === "load" && n === 1 ? { kind: "truncate", length: 50 } : undefined,
    );
    await open(broken);
  });

  it("names each file once, whatever the store lists", async () => {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const repeating = createFaultStorage(storage, (operation) =>
      operation === "list" ? { kind: "repeat" } : undefined,
    );
    const repository = await open(repeating);
    expect(await repository.list("key")).toEqual([repository.keyId]);
  });

  it("refuses configs that it does not understand", async () => {
    const repository = await makeRepository();
    const { id } = repository.config;
    const json = (fields: object): Uint8Array =>
      Buffer.from(JSON.stringify({ version: 2, id, chunker_polynomial: polynomial, ...fields }));
    for (const [plaintext, code] of [
      [json({ version: 0 }), "unsupported"],
      [json({ version: 3 }), "unsupported"],
      [json({ version: "2" }), "invalid-format"],
      [json({ id: "short" }), "invalid-format"],
      [json({ chunker_polynomial: "" }), "invalid-format"],
      [json({ chunker_polynomial: "0" }), "invalid-format"],
      // x^53, and the product of two polynomials.
      [json({ chunker_polynomial: "20000000000000" }), "invalid-format"],
      [json({ chunker_polynomial: "5" }), "invalid-format"],
      [Buffer.from("[]"), "invalid-format"],
      [new Uint8Array(0), "invalid-format"],
      [Buffer.from(" ".repeat(1 << 17)), "limit-exceeded"],
    ] as const) {
      await replaceConfig(repository, plaintext);
      const error = await failure(open(repository.storage), code);
      expect(error.message).toMatch(/config|polynomial/);
    }
    await replaceConfig(repository, json({ unknown: true }));
    expect((await open(repository.storage)).config.chunkerPolynomial).toBe(polynomial);
    await replaceConfig(repository, encodeConfig(repository.config));
    await open(repository.storage);
  });
});

describe("blobs", () => {
  it("are found again by another process", async () => {
    for (const version of [1, 2] as const) {
      const storage = createLocalStorage(`${await temporaryFolder()}/repository`);
      const writer = (await makeRepository(storage, { version })).createWriter();
      const data = [
        new Uint8Array(0),
        Buffer.alloc(9999, "a"),
        sampleBytes(100_000),
        sampleBytes(5_000_000, 2),
      ];
      const ids = await Promise.all(data.map((bytes) => addBlob(writer, "data", bytes)));
      const tree = await addBlob(writer, "tree", Buffer.from('{"nodes":[]}\n'));
      await writer.flush();
      const reader = await reopen(storage);
      for (const [i, id] of ids.entries()) {
        const loaded = await reader.loadBlob("data", id);
        expect(Buffer.compare(loaded, data[i] ?? Buffer.of(1))).toBe(0);
      }
      expect(await reader.loadTree(tree)).toEqual([]);
      // The kinds do not mix.
      const error = await failure(reader.loadBlob("data", tree), "blob-not-found");
      expect(error.message).toContain(`data blob ${tree}`);
      for (const id of await namesOf(storage, "pack")) {
        const { size } = await storage.stat({ type: "pack", name: id });
        const entries = await reader.loadPackHeader(id as PackId, size);
        expect(new Set(entries.map(({ type }) => type)).size).toBe(1);
      }
    }
  });

  it("that no index lists are not found", async () => {
    const repository = await makeRepository();
    const error = await failure(repository.loadBlob("tree", unknownBlob), "blob-not-found");
    expect(error.message).toContain(unknownBlob);
    expect(error.data).toEqual({ type: "tree", id: unknownBlob });
  });

  it("that are not in a pack yet are not found either", async () => {
    const repository = await makeRepository();
    const writer = repository.createWriter();
    const id = await addBlob(writer, "data", sampleBytes(100));
    await failure(repository.loadBlob("data", id), "blob-not-found");
    await writer.flush();
    expect(await repository.loadBlob("data", id)).toEqual(sampleBytes(100));
  });

  /** A repository in which a blob is in two packs. */
  async function withTwoCopies() {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const bytes = sampleBytes(1000);
    for (let i = 0; i < 2; i++) {
      // Neither knows what the other stored.
      const writer = (await open(storage)).createWriter();
      await addBlob(writer, "data", bytes);
      await writer.flush();
    }
    const packs = await namesOf(storage, "pack");
    expect(packs.length).toBe(2);
    const repository = await reopen(storage);
    const id = idFromBytes<BlobId>(nodeCrypto.sha256(bytes));
    expect(repository.index.blobCount).toBe(2);
    return { storage, packs, repository, id, bytes };
  }

  it("are loaded from another copy if the first is damaged, or gone", async () => {
    const { storage, packs, repository, id, bytes } = await withTwoCopies();
    for (const name of packs) {
      const file = { type: "pack", name } as const;
      const whole = await storage.load(file);
      for (const damaged of [flipped(whole, 500), whole.subarray(0, 500), new Uint8Array(whole.length)]) {
        await replace(storage, file, damaged);
        expect(await repository.loadBlob("data", id)).toEqual(bytes);
      }
      await storage.remove(file);
      expect(await repository.loadBlob("data", id)).toEqual(bytes);
      await storage.save(file, whole);
    }
    for (const name of packs) {
      const file = { type: "pack", name } as const;
      await replace(storage, file, flipped(await storage.load(file), 500));
    }
    const error = await failure(repository.loadBlob("data", id), "damaged-ciphertext");
    expect(error.message).toContain(`data blob ${id} in pack `);
  });

  it("are not looked for elsewhere once the signal is aborted", async () => {
    const { repository, id } = await withTwoCopies();
    await failure(repository.loadBlob("data", id, AbortSignal.abort()), "cancelled");
  });

  it("threat 12: must have the content that their id states, and the length that the index states", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage);
    const writer = repository.createWriter();
    const id = await addBlob(writer, "data", Buffer.alloc(5000, "x"));
    await writer.flush();
    const [packName = ""] = await namesOf(storage, "pack");
    const entry = repository.index.find(Buffer.from(id, "hex"), 0);
    const { index } = repository;
    const [offset, length] = [index.offset(entry), index.length(entry)];
    for (const name of await namesOf(storage, "index")) await storage.remove({ type: "index", name });

    const listed = async (blobId: BlobId, place: object): Promise<Repository> => {
      const blob = { id: blobId, type: "data", offset, length, uncompressedLength: 5000, ...place } as const;
      const file = await repository.saveUnpacked<IndexId>(
        "index",
        encodeIndex([{ id: packName as PackId, blobs: [blob] }]),
      );
      const reader = await reopen(storage);
      await storage.remove({ type: "index", name: file });
      return reader;
    };
    const wrong = async (blobId: BlobId, place: object, ...codes: ErrorCode[]) => {
      const error = await failure((await listed(blobId, place)).loadBlob("data", blobId), ...codes);
      expect(error.message).toMatch(/blob|pack/);
    };
    expect((await (await listed(id, {})).loadBlob("data", id)).length).toBe(5000);
    await wrong(unknownBlob, {}, "hash-mismatch");
    await wrong(id, { uncompressedLength: 0 }, "hash-mismatch");
    await wrong(id, { uncompressedLength: 4999 }, "invalid-format", "limit-exceeded");
    await wrong(id, { uncompressedLength: 5001 }, "invalid-format");
    await wrong(id, { uncompressedLength: 0xffff_ffff }, "invalid-format");
    await wrong(id, { offset: offset + 1 }, "damaged-ciphertext");
    await wrong(id, { length: length - 1 }, "damaged-ciphertext");
    await wrong(id, { length: 5 }, "damaged-ciphertext");
    await wrong(id, { length: 100_000 }, "invalid-format");
    await wrong(id, { length: 0xffff_ffff }, "limit-exceeded");
    await wrong(id, { offset: 0xffff_ffff }, "invalid-format");
  });
});

describe("the other files", () => {
  const snapshot = { time: "2026-01-02T03:04:05Z", tree: unknownBlob, paths: ["/a"] };

  it.each([1, 2] as const)("come back as they were saved, in version %i", async (version) => {
    const repository = await makeRepository(createMemoryStorage(), { version });
    for (const json of ["{}", "[]", `{"x":"${"y".repeat(100_000)}"}`]) {
      for (const type of ["index", "lock", "snapshot"] as const) {
        const id = await repository.saveUnpacked(type, Buffer.from(json));
        expect(Buffer.from(await repository.loadUnpacked(type, id)).toString()).toBe(json);
        const { size } = await repository.storage.stat({ type, name: id });
        if (version === 1) expect(size).toBe(json.length + 32);
      }
    }
    expect((await repository.list("snapshot")).length).toBe(3);
  });

  it.each([1, 2] as const)(
    "are noticed when they are cut or changed anywhere, in version %i",
    async (version) => {
      const storage = createMemoryStorage();
      const repository = await makeRepository(storage, { version });
      const json = Buffer.from(JSON.stringify(snapshot));
      for (const type of ["index", "lock", "snapshot"] as const) {
        const id = await repository.saveUnpacked(type, json);
        const file = { type, name: id };
        const sealed = await storage.load(file);
        for (const i of sealed.keys()) {
          for (const bytes of [sealed.subarray(0, i), flipped(sealed, i)]) {
            await replace(storage, file, bytes);
            const error = await failure(repository.loadUnpacked(type, id), "hash-mismatch");
            expect(error.message).toContain(`${type} ${id}`);
            expect(error.guidance).toBeDefined();
          }
        }
        await storage.remove(file);
        const error = await failure(repository.loadUnpacked(type, id), "not-found");
        expect(error.message).toContain(`${type} ${id.slice(0, 8)}`);
      }
    },
  );

  it("are noticed when a forger gives them the right name", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage);
    const sealed = repository.sealUnpacked(Buffer.from(JSON.stringify(snapshot)));
    for (const i of sampled(sealed.length, 7)) {
      for (const bytes of [sealed.subarray(0, i), flipped(sealed, i)]) {
        const name = nodeCrypto.sha256Hex(bytes) as IndexId;
        await storage.save({ type: "index", name }, bytes);
        const error = await failure(
          repository.loadUnpacked("index", name),
          "damaged-ciphertext",
          "zero-nonce",
        );
        expect(error.message).toContain(`index ${name}`);
      }
    }
  });

  it("are named when their content is no sense, though it was sealed", async () => {
    const repository = await makeRepository();
    const sealer = repository.crypto.createSealer(repository.masterKey);
    const forged = async (plaintext: Uint8Array): Promise<IndexId> => {
      const bytes = sealer.seal(plaintext);
      const name = nodeCrypto.sha256Hex(bytes) as IndexId;
      await repository.storage.save({ type: "index", name }, bytes);
      return name;
    };
    const bomb = repository.zstd.compress(new Uint8Array(2 << 20), 1);
    for (const [plaintext, code] of [
      [Buffer.of(2), "invalid-format"],
      [Buffer.of(2, 1, 2, 3, 4), "invalid-format"],
      [Buffer.of(3, 0x7b), "unsupported"],
      [Buffer.from("text"), "unsupported"],
    ] as const) {
      const id = await forged(plaintext);
      const error = await failure(repository.loadUnpacked("index", id), code);
      expect(error.message).toContain(`index ${id}`);
    }
    const id = await forged(Buffer.concat([Buffer.of(2), bomb]));
    expect((await repository.loadUnpacked("index", id)).length).toBe(2 << 20);
    const lock = await repository.storage.load({ type: "index", name: id });
    await repository.storage.save({ type: "lock", name: id }, lock);
    // No lock is that long.
    expect((await failure(repository.loadUnpacked("lock", id), "limit-exceeded")).message).toContain(id);

    const garbage = await forged(Buffer.from('{"packs":[{"id":1}]}'));
    await repository.storage.remove({ type: "index", name: id });
    for (const name of await namesOf(repository.storage, "index")) {
      if (name !== garbage) await repository.storage.remove({ type: "index", name });
    }
    const error = await failure(repository.loadIndex(), "invalid-format");
    expect(error.message).toContain(`index ${garbage}`);
  });

  it("are read twice before they are called damaged", async () => {
    const inner = createMemoryStorage();
    const repository = await makeRepository(inner);
    const id = await repository.saveUnpacked("snapshot", Buffer.from("{}"));
    const loads = { damaged: 0 };
    const storage = createFaultStorage(inner, (operation, file) =>
      operation === "load" && file?.type === "snapshot" && loads.damaged-- > 0
        ? { kind: "corrupt", offset: 40 }
        : undefined,
    );
    const flaky = await open(storage);
    loads.damaged = 1;
    expect((await flaky.loadUnpacked("snapshot", id)).length).toBe(2);
    loads.damaged = 2;
    await failure(flaky.loadUnpacked("snapshot", id), "hash-mismatch");
  });

  it("snapshots come back", async () => {
    const repository = await makeRepository();
    const full = { ...snapshot, hostname: "h", username: "u", uid: 1, gid: 2, tags: ["t"] };
    const id = await repository.saveSnapshot(full);
    expect(await repository.loadSnapshot(id)).toMatchObject(full);
    expect(await repository.list("snapshot")).toEqual([id]);
  });
});
