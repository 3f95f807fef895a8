// Config, keys, locks and snapshots: what restic wrote is read and written again byte for byte.
import {
  decodeConfig,
  decodeKeyFile,
  decodeLock,
  decodeMasterKey,
  decodeSnapshot,
  decodeUnpacked,
  encodeConfig,
  encodeKeyFile,
  encodeLock,
  encodeMasterKey,
  encodeSnapshot,
  encodeUnpacked,
  holdsJson,
  type Id,
  type Snapshot,
} from "@tastic/format";
import { loadZstd } from "@tastic/zstd";
import { describe, expect, test } from "vitest";
import { codeOf, fixture } from "./helpers.js";

const zstd = loadZstd();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const id = <T extends Id>(digit: string): T => digit.repeat(64) as T;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe.each(["utc", "kolkata"])("files that restic wrote in %s", (label) => {
  const unpacked = (kind: string): Uint8Array =>
    decodeUnpacked(fixture(`${kind}-${label}.bin`), zstd, kind, 1 << 20);

  test("config", () => {
    const bytes = fixture(`config-${label}.bin`);
    expect(text(encodeConfig(decodeConfig(bytes)))).toBe(text(bytes));
  });
  test("key", () => {
    const bytes = fixture(`key-${label}.bin`);
    expect(text(encodeKeyFile(decodeKeyFile(bytes, "key")))).toBe(text(bytes));
  });
  test("snapshot", () => {
    const bytes = unpacked("snapshot");
    expect(text(encodeSnapshot(decodeSnapshot(bytes, "snapshot")))).toBe(text(bytes));
  });
  test("lock", () => {
    const bytes = unpacked("lock");
    expect(text(encodeLock(decodeLock(bytes, "lock")))).toBe(text(bytes));
  });
});

test("what the snapshot of the first fixture says", () => {
  const bytes = decodeUnpacked(fixture("snapshot-utc.bin"), zstd, "snapshot", 1 << 20);
  const snapshot = decodeSnapshot(bytes, "snapshot");
  expect(snapshot).toMatchObject({
    hostname: "höst",
    tags: ["one", "two <&>", "ümlaut"],
    excludes: ["*.tmp"],
  });
  expect(snapshot.summary?.filesNew).toBe(snapshot.summary?.totalFilesProcessed);
});

test("a snapshot with every field, and with as few as possible", () => {
  const least: Snapshot = { time: "2024-01-01T00:00:00Z", tree: id("a"), paths: [] };
  expect(text(encodeSnapshot(least))).toBe(`{"time":"2024-01-01T00:00:00Z","tree":"${id("a")}","paths":[]}`);
  expect(decodeSnapshot(encodeSnapshot(least), "s")).toEqual(least);
  const most: Snapshot = {
    ...least,
    parent: id("b"),
    original: id("c"),
    uid: 1000,
    gid: 4_294_967_295,
    hostname: "h",
    username: "u",
    paths: ["/a", "/\udcff"],
    programVersion: "tastic",
  };
  expect(text(encodeSnapshot(most))).toBe(
    `{"time":"2024-01-01T00:00:00Z","parent":"${id("b")}","tree":"${id("a")}","paths":["/a","/\\ufffd"],` +
      `"hostname":"h","username":"u","uid":1000,"gid":4294967295,"original":"${id("c")}","program_version":"tastic"}`,
  );
  expect(decodeSnapshot(encodeSnapshot(most), "s")).toEqual({ ...most, paths: ["/a", "/\ufffd"] });
});

test("keys that other programs add to a snapshot are ignored, and missing figures are zero", () => {
  const foreign = {
    time: "2024-01-01T00:00:00+00:00",
    tree: id("a"),
    paths: ["/x"],
    label: "l",
    delete: { After: "x" },
  };
  const decoded = decodeSnapshot(json({ ...foreign, summary: { files_new: 3, total_duration: 0.5 } }), "s");
  expect(decoded.summary).toMatchObject({ filesNew: 3, dataAdded: 0, backupStart: "0001-01-01T00:00:00Z" });
});

test("a config of another version, or none at all", () => {
  const config = { version: 2, id: id("1"), chunker_polynomial: "3da3358b4dc173" };
  expect(decodeConfig(json({ ...config, is_hot: true })).version).toBe(2);
  for (const version of [0, 3, -1, 1e9]) {
    expect(codeOf(() => decodeConfig(json({ ...config, version })))).toBe("unsupported");
  }
  for (const wrong of [
    { version: "2" },
    { version: 1.5 },
    { id: "x" },
    { chunker_polynomial: "0x1" },
    { chunker_polynomial: 3 },
  ]) {
    expect(codeOf(() => decodeConfig(json({ ...config, ...wrong })))).toBe("invalid-format");
  }
  for (const wrong of ["", "[]", "null", "7", "{", "\x02{}"]) {
    expect(codeOf(() => decodeConfig(Buffer.from(wrong)))).toBe("invalid-format");
  }
  expect(codeOf(() => decodeConfig(Buffer.alloc(1 << 20, 0x20)))).toBe("limit-exceeded");
});

test("a key file must hold together", () => {
  const key = JSON.parse(text(fixture("key-utc.bin"))) as Record<string, unknown>;
  const decode = (change: object) => codeOf(() => decodeKeyFile(json({ ...key, ...change }), "key"));
  expect(decode({ kdf: "argon2" })).toBe("unsupported");
  for (const change of [
    { N: 0 },
    { r: -1 },
    { p: 1.5 },
    { N: 2 ** 31 },
    { salt: "" },
    { salt: "AAAA" },
    { data: "???" },
    { data: 5 },
  ]) {
    expect(decode(change)).toBe("invalid-format");
  }
  expect(decode({ data: "A".repeat(40_000) })).toBe("limit-exceeded");
  expect(decode({ salt: "A".repeat(200) })).toBe("limit-exceeded");
});

test("a master key goes both ways, and is never quoted in an error", () => {
  const master = {
    encrypt: new Uint8Array(32).fill(1),
    macK: new Uint8Array(16).fill(2),
    macR: new Uint8Array(16).fill(255),
  };
  const bytes = encodeMasterKey(master);
  expect(text(bytes)).toBe(
    '{"mac":{"k":"AgICAgICAgICAgICAgICAg==","r":"/////////////////////w=="},"encrypt":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}',
  );
  expect(decodeMasterKey(bytes)).toEqual(master);
  for (const damaged of [
    bytes.subarray(1),
    bytes.subarray(0, -2),
    Buffer.from(text(bytes).replace("AgIC", "AgI")),
  ]) {
    try {
      decodeMasterKey(damaged);
      expect.fail("was accepted");
    } catch (error) {
      expect(String(error) + String((error as Error).cause)).not.toMatch(/AgIC|AQEB|\/\/\/\//);
    }
  }
});

test("a lock with an owner, and one that lacks what it must have", () => {
  const lock = {
    time: "2024-01-01T00:00:00Z",
    exclusive: true,
    hostname: "h",
    username: "",
    pid: 7,
    uid: 1000,
    gid: 100,
  };
  expect(text(encodeLock(lock))).toBe(JSON.stringify(lock));
  expect(decodeLock(encodeLock(lock), "lock")).toEqual(lock);
  for (const change of [{ time: "now" }, { time: undefined }, { exclusive: 1 }, { pid: "7" }, { uid: -1 }]) {
    expect(codeOf(() => decodeLock(json({ ...lock, ...change }), "lock"))).toBe("invalid-format");
  }
});

test.each([1, 2] as const)("what was sealed in version %i is compared with what it was", (version) => {
  const content = json({ long: "text that compresses ".repeat(200_000) });
  const bytes = encodeUnpacked(version, content, zstd);
  const holds = (other: Uint8Array): boolean => holdsJson(bytes, other, zstd, "index");
  expect(holds(content)).toBe(true);
  for (const at of [0, 2_000_000, content.length - 1]) {
    const changed = Buffer.from(content);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(holds(changed)).toBe(false);
  }
  expect(holds(Buffer.concat([content, content]))).toBe(false);
  expect(codeOf(() => holds(content.subarray(1)))).toBe("limit-exceeded");
});
