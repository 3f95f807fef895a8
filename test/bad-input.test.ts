/**
 * Damaged, hostile and impossible input at the command: a clear error that names the object, the right exit code,
 * never a stack, never a hang. What every single byte does is tested in the packages.
 */
import { describe, expect, it } from "vitest";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { runTastic, succeed, temporaryFolder } from "./support/peers.js";
import type { Outcome } from "./support/peers.js";

/** A repository with one snapshot of a few files; returns its path and the folder that holds it. */
async function sampleRepository(): Promise<{ home: string; repo: string }> {
  const home = await temporaryFolder();
  const repo = `${home}/repo`;
  await makeCheapRepository(repo);
  mkdirSync(`${home}/source/folder`, { recursive: true });
  writeFileSync(`${home}/source/text`, "some text\n".repeat(1000));
  writeFileSync(`${home}/source/folder/noise`, sampleBytes(700_000, 1));
  succeed(await runTastic(["backup", "--no-cache", `${home}/source`], { repo }));
  return { home, repo };
}

function filesOf(repo: string, type: string): string[] {
  if (type === "config") return [`${repo}/config`];
  return readdirSync(`${repo}/${type}`, { recursive: true, encoding: "utf8" })
    .map((name) => `${repo}/${type}/${name}`)
    .filter((path) => statSync(path).isFile());
}

function overwrite(path: string, bytes: Uint8Array): void {
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

/** An error that a person can read, and no crash. */
function expectPlainError(outcome: Outcome): void {
  expect(outcome.signal).toBeNull();
  expect(outcome.code, outcome.stdout).not.toBe(0);
  expect(outcome.stderr.trim()).not.toBe("");
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
  expect(outcome.stderr).not.toMatch(/TypeError|RangeError|SyntaxError|ERR_[A-Z]|undefined|\[object/);
}

describe("a damaged repository", () => {
  const damages: readonly [string, (bytes: Uint8Array) => Uint8Array][] = [
    ["emptied", () => new Uint8Array(0)],
    ["cut to its first byte", (bytes) => bytes.slice(0, 1)],
    ["cut in the middle", (bytes) => bytes.slice(0, bytes.length / 2)],
    ["cut before its last byte", (bytes) => bytes.slice(0, -1)],
    ["with a bit flipped at the start", (bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
    [
      "with a bit flipped in the middle",
      (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 16 : byte)),
    ],
    [
      "with a bit flipped at the end",
      (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 128 : byte)),
    ],
  ];
  const types = ["config", "keys", "index", "snapshots", "data"];

  it.each(types)("%s: every kind of damage is found by check --read-data, and said plainly", async (type) => {
    const { home, repo } = await sampleRepository();
    let cases = 0;
    for (const [name, damage] of damages) {
      const damaged = `${home}/damaged`;
      cpSync(repo, damaged, { recursive: true });
      const [path = ""] = filesOf(damaged, type);
      overwrite(path, damage(readFileSync(path)));
      const outcome = await runTastic(["check", "--read-data", "--no-cache", "--no-lock"], { repo: damaged });
      expectPlainError(outcome);
      if (type !== "config") {
        const id = path.slice(path.lastIndexOf("/") + 1);
        const all = outcome.stdout + outcome.stderr;
        expect(all.includes(id.slice(0, 8)) || all.includes("wrong password"), `${name}: ${all}`).toBe(true);
      }
      const json = await runTastic(["check", "--read-data", "--no-cache", "--no-lock", "--json"], {
        repo: damaged,
      });
      expect(json.code).toBe(outcome.code);
      for (const line of json.stderr.trim().split("\n"))
        expect(() => JSON.parse(line) as unknown).not.toThrow();
      cpSync(repo, damaged, { recursive: true, force: true });
      cases++;
    }
    console.log(`${cases} kinds of damage to ${type}`);
  });
});

describe("exit codes", () => {
  it("12 for a wrong password", async () => {
    const { repo } = await sampleRepository();
    const outcome = await runTastic(["snapshots"], { repo, password: "wrong" });
    expect(outcome.code).toBe(12);
    expect(outcome.stderr).toContain("wrong password or no key found");
  });

  it("10 for a place without a repository, and nothing is made there", async () => {
    const home = await temporaryFolder();
    const outcome = await runTastic(["snapshots"], { repo: `${home}/nothing` });
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain("repository does not exist");
    expect(existsSync(`${home}/nothing`)).toBe(false);
  });

  it("1 where a repository is already", async () => {
    const { repo } = await sampleRepository();
    const outcome = await runTastic(["init"], { repo });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("config file already exists");
  });

  it("3 when a source cannot be read, with a snapshot of the rest", async () => {
    const { home, repo } = await sampleRepository();
    const outcome = await runTastic(["backup", "--no-cache", `${home}/source`, `${home}/missing`], { repo });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain(`${home}/missing does not exist, skipping`);
    expect(outcome.stdout).toMatch(/snapshot [0-9a-f]{8} saved/);
  });
});

describe("hostile input", () => {
  it("threat 10: a key file that asks for 4 GiB of scrypt is refused at once", async () => {
    const { repo } = await sampleRepository();
    const [path = ""] = filesOf(repo, "keys");
    const key = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const bytes = Buffer.from(JSON.stringify({ ...key, N: 2 ** 22, r: 8, p: 1 }));
    const { createHash } = await import("node:crypto");
    chmodSync(path, 0o600);
    const { rmSync } = await import("node:fs");
    rmSync(path);
    writeFileSync(`${repo}/keys/${createHash("sha256").update(bytes).digest("hex")}`, bytes);
    const outcome = await runTastic(["snapshots"], { repo });
    expectPlainError(outcome);
    expect(outcome.stderr).toMatch(/scrypt|GiB|memory/i);
  });

  it("a tree that names a file outside its folder restores nothing outside the target", async () => {
    const { nodeCrypto } = await import("@tastic/crypto");
    const { Repository } = await import("@tastic/repository");
    const { createLocalStorage } = await import("@tastic/storage");
    const home = await temporaryFolder();
    const repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const repository = await Repository.open(createLocalStorage(repo), { password: "geheim" });
    for (const name of ["..", "../escape", "a/b", "/absolute", "nul\\x00byte", ".", ""]) {
      const node = `{"name":${JSON.stringify(name)},"type":"file","mode":420,"mtime":"2020-01-01T00:00:00Z","atime":"2020-01-01T00:00:00Z","ctime":"2020-01-01T00:00:00Z","uid":0,"gid":0,"content":[]}`;
      const tree = Buffer.from(`{"nodes":[${node}]}\n`);
      const writer = repository.createWriter();
      const id = nodeCrypto.sha256(tree);
      await writer.add("tree", id, tree);
      await writer.flush();
      const snapshot = await repository.saveSnapshot({
        time: "2020-01-01T00:00:00Z",
        tree: nodeCrypto.sha256Hex(tree) as never,
        paths: ["/hostile"],
      });
      const target = `${home}/inside/target`;
      const outcome = await runTastic(["restore", snapshot, "--target", target, "--no-cache"], { repo });
      expectPlainError(outcome);
      expect(readdirSync(home).toSorted()).toEqual(expect.arrayContaining(["repo"]));
      expect(existsSync(`${home}/inside/escape`) || existsSync(`${home}/escape`)).toBe(false);
      expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
    }
  });
});
