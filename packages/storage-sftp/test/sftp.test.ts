/** Our storage on OpenSSH's own SFTP server, without ssh in between, and on servers that are not as they should be. */
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isTasticError } from "@tastic/errors";
import { createSftpStorage, parseSftpLocation, type SftpStorageOptions } from "@tastic/storage-sftp";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import {
  describeWithRestic,
  describeWithSftpServer,
  runRestic,
  sftpServer,
  succeed,
  temporaryFolder,
} from "../../../test/support/peers.js";
import { emptied, failure, fileFor, listed, storageConformance } from "../../storage/test/conformance.js";

function start(folder: string, options: Partial<SftpStorageOptions> = {}) {
  const lines: string[] = [];
  const storage = createSftpStorage({
    location: parseSftpLocation(`sftp:host:${folder}`),
    command: [sftpServer ?? "sftp-server"],
    onLine: (line) => lines.push(line),
    ...options,
  });
  return { storage, lines };
}

/** A storage for one test. */
function create(folder: string, options: Partial<SftpStorageOptions> = {}) {
  const started = start(folder, options);
  onTestFinished(() => started.storage.close());
  return started;
}

async function prepared(options: Partial<SftpStorageOptions> = {}) {
  const folder = join(await temporaryFolder(), "repository");
  const made = create(folder, options);
  await made.storage.prepare();
  return { folder, ...made };
}

const bytes = sampleBytes(1000);
const file = fileFor("pack", bytes);
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

/** A program that is run in place of ssh. */
async function script(text: string): Promise<string[]> {
  const path = join(await temporaryFolder(), "script");
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return [path];
}

describeWithSftpServer("on OpenSSH's sftp-server", () => {
  describe("one repository", () => {
    let folder: string;
    beforeAll(async () => {
      folder = join(await temporaryFolder(), "deep", "repository");
    });
    storageConformance("SFTP", () => emptied(start(folder).storage));
  });

  describeWithRestic("beside restic", () => {
    it("leaves the same folders, files and permissions", async () => {
      const { folder, storage } = await prepared();
      const theirs = join(folder, "..", "theirs");
      succeed(await runRestic(["-o", `sftp.command=${sftpServer}`, "init"], { repo: `sftp:host:${theirs}` }));
      const [key] = await readdir(join(theirs, "keys"));
      await storage.save({ type: "key", name: key! }, await readFile(join(theirs, "keys", key!)));
      await storage.save({ type: "config", name: "" }, await readFile(join(theirs, "config")));
      const names = (await readdir(theirs, { recursive: true })).toSorted();
      expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(names);
      for (const name of names)
        expect(await modeOf(join(folder, name)), name).toBe(await modeOf(join(theirs, name)));
    });
  });

  it("shares with the group where the config is shared", async () => {
    const { folder, storage } = await prepared();
    await storage.save({ type: "config", name: "" }, bytes);
    await chmod(join(folder, "config"), 0o440);
    const again = create(folder).storage;
    await again.save(file, bytes);
    expect(await modeOf(join(folder, "data", file.name.slice(0, 2), file.name))).toBe("440");
  });

  it("passes over what is no object, and makes a folder that is missing", async () => {
    const { folder, storage } = await prepared();
    await storage.save(file, bytes);
    const packs = join(folder, "data", file.name.slice(0, 2));
    await writeFile(join(packs, "tmp12345"), "junk");
    await writeFile(join(packs, `${file.name}-restic-temp-00ff`), "half");
    await mkdir(join(packs, `${file.name.slice(0, 2)}${"e".repeat(62)}`));
    await symlink("nowhere", join(packs, `${file.name.slice(0, 2)}${"f".repeat(62)}`));
    await writeFile(join(folder, "data", "00", "f".repeat(64)), "lost");
    expect(await listed(storage, "pack")).toEqual(new Map([[file.name, bytes.length]]));
    await rm(join(folder, "index"), { recursive: true });
    expect(await listed(storage, "index")).toEqual(new Map());
    await storage.save(fileFor("index", bytes), bytes);
    expect((await listed(storage, "index")).size).toBe(1);
  });

  it("lists 10,000 objects", async () => {
    const { folder, storage } = await prepared();
    const expected = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const name = sha256Hex(Buffer.from([i, i >> 8]));
      expected.set(name, i % 5);
      await writeFile(join(folder, "data", name.slice(0, 2), name), "x".repeat(i % 5));
    }
    expect(await listed(storage, "pack")).toEqual(expected);
  });

  it("leaves nothing behind when a save is given up", async () => {
    const { folder, storage } = await prepared();
    const large = new Uint8Array(64 * 1024 * 1024);
    const controller = new AbortController();
    const saving = storage.save(fileFor("index", large), large, { signal: controller.signal });
    const failed = failure(saving, "cancelled");
    await expect.poll(() => readdir(join(folder, "index")), { interval: 1 }).toHaveLength(1);
    controller.abort();
    await failed;
    expect(await readdir(join(folder, "index"))).toEqual([]);
    await storage.save(file, bytes);
  });

  it("connects again where the connection ended, and ends it when closed", async () => {
    const started = join(await temporaryFolder(), "started");
    const command = await script(`echo $$ >> ${started}\nexec ${sftpServer}`);
    const processes = async () => (await readFile(started, "utf8")).trim().split("\n").map(Number);
    const { storage } = await prepared({ command });
    await storage.save(file, bytes);
    process.kill((await processes())[0]!, "SIGKILL");
    await expect
      .poll(() =>
        storage.load(file).then(
          (found) => found.length,
          () => "failed",
        ),
      )
      .toBe(bytes.length);
    const [, second] = await processes();
    await storage.close();
    expect(() => process.kill(second!, 0)).toThrow("ESRCH");
    await failure(storage.load(file), "cancelled");
  });

  it("reports what the server may not do", async () => {
    const { storage } = await prepared();
    const readOnly = create(storage.location.replace("sftp:host:", ""), {
      command: [sftpServer!, "-R"],
    }).storage;
    expect((await failure(readOnly.save(file, bytes), "access-denied")).message).toContain(
      "permission denied",
    );
    await failure(readOnly.load(file), "not-found");
  });
});

describe.runIf(process.platform !== "win32")("a command that is no SFTP server", () => {
  it.each([
    ["echo 'anna@host: Permission denied (publickey).' >&2; exit 255", "access-denied", "Permission denied"],
    ["echo 'Host key verification failed.' >&2; exit 255", "access-denied", "Host key"],
    ["echo 'ssh: connect to host h port 22: Connection refused' >&2; exit 255", "storage-failed", "refused"],
    ["echo 'sh: sftp-server: not found' >&2; exit 127", "invalid-argument", "not found"],
    ["echo Welcome to this machine; sleep 5", "invalid-argument", "does not speak SFTP"],
  ] as const)("%s: %s", async (text, code, words) => {
    const { storage, lines } = create("/repo", { command: await script(text) });
    const error = await storage.stat(file).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isTasticError(error)) throw new Error("expected an error of tastic", { cause: error });
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    if (text.includes(">&2")) expect(lines.join()).toContain(words);
  });

  it("is missing", async () => {
    const { storage } = create("/repo", { command: ["no-such-ssh"] });
    expect((await failure(storage.stat(file), "invalid-argument")).guidance).toContain("sftp.command");
  });

  it("is given up when it is silent and the caller no longer waits", async () => {
    const { storage } = create("/repo", { command: ["sleep", "600"] });
    const signal = AbortSignal.timeout(100);
    await failure(storage.stat(file, { signal }), "cancelled");
    const began = performance.now();
    await storage.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
