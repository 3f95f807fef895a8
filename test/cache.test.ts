/** The cache on disk, shared with a restic on the same machine, and what the command says about it. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";

async function prepared() {
  const home = await temporaryFolder();
  const options = { repo: join(home, "repo"), home };
  for (const folder of ["source", "source/a", "source/b"]) {
    await mkdir(join(home, folder), { recursive: true });
    await writeFile(join(home, folder, "file"), `the content of ${folder}`);
  }
  await makeCheapRepository(options.repo);
  return { home, options, caches: join(home, ".cache", "restic") };
}

/** Paths below a folder, sorted. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function objectsIn(caches: string): Promise<string[]> {
  return (await filesBelow(caches))
    .filter((path) => /[0-9a-f]{64}$/.test(path))
    .map((path) => join(caches, path));
}

describeWithRestic("the cache", () => {
  it.each([
    ["restic", runRestic, runTastic],
    ["tastic", runTastic, runRestic],
  ] as const)("that %s fills has what the other would put there", async (_, fill, use) => {
    const { home, options, caches } = await prepared();
    succeed(await fill(["backup", "source"], { ...options, cwd: home }));
    const filled = await filesBelow(caches);
    expect(filled.map((path) => path.split("/").slice(-3)[0])).toContain("data");
    const contents = await Promise.all(filled.map((path) => readFile(join(caches, path), "hex")));

    succeed(await use(["ls", "latest"], options));
    expect(await filesBelow(caches)).toEqual(filled);
    expect(await Promise.all(filled.map((path) => readFile(join(caches, path), "hex")))).toEqual(contents);

    const other = join(home, "other");
    for (const args of [
      ["snapshots"],
      ["ls", "latest"],
      ["restore", "latest", "--target", join(home, "out")],
    ])
      succeed(await use([...args, "--cache-dir", other], options));
    expect(await filesBelow(other)).toEqual(filled);
  });

  it.each([
    ["cut short", (path: string) => truncate(path, 40)],
    ["nearly empty", (path: string) => truncate(path, 3)],
    [
      "changed in the middle",
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
  ] as const)("is mended where its files are %s", async (_, damage) => {
    const { home, options, caches } = await prepared();
    succeed(await runTastic(["backup", "source"], { ...options, cwd: home }));
    const expected = succeed(await runTastic(["ls", "latest", "--no-cache"], options)).stdout;
    const objects = await objectsIn(caches);
    expect(objects).toHaveLength(3);
    for (const path of objects) await damage(path);
    const damaged = await Promise.all(objects.map((path) => readFile(path, "hex")));
    for (let round = 0; round < 2; round++) {
      const outcome = succeed(await runTastic(["ls", "latest"], options));
      expect(outcome.stdout).toBe(expected);
      expect(outcome.stderr).toBe("");
    }
    for (const [at, path] of objects.entries()) expect(await readFile(path, "hex")).not.toBe(damaged[at]);
    succeed(await runRestic(["ls", "latest"], options));
  });

  it("survives several commands at the same time that fill, damage and mend it", async () => {
    const { home, options, caches } = await prepared();
    succeed(await runTastic(["backup", "source"], { ...options, cwd: home }));
    const objects = await objectsIn(caches);
    let going = true;
    const damaging = (async () => {
      while (going) {
        for (const path of objects) await truncate(path, 50).catch(() => undefined);
        await new Promise((done) => setTimeout(done, 5));
      }
    })();
    try {
      const runs = [runTastic, runTastic, runTastic].map((run) =>
        run(["ls", "latest", "--no-lock"], options),
      );
      for (const outcome of await Promise.all(runs))
        expect(succeed(outcome).stdout).toContain("/source/a/file");
    } finally {
      going = false;
      await damaging;
    }
  });

  it("forgets what is gone from the repository", async () => {
    const { home, options, caches } = await prepared();
    for (const content of ["one", "two"]) {
      await writeFile(join(home, "source", "file"), content);
      succeed(await runTastic(["backup", "source"], { ...options, cwd: home }));
    }
    succeed(await runRestic(["forget", "--keep-last", "1", "--prune", "--no-cache"], options));
    succeed(await runTastic(["backup", "source"], { ...options, cwd: home }));
    const names = (folder: string) =>
      filesBelow(join(home, "repo", folder)).then((all) => all.map((p) => p.slice(-64)));
    const stored = [...(await names("snapshots")), ...(await names("index")), ...(await names("data"))];
    for (const path of await objectsIn(caches)) expect(stored).toContain(path.slice(-64));
  });

  it("is not made where it is not wanted, and done without where it cannot be", async () => {
    const { options, caches } = await prepared();
    succeed(await runTastic(["snapshots", "--no-cache"], options));
    expect(existsSync(caches)).toBe(false);
    const blocked = join(options.home, "file");
    await writeFile(blocked, "");
    const outcome = succeed(await runTastic(["snapshots", "--cache-dir", blocked], options));
    expect(outcome.stderr).toMatch(/^unable to open cache: /);
  });

  it("of check is its own, and gone afterwards", async () => {
    const { home, options, caches } = await prepared();
    const usual = succeed(await runTastic(["check"], options));
    expect(usual.stdout).toMatch(
      /^using temporary cache in .*\/restic-check-cache-\d+\ncreate exclusive lock/,
    );
    expect(await readdir(caches)).toEqual([]);
    const own = join(home, "own");
    succeed(await runTastic(["check", "--cache-dir", own], options));
    expect(await readdir(own)).toEqual([]);
    const shared = succeed(await runTastic(["check", "--with-cache"], options));
    expect(shared.stdout).not.toContain("temporary");
    expect(await readdir(caches)).toContain("CACHEDIR.TAG");
  });

  it("is listed and cleaned as by restic", async () => {
    const { home, options, caches } = await prepared();
    succeed(await runTastic(["backup", "source"], { ...options, cwd: home }));
    const same = async (args: readonly string[]) => {
      const [expected, ours] = [
        await runRestic(["cache", ...args], options),
        await runTastic(["cache", ...args], options),
      ];
      expect([ours.code, ours.stdout, ours.stderr.split("\n")[0]]).toEqual([
        expected.code,
        expected.stdout,
        expected.stderr.split("\n")[0],
      ]);
    };
    const old = join(caches, "ab".repeat(32));
    const age = async (days: number) => {
      await mkdir(old, { recursive: true });
      const then = new Date(Date.now() - days * 24 * 60 * 60_000 - 60_000);
      await utimes(old, then, then);
    };
    await mkdir(join(caches, "restic-check-cache-123"));
    await age(40);
    for (const args of [[], ["--no-size"], ["--max-age", "50"], ["--json"], ["x"], ["--no-cache"]])
      await same(args);
    await same(["--cache-dir", join(home, "none")]);

    for (const run of [runRestic, runTastic]) {
      await age(40);
      expect(succeed(await run(["cache", "--cleanup"], options)).stdout).toBe(
        "remove 1 old cache directories\n",
      );
      expect(existsSync(old)).toBe(false);
      expect(succeed(await run(["cache", "--cleanup"], options)).stdout).toBe("no old cache dirs found\n");
      await age(40);
      succeed(await run(["snapshots", "--cleanup-cache"], options));
      expect(existsSync(old)).toBe(false);
    }
    expect((await stat(caches)).isDirectory()).toBe(true);
  });
});
