/** `find --versions`: what became of a path, held against what was done to it. */
import { chmod, rm, utimes, writeFile } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { runTasticHere } from "./support/run-here.js";
import { jsonLines, runTastic, succeed, temporaryFolder, type Outcome } from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

interface InSnapshot {
  readonly id: string;
  readonly time: string;
  readonly hostname: string;
}
interface Version {
  readonly first: InSnapshot;
  readonly last: InSnapshot;
  readonly snapshots: number;
  readonly changed: readonly string[];
  readonly node: { readonly path: string; readonly size?: number; readonly mtime: string };
}
interface History {
  readonly path: string;
  readonly versions: readonly Version[];
  readonly gone_since?: InSnapshot;
}

describe("find --versions", () => {
  let home: string;
  let repo: string;
  /** In the order of their times. */
  const ids: string[] = [];

  async function backup(time: string, ...args: string[]): Promise<void> {
    const line = ["backup", "--no-cache", "--json", "--host", "laptop", "--time", time, ...args];
    const outcome = succeed(await runTastic([...line, "work"], { repo, cwd: home }));
    const summary = (jsonLines(outcome) as { message_type: string; snapshot_id?: string }[]).at(-1);
    ids.push(summary!.snapshot_id!);
  }

  const find = (args: readonly string[]): Promise<Outcome> =>
    runTasticHere(["find", "--no-cache", "--versions", ...args], { repo, env: { TZ: "UTC" } });
  const histories = async (...args: string[]): Promise<History[]> =>
    JSON.parse(succeed(await find(["--json", ...args])).stdout) as History[];

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = join(home, "repo");
    await makeCheapRepository(repo);
    const note = join(home, "work/note.txt");
    const set = async (content: string, seconds: number): Promise<void> => {
      await writeFile(note, content);
      await utimes(note, seconds, seconds);
    };
    await writeFiles(home, { "work/same": "same", "work/sub/x": "x", "work/note.txt": "" });
    await set("one", 1_000_000);
    await backup("2026-01-01 00:00:00");
    await backup("2026-01-02 00:00:00");
    await set("two, longer", 2_000_000);
    await backup("2026-01-03 00:00:00");
    await chmod(note, 0o600);
    await backup("2026-01-04 00:00:00");
    await chmod(note, 0o644);
    await set("one", 1_000_000);
    await backup("2026-01-05 00:00:00");
    await rm(note);
    await backup("2026-01-06 00:00:00");
    await backup("2026-01-07 00:00:00", "--host", "another");
  });

  it("shows each version once, with the first and the last snapshot that has it, and what changed", async () => {
    const [{ path, versions, gone_since: gone }] = (await histories("/work/note.txt", "--reverse")) as [
      History,
    ];
    expect(path).toBe("/work/note.txt");
    expect(
      versions.map(({ first, last, snapshots, changed }) => [first.id, last.id, snapshots, changed]),
    ).toEqual([
      [ids[0], ids[4], 3, []],
      [ids[2], ids[2], 1, ["content", "mtime"]],
      [ids[3], ids[3], 1, ["mode"]],
    ]);
    expect(versions.map(({ node }) => node.size)).toEqual([3, 11, 11]);
    expect(versions[1]).toMatchObject({
      first: { time: expect.stringMatching(/^2026-01-03T/) as unknown, hostname: "laptop" },
      node: { path: "/work/note.txt", mtime: "1970-01-24T03:33:20Z" },
    });
    // The other host has backed up the same folder, but never had it.
    expect(gone).toMatchObject({ id: ids[5], hostname: "laptop" });
    const newestFirst = (await histories("/work/note.txt"))[0]!.versions;
    expect(newestFirst.map(({ first }) => first.id)).toEqual([ids[3], ids[2], ids[0]]);
  });

  it("says the same to people", async () => {
    const { stdout } = succeed(await find(["/work/note.txt", "/nowhere"]));
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("/work/note.txt:");
    expect(lines[1]).toMatch(/^Modified +Size +First snapshot +Last snapshot +Snapshots +Changed$/);
    expect(lines[3]).toMatch(/^1970-01-24 .* 11 B +\w{8} 2026-01-04 .* 1 +mode$/);
    expect(lines[5]).toMatch(/^1970-01-12 .* 3 B +\w{8} 2026-01-01 .*\w{8} 2026-01-05 .* 3$/);
    expect(stdout).toContain(`not there any more in snapshot ${ids[5]!.slice(0, 8)} 2026-01-06`);
    expect(stdout).toMatch(/^\/nowhere: in none of 7 snapshots$/m);
  });

  it("follows folders, takes several paths, and knows paths that count from the working folder", async () => {
    const told = await histories("/work/sub", "/work/same", "/nothing");
    expect(told.map(({ path, versions }) => [path, versions.length])).toEqual([
      ["/work/sub", 1],
      ["/work/same", 1],
      ["/nothing", 0],
    ]);
    expect(told[0]).not.toHaveProperty("gone_since");
    const args = ["find", "--no-cache", "--versions", "--json", "work/./same"];
    const relative = succeed(await runTastic(args, { repo, cwd: home }));
    expect(JSON.parse(relative.stdout)).toMatchObject([{ path: "/work/same", versions: [{ snapshots: 7 }] }]);
  });

  it("looks where the other flags say", async () => {
    const only = await histories("/work/note.txt", "--snapshot", ids[2]!, "--snapshot", ids[3]!);
    expect(only[0]!.versions).toMatchObject([{ changed: ["mode"] }, { changed: [] }]);
    expect((await histories("/work/note.txt", "--host", "another"))[0]!.versions).toEqual([]);
    const recent = await histories("/work/note.txt", "--oldest", "1970-01-20");
    expect(recent[0]!.versions).toHaveLength(2);
    for (const flag of ["--blob", "--tree", "--pack", "--ignore-case"]) {
      const { code, stderr } = await find([flag, "/work/note.txt"]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("--versions cannot be used together")]);
    }
    expect((await find(["/work/../x"])).code).toBe(1);
  });

  it("tells of snapshots that cannot be looked into", async () => {
    const packs = join(repo, "data");
    for (const folder of readdirSync(packs)) {
      for (const name of readdirSync(join(packs, folder))) {
        await rm(join(packs, folder, name));
      }
    }
    const { code, stdout, stderr } = await find(["--json", "/work/note.txt"]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual([{ path: "/work/note.txt", versions: [] }]);
    for (const id of ids) expect(stderr).toContain(`Unable to look into snapshot ${id}: `);
  });
});
