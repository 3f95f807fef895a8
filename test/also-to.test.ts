/** `backup --also-to`: one reading of the source, one snapshot in several repositories, and the truth of each copy. */
import { mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { runTasticHere } from "./support/run-here.js";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
  testPassword,
  type Outcome,
} from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

interface CopyMessage {
  readonly message_type: string;
  readonly repository: string;
  readonly result: string;
  readonly snapshot_id?: string;
  readonly source_snapshot_id: string;
  readonly data_blobs?: number;
  readonly error?: { readonly message: string };
}

interface StoredSnapshot {
  readonly id: string;
  readonly original?: string;
  readonly tree: string;
}

const OTHER_PASSWORD = "another";

describeWithRestic("backup --also-to", () => {
  let home: string;
  let number = 0;

  beforeAll(async () => {
    home = await temporaryFolder();
    await writeFiles(home, {
      "work/a.txt": "one",
      "work/sub/big": sampleBytes(3_000_000, 7),
      "passwords/other": `${OTHER_PASSWORD}\n`,
      "passwords/usual": `${testPassword}\n`,
    });
  });

  /** A repository that cuts files as all others of these tests do. */
  async function newRepository(password = testPassword, chunkerPolynomial = POLYNOMIAL): Promise<string> {
    const repo = join(home, `repo-${++number}`);
    await makeCheapRepository(repo, { password, chunkerPolynomial });
    return repo;
  }

  const backup = (repo: string, ...args: string[]): Promise<Outcome> =>
    runTastic(["backup", "--no-cache", "work", ...args], { repo, cwd: home });

  const copies = (outcome: Outcome): CopyMessage[] =>
    (jsonLines(outcome) as CopyMessage[]).filter(({ message_type }) => message_type === "copy");

  const snapshots = async (repo: string, password = testPassword): Promise<StoredSnapshot[]> =>
    JSON.parse(
      succeed(await runTasticHere(["snapshots", "--json", "--no-cache"], { repo, password })).stdout,
    ) as StoredSnapshot[];

  /** restic finds nothing wrong, and restores what the source holds. */
  async function expectWhole(repo: string, password = testPassword): Promise<void> {
    const options = { repo, password };
    succeed(await runRestic(["check", "--read-data", "--no-cache"], options));
    const target = join(home, `back-${++number}`);
    succeed(await runRestic(["restore", "latest", "--no-cache", "--target", target], options));
    expect(await treeOf(join(target, "work"))).toEqual(await treeOf(join(home, "work")));
  }

  it("copies to each, with passwords of their own, and restic finds all of it whole", async () => {
    const [first, second, third] = [
      await newRepository(),
      await newRepository(OTHER_PASSWORD),
      await newRepository(),
    ];
    const passwords = ["--also-to-password-file", join(home, "passwords/other")];
    const others = ["--also-to", second, ...passwords, "--also-to", third, "--also-to-password-file", ""];
    const json = succeed(await backup(first, ...others, "--json"));
    const lines = jsonLines(json) as { readonly message_type: string; readonly snapshot_id?: string }[];
    const kinds = lines.map(({ message_type }) => message_type).filter((kind) => !kind.endsWith("status"));
    expect(kinds).toEqual(["summary", "copy", "copy"]);
    const saved = lines.find(({ message_type }) => message_type === "summary")!.snapshot_id;
    const [toSecond, toThird] = copies(json);
    expect(toSecond).toMatchObject({ repository: second, result: "copied", source_snapshot_id: saved });
    expect(toThird).toMatchObject({ repository: third, result: "copied", source_snapshot_id: saved });
    expect(toSecond!.data_blobs).toBeGreaterThan(1);
    const [original] = await snapshots(first);
    for (const [repo, password, { snapshot_id: id }] of [
      [second, OTHER_PASSWORD, toSecond!],
      [third, testPassword, toThird!],
    ] as const) {
      expect(await snapshots(repo, password)).toMatchObject([{ id, original: saved, tree: original!.tree }]);
      await expectWhole(repo, password);
    }

    // Nothing changed: the snapshot is of another time, but all data are there.
    const again = succeed(await backup(first, ...others));
    expect(again.stdout).toMatch(/^snapshot [0-9a-f]{8} saved$/m);
    expect(again.stdout).toContain(`saved in ${second}, a copy (0 B stored)`);
    expect(await snapshots(second, OTHER_PASSWORD)).toHaveLength(2);
  });

  it("says what failed and goes on with the next; the exit code is 1", async () => {
    const [first, last] = [await newRepository(), await newRepository()];
    const locked = await newRepository(OTHER_PASSWORD);
    const missing = join(home, "nowhere");
    const others = ["--also-to", locked, "--also-to", missing, "--also-to", last];
    const text = await backup(first, ...others);
    expect(text.code).toBe(1);
    expect(text.stderr).toContain(`error: not copied to ${locked}: wrong password`);
    expect(text.stderr).toContain(`error: not copied to ${missing}: repository does not exist`);
    expect(text.stderr).toMatch(
      /^Fatal: snapshot [0-9a-f]{8} is saved, but was not copied to 2 of 3 other repositories: /m,
    );
    expect(text.stdout).not.toContain(`saved in ${locked}`);
    expect(text.stdout).not.toContain(missing);
    expect(text.stdout).toContain(`saved in ${last}, a copy`);
    expect(await snapshots(first)).toHaveLength(1);
    expect(await snapshots(locked, OTHER_PASSWORD)).toHaveLength(0);
    expect(await snapshots(last)).toHaveLength(1);

    const json = await backup(first, ...others, "--json");
    expect(json.code).toBe(1);
    expect(copies(json).map(({ result }) => result)).toEqual(["failed", "failed", "copied"]);
    expect(copies(json)[0]).toMatchObject({ repository: locked });
    expect(copies(json)[0]?.error?.message).toContain("wrong password");
    expect(copies(json)[0]).not.toHaveProperty("snapshot_id");
    expect(JSON.parse(json.stderr.trim().split("\n").at(-1)!)).toMatchObject({
      message_type: "exit_error",
      code: 1,
    });
  });

  it("brings over with --skip-if-unchanged what a copy lacks, and says where it has it already", async () => {
    const [first, second] = [await newRepository(), await newRepository()];
    succeed(await backup(first));
    const args = ["--skip-if-unchanged", "--also-to", second];
    const made = succeed(await backup(first, ...args));
    expect(made.stdout).toContain("skipped creating snapshot");
    expect(made.stdout).toContain(`saved in ${second}, a copy`);
    const again = succeed(await backup(first, ...args, "--json"));
    expect(copies(again)).toMatchObject([{ result: "present", data_blobs: 0 }]);
    expect(await snapshots(second)).toHaveLength(1);
  });

  it("warns where the other repository cuts differently, and copies all the same", async () => {
    const [first, second] = [await newRepository(), join(home, "of-its-own")];
    await makeCheapRepository(second);
    const { stderr } = succeed(await backup(first, "--also-to", second));
    expect(stderr).toContain(`warning: ${second} cuts files differently`);
    await expectWhole(second);
  });

  it("copies what could be read, and tells of what could not by the exit code", async () => {
    const [first, second] = [await newRepository(), await newRepository()];
    const partly = await backup(first, "not-there", "--also-to", second);
    expect(partly.code).toBe(3);
    expect(await snapshots(second)).toHaveLength(1);
    const neither = await backup(first, "not-there", "--also-to", join(home, "nowhere"));
    expect(neither.code).toBe(1);
    expect(neither.stderr).toContain("Warning: at least one source file could not be read");
  });

  it("stores nothing anywhere in a dry run", async () => {
    const [first, second] = [await newRepository(), await newRepository()];
    const { stdout } = succeed(await backup(first, "--dry-run", "--also-to", second));
    expect(stdout).toContain(`would copy the snapshot to ${second}`);
    expect([await snapshots(first), await snapshots(second)]).toEqual([[], []]);
  });

  it("refuses the repository itself, and passwords without a repository, before anything is read", async () => {
    const first = await newRepository();
    const itself = await backup(first, "--also-to", `${first}/../${basename(first)}`);
    expect([itself.code, itself.stderr]).toEqual([1, expect.stringContaining("of the backup itself")]);
    const link = join(home, "a-link");
    await symlink(first, link);
    const linked = await backup(first, "--also-to", link);
    expect([linked.code, linked.stderr]).toEqual([1, expect.stringContaining("of the backup itself")]);
    const file = ["--also-to-password-file", "x"];
    const many = await backup(first, "--also-to", "/nowhere", ...file, ...file);
    expect([many.code, many.stderr]).toEqual([
      1,
      expect.stringContaining("2 times --also-to-password-file for 1 times --also-to"),
    ]);
  });

  it("takes locations from files, and passwords from variables, commands and the standard input", async () => {
    const [first, second, third] = [
      await newRepository(),
      await newRepository(OTHER_PASSWORD),
      await newRepository(OTHER_PASSWORD),
    ];
    await mkdir(join(home, "places"), { recursive: true });
    await writeFile(join(home, "places/third"), `${third}\n`);
    const others = ["--also-to", second, "--also-to-repository-file", join(home, "places/third")];
    const line = ["backup", "--no-cache", join(home, "work"), ...others];
    const run = (args: string[], options: object): Promise<Outcome> =>
      runTasticHere([...line, ...args], { repo: first, ...options });
    succeed(await run([], { env: { TASTIC_ALSO_TO_PASSWORD: OTHER_PASSWORD } }));
    const command = `cat ${join(home, "passwords/other")}`;
    succeed(await run(["--also-to-password-command", command], {}));
    const each = { TASTIC_ALSO_TO_PASSWORD_1: OTHER_PASSWORD, TASTIC_ALSO_TO_PASSWORD_2: "wrong" };
    const mixed = await run([], { env: each });
    expect(mixed.stderr).toMatch(/not copied to 1 of 2 other/);
    const asked = { password: null, input: `${testPassword}\n${OTHER_PASSWORD}\n${OTHER_PASSWORD}\n` };
    succeed(await runTastic(line, { repo: first, ...asked }));
    expect(await snapshots(second, OTHER_PASSWORD)).toHaveLength(4);
    expect(await snapshots(third, OTHER_PASSWORD)).toHaveLength(3);
  });

  it("reads each file once, however many repositories there are", async () => {
    const [first, second, third] = [await newRepository(), await newRepository(), await newRepository()];
    // Whoever read it a second time would find it to have changed.
    const source = join(home, "stream");
    await writeFile(source, "from a command");
    const args = ["--stdin-filename", "once", "--also-to", second, "--also-to", third];
    const script = `cat ${source} && echo changed > ${source}`;
    const command = ["--stdin-from-command", "--", "sh", "-c", script];
    succeed(await runTasticHere(["backup", "--no-cache", ...args, ...command], { repo: first }));
    expect(await readFile(source, "utf8")).toBe("changed\n");
    for (const repo of [first, second, third]) {
      const { stdout } = succeed(await runTastic(["dump", "--no-cache", "latest", "/once"], { repo }));
      expect(stdout).toBe("from a command");
    }
  });

  it("leaves no lock anywhere, whether copies fail or not", async () => {
    const [first, second, full] = [await newRepository(), await newRepository(), await newRepository()];
    // Nothing can be stored there.
    await rm(join(full, "data"), { recursive: true });
    await writeFile(join(full, "data"), "");
    const failed = await backup(first, "--also-to", full, "--also-to", second);
    expect(failed.code).toBe(1);
    expect(await readdir(join(full, "snapshots"))).toEqual([]);
    for (const repo of [first, full, second]) expect(await readdir(join(repo, "locks"))).toEqual([]);
  });
});

/** One that restic has in its own tests. */
const POLYNOMIAL = "25b468838dcb75";
