/** Commands that only read: on the same repository, tastic prints what restic prints. */
import { beforeAll, it } from "vitest";
import { expectSame, maskIds, itComparedEnough } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

describeWithRestic("the same words as restic when reading", () => {
  let home: string;
  let repo: string;
  let ids: {
    snapshots: string[];
    keys: string[];
    index: string[];
    packs: string[];
    data: string[];
    trees: string[];
  };

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    const restic = async (...args: string[]): Promise<string[]> => {
      const { stdout } = succeed(await runRestic(args, { repo, cwd: home, home }));
      return stdout.trim().split("\n");
    };
    await writeFiles(home, {
      "src/a": "hello\n",
      "src/sub/b.txt": "world\n",
      "src/sub/größe 日本": "wide\n",
      "src/empty": null,
      "src/link": { link: "a" },
      "other/x": "x",
    });
    await makeCheapRepository(repo);
    await restic("backup", "src", "--time", "2020-01-02 03:04:05");
    await restic("backup", "src", "--tag", "a,b", "--tag", "c", "--host", "somewhere-with-a-long-name");
    await writeFiles(home, { "src/a": "hello again\n" });
    await restic("backup", "src", "other", "--tag", "b");
    await restic("backup", "src");
    const blobs = await restic("list", "blobs");
    const ofType = (type: string): string[] =>
      blobs.filter((line) => line.startsWith(type)).map((line) => line.slice(type.length + 1));
    ids = {
      snapshots: await restic("list", "snapshots"),
      keys: await restic("list", "keys"),
      index: await restic("list", "index"),
      packs: await restic("list", "packs"),
      data: ofType("data"),
      trees: ofType("tree"),
    };
  });

  it.each([
    [[]],
    [["-c"]],
    [["-q"]],
    [["--json"]],
    [["latest"]],
    [["latest", "latest"]],
    [["--latest", "1"]],
    [["--latest", "1", "--json"]],
    [["--last"]],
    [["--tag", "a"]],
    [["--tag", "a,b", "--compact"]],
    [["--tag", "c", "--tag", "b"]],
    [["--tag="]],
    [["--host", "somewhere-with-a-long-name"]],
    [["-H", "nobody"]],
    [["-H", "nobody", "--json"]],
    [["--path", "/nothing"]],
    [["nosuch"]],
    [["nosuch", "--json"]],
    [["latest", "nosuch"]],
    [["--group-by", ""]],
    [["--group-by", "tags", "--host", "somewhere-with-a-long-name"]],
    [["-g", "host,tags,paths", "--tag", "a", "--json"]],
    [["--verbose=2"]],
    [["-vv"]],
    [["--json=false"]],
    [["--no-lock"]],
  ])("snapshots %j", async (args) => {
    await expectSame(["snapshots", "--no-lock", ...args], { repo, cwd: home });
  });

  it("snapshots by group, in whatever order", async () => {
    await expectSame(["snapshots", "--no-lock", "--group-by", "host"], { repo, sorted: true });
    await expectSame(["snapshots", "--group-by", "paths", "--latest", "1", "-c"], { repo, sorted: true });
  });

  it.each(["UTC", "Europe/Berlin", "Asia/Dubai", "", undefined])(
    "snapshots and ls in time zone %j",
    async (TZ) => {
      await expectSame(["snapshots", "--no-lock"], { repo, env: { TZ } });
      await expectSame(["ls", "latest", "-l", "--no-lock"], { repo, env: { TZ } });
    },
  );

  it.each([
    [[]],
    [["-l"]],
    [["-l", "--human-readable"]],
    [["--json"]],
    [["--ncdu"]],
    [["-q"]],
    [["--recursive", "/src"]],
    [["--recursive", "/src/sub", "/other"]],
    [["/src"]],
    [["/src/"]],
    [["/nosuch"]],
    [["/nosuch", "--json"]],
    [["src"]],
    [["--reverse"]],
    [["--sort", "size", "-l"]],
    [["--sort", "extension"]],
    [["--ncdu", "--json"]],
    [["--host", "nobody"]],
    [["--tag", "nothing,more", "--tag", "x", "--path", "/p"]],
  ])("ls latest %j", async (args) => {
    await expectSame(["ls", "latest", "--no-lock", ...args], { repo });
  });

  it.each([
    ["latest:/src"],
    ["latest:src/sub"],
    ["latest:/nosuch"],
    ["latest:/src/a"],
    ["nosuch"],
    ["latest:/src/sub", "-l"],
  ])("ls %s", async (...args) => {
    await expectSame(["ls", ...args], { repo });
  });

  it.each([
    [[]],
    [["--json"]],
    [["-q"]],
    [["-v"]],
    [["--read-data"]],
    [["--read-data", "--json"]],
    [["--read-data-subset", "1/2"]],
    [["--read-data-subset=50%"]],
    [["--read-data-subset", "1.5%"]],
    [["--read-data-subset", "5k"]],
    [["--tag", "a"]],
    [["--no-lock"]],
    [["--with-cache"]],
  ])("check %j", async (args) => {
    await expectSame(["check", ...args], { repo, alone: true });
  });

  it("cat", async () => {
    const all = [
      ["config"],
      ["masterkey"],
      ["config", "extra"],
      ["config", "--json"],
      ["config", "-q"],
      ["snapshot", ids.snapshots[0]!],
      ["snapshot", ids.snapshots[1]!.slice(0, 10)],
      ["index", ids.index[0]!],
      ["key", ids.keys[0]!],
      ["blob", ids.data[0]!],
      ["blob", ids.trees[0]!],
      ["pack", ids.packs[0]!],
      ["tree", ids.snapshots[0]!],
      ["tree", `${ids.snapshots[0]!}:/src`],
      ["tree", `${ids.snapshots[0]!}:/nosuch`],
      ["tree", "latest"],
      ["snapshot", "latest"],
      ["snapshot", "zz"],
      ["blob", "zz"],
      ["blob", "a".repeat(64)],
      ["lock", "1234"],
    ];
    for (const args of all) await expectSame(["cat", "--no-lock", ...args], { repo });
  });

  it.each(["blobs", "packs", "index", "snapshots", "keys", "locks"])("list %s", async (kind) => {
    await expectSame(["list", kind], { repo, sorted: true });
    await expectSame(["list", kind, "--json", "--no-lock"], { repo, sorted: true });
  });

  it("key list", async () => {
    await expectSame(["key", "list"], { repo });
    await expectSame(["key", "list", "--json"], { repo });
    await expectSame(["--no-lock", "key", "list", "-q"], { repo });
  });

  it.each([
    [["latest", "/src/a"]],
    [["latest", "src/a"]],
    [["latest:/src", "a"]],
    [["latest", "/src/nosuch"]],
    [["latest", "/src/a/b"]],
    [["latest:/src/a", "/"]],
    [["nosuch", "/src"]],
    [["latest"]],
    [["latest", "/src", "-a", "foo"]],
    [["latest", "/src/a", "--target", "/nonexistent/x"]],
  ])("dump %j", async (args) => {
    await expectSame(["dump", "--no-lock", ...args], { repo });
  });

  it("unlock without locks", async () => {
    for (const args of [[], ["--json"], ["-q"], ["--remove-all"]])
      await expectSame(["unlock", ...args], { repo, mask: maskIds });
  });
});

itComparedEnough("cli-reading");
