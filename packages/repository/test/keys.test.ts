import { nodeCrypto, generateMasterKey } from "@tastic/crypto";
import { decodeKeyFile, encodeKeyFile, type KeyFile, type KeyId } from "@tastic/format";
import { Repository, currentUser, describeKey, listKeyIds } from "@tastic/repository";
import { createFaultStorage, createLocalStorage, createMemoryStorage, type Storage } from "@tastic/storage";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { flipped, sha256Hex } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { addKey } from "../dist/keys.js";
import { failure, makeRepository, password, scrypt } from "./support.js";

const open = (storage: Storage, password: string, keyHint?: string) =>
  Repository.open(storage, keyHint === undefined ? { password } : { password, keyHint });

/** Stores bytes as a key file, under the name that they ask for or another one. */
async function saveKey(storage: Storage, bytes: Uint8Array, name = sha256Hex(bytes)): Promise<string> {
  await storage.save({ type: "key", name }, bytes);
  return name;
}

async function keyFile(storage: Storage, id: string): Promise<KeyFile> {
  return decodeKeyFile(await storage.load({ type: "key", name: id }), "key");
}

/** The same file with some fields replaced, as text: also with values that no writer would accept. */
async function tampered(storage: Storage, id: string, fields: Record<string, unknown>): Promise<Uint8Array> {
  const text = Buffer.from(await storage.load({ type: "key", name: id })).toString();
  return Buffer.from(JSON.stringify({ ...(JSON.parse(text) as object), ...fields }));
}

describe("keys", () => {
  it("open with their password and no other", async () => {
    const storage = createMemoryStorage();
    const made = await makeRepository(storage);
    const opened = await open(storage, password);
    expect(opened.keyId).toBe(made.keyId);
    expect(opened.config).toEqual(made.config);
    expect(opened.masterKey).toEqual(made.masterKey);
    for (const wrong of ["", "Geheim", "geheim ", "geheim\n"]) {
      const error = await failure(open(storage, wrong), "wrong-password");
      expect(error.message).toBe("wrong password or no key found");
      expect(error.guidance).toBeDefined();
    }
  });

  it("may have an empty password, and one of any characters", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage, { password: "" });
    await repository.addKey("pässwörd \u{1f511}", { scrypt });
    await open(storage, "");
    await open(storage, "pässwörd \u{1f511}");
  });

  it("may be several for one repository", async () => {
    const storage = createLocalStorage(`${await temporaryFolder()}/repository`);
    const repository = await makeRepository(storage, { username: "a", hostname: "b" });
    const second = await repository.addKey("second", { username: "some\u0000one", hostname: "else", scrypt });
    expect(await listKeyIds(storage)).toEqual([repository.keyId, second].sort());
    const opened = await open(storage, "second");
    expect(opened.keyId).toBe(second);
    expect(opened.masterKey).toEqual(repository.masterKey);
    expect(await describeKey(storage, nodeCrypto, repository.keyId)).toMatchObject({
      id: repository.keyId,
      username: "a",
      hostname: "b",
    });
    const { username, hostname, created } = await describeKey(storage, nodeCrypto, second);
    expect([username, hostname]).toEqual(["some\u0000one", "else"]);
    expect(Math.abs(Date.parse(created) - Date.now())).toBeLessThan(60_000);
  });

  it("say whose they are", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    const info = await describeKey(storage, nodeCrypto, keyId);
    expect(info.username).toBe(currentUser().username);
    expect(info.hostname).toBe(hostname());
  });

  it("are costly to try by default", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await Repository.init(storage, { password });
    const { N, r, p } = await keyFile(storage, keyId);
    expect(N).toBeGreaterThanOrEqual(2 ** 14);
    expect(r).toBe(8);
    expect(p).toBeGreaterThanOrEqual(1);
  });

  it("can be removed, but not the one in use", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage);
    const second = await repository.addKey("second", { scrypt });
    const refused = await failure(repository.removeKey(repository.keyId), "invalid-argument");
    expect(refused.message).toBe("refusing to remove key currently used to access repository");
    await repository.removeKey(second);
    await failure(open(storage, "second"), "wrong-password");
    await open(storage, password);
    await failure(repository.removeKey(second), "not-found");
    await failure(repository.removeKey("../config" as KeyId), "invalid-argument");
  });

  it("threat 10: are tried in vain beyond the twentieth, unless a hint names one", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage);
    for (let i = 0; i < 30; i++) await repository.addKey(`password ${i}`, { scrypt });
    const ids = await listKeyIds(storage);
    const outcomes = new Map<string, boolean>();
    for (let i = 0; i < 30; i++) {
      const opened = await open(storage, `password ${i}`).catch(() => undefined);
      outcomes.set(`password ${i}`, opened !== undefined);
    }
    const initial = await open(storage, password).then(
      () => true,
      () => false,
    );
    expect([...outcomes.values(), initial].filter((opened) => opened).length).toBe(20);

    const [lost] = [...outcomes].filter(([, opened]) => !opened).map(([name]) => name);
    if (lost === undefined) throw new Error("all passwords opened");
    let found = 0;
    for (const id of ids) {
      const opened = await open(storage, lost, id.slice(0, 12)).catch(() => undefined);
      if (opened === undefined) continue;
      found++;
      expect(opened.keyId).toBe(id);
    }
    expect(found).toBe(1);
  });

  it("are all tried when the hint fits none, or the wrong one", async () => {
    const storage = createMemoryStorage();
    const repository = await makeRepository(storage);
    const second = await repository.addKey("second", { scrypt });
    for (const hint of ["", "zzz", second, second.slice(0, 1)]) {
      expect((await open(storage, password, hint)).keyId).toBe(repository.keyId);
    }
    const loads: string[] = [];
    const counted = createFaultStorage(storage, (operation, file) => {
      if (operation === "load" && file?.type === "key") loads.push(file.name);
      return undefined;
    });
    await open(counted, "second", second);
    expect(loads).toEqual([second]);
  });
});

describe("damaged and hostile keys", () => {
  /** Each of these is no key that anything could be opened with. */
  async function damagedFiles(storage: Storage, id: string): Promise<Uint8Array[]> {
    const good = await storage.load({ type: "key", name: id });
    return [
      new Uint8Array(0),
      good.subarray(0, good.length - 1),
      Buffer.from("{}"),
      Buffer.from("[]"),
      await tampered(storage, id, { kdf: "argon2" }),
      await tampered(storage, id, { salt: "AAAA" }),
      await tampered(storage, id, { data: "not base64" }),
      await tampered(storage, id, { data: "AAAA" }),
      await tampered(storage, id, { N: 0 }),
      await tampered(storage, id, { N: 3 }),
      await tampered(storage, id, { N: 2 ** 30 }),
      await tampered(storage, id, { N: 2 ** 53 }),
      await tampered(storage, id, { N: -2 }),
      await tampered(storage, id, { N: 2.5 }),
      await tampered(storage, id, { N: "2" }),
      await tampered(storage, id, { r: 2 ** 30 }),
      await tampered(storage, id, { p: 2 ** 30 }),
      await tampered(storage, id, { N: 2 ** 20, r: 8, p: 100 }),
    ];
  }

  it("do not keep a good key from opening, wherever they are in the list", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    const names: string[] = [];
    for (const bytes of await damagedFiles(storage, keyId)) names.push(await saveKey(storage, bytes));
    // Those that come before the good one must be passed over, not only those that come after it.
    for (const hint of names) expect((await open(storage, password, hint)).keyId).toBe(keyId);
  });

  it("are named when nothing else is there, without trying what they ask for", async () => {
    const source = createMemoryStorage();
    const { keyId } = await makeRepository(source);
    const config = await source.load({ type: "config", name: "" });
    const derivation = vi.spyOn(nodeCrypto, "scrypt");
    onTestFinished(() => derivation.mockRestore());
    for (const bytes of await damagedFiles(source, keyId)) {
      const storage = createMemoryStorage();
      await storage.save({ type: "config", name: "" }, config);
      const name = await saveKey(storage, bytes);
      const error = await failure(
        open(storage, password),
        "invalid-key",
        "invalid-format",
        "limit-exceeded",
        "unsupported",
        // The sealed key is too short to have a tag: as good as a wrong password.
        "wrong-password",
      );
      if (error.code === "wrong-password") continue;
      expect(error.message).toContain(`key ${name}`);
    }
    expect(derivation).toHaveBeenCalledTimes(1);
  });

  it("are mentioned when the password opens none of the others", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    const name = await saveKey(storage, await tampered(storage, keyId, { N: 2 ** 30 }));
    const error = await failure(open(storage, "wrong"), "wrong-password");
    expect(error.guidance).toContain(`key ${name}`);
  });

  it("are not loaded if they are too long to be keys", async () => {
    const inner = createMemoryStorage();
    const { keyId } = await makeRepository(inner);
    const name = await saveKey(inner, new Uint8Array(100_000).fill(0x20));
    const storage = createFaultStorage(inner, (operation, file) =>
      operation === "load" && file?.name === name ? { kind: "fail" } : undefined,
    );
    expect((await open(storage, password, name)).keyId).toBe(keyId);
    await inner.remove({ type: "key", name: keyId });
    expect((await failure(open(storage, password), "limit-exceeded")).message).toContain(`key ${name}`);
  });

  it("are noticed when their bytes were exchanged", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    const good = await storage.load({ type: "key", name: keyId });
    await saveKey(storage, flipped(good, 20), keyId);
    const error = await failure(open(storage, password), "hash-mismatch");
    expect(error.message).toContain(`key ${keyId}`);
  });

  it("of another repository open nothing", async () => {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const foreign = generateMasterKey(nodeCrypto);
    await addKey(storage, nodeCrypto, foreign, "foreign", { scrypt });
    const error = await failure(open(storage, "foreign"), "damaged-ciphertext");
    expect(error.message).toContain("config");
  });

  it("with an all-zero master key are refused", async () => {
    const storage = createMemoryStorage();
    await makeRepository(storage);
    const zero = { encrypt: new Uint8Array(32), macK: new Uint8Array(16), macR: new Uint8Array(16) };
    await addKey(storage, nodeCrypto, zero, "zero", { scrypt });
    await failure(open(storage, "zero"), "invalid-key");
  });

  it("do not hide that the store failed", async () => {
    const inner = createMemoryStorage();
    const repository = await makeRepository(inner);
    await repository.addKey("second", { scrypt });
    const storage = createFaultStorage(inner, (operation, file, n) =>
      operation === "load" && file?.type === "key" && n === 2 ? { kind: "fail" } : undefined,
    );
    await failure(open(storage, "wrong"), "storage-failed");
  });

  it("are not left behind when they cannot be added, or do not open", async () => {
    const inner = createMemoryStorage();
    await makeRepository(inner);
    const faults = [
      { operation: "save", fault: { kind: "fail" } },
      { operation: "save", fault: { kind: "fail", when: "after" } },
      { operation: "save", fault: { kind: "corrupt", offset: 100 } },
      { operation: "save", fault: { kind: "truncate", length: 100 } },
    ] as const;
    const before = await listKeyIds(inner);
    for (const { operation, fault } of faults) {
      const storage = createFaultStorage(inner, (called) => (called === operation ? fault : undefined));
      const repository = await open(storage, password);
      await failure(repository.addKey("new", { scrypt }), "storage-failed", "hash-mismatch");
      expect(await listKeyIds(inner)).toEqual(before);
    }
  });

  it("are written as they are read", async () => {
    const storage = createMemoryStorage();
    const { keyId } = await makeRepository(storage);
    const bytes = await storage.load({ type: "key", name: keyId });
    expect(Buffer.from(encodeKeyFile(decodeKeyFile(bytes, "key")))).toEqual(Buffer.from(bytes));
    expect(keyId).toBe(sha256Hex(bytes));
  });
});
