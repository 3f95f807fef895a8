/**
 * `rewrite`: tastic says and does what restic does (restic's own tests: TestRewrite, Unchanged, Replace, Metadata,
 * SnapshotSummary, Include, ExcludeFiles, Contradiction, IncludeEmptyDirectory, IncludeNothing).
 */
import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { itComparedEnough } from "./cli-side-by-side.js";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { damagedTwins, flipByte, packsOf } from "./support/damaged-twins.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";

describeWithRestic("rewriting snapshots", () => {
  let repo = "";
  let patterns = "";
  beforeAll(async () => {
    const home = await temporaryFolder();
    [repo, patterns] = [`${home}/repo`, `${home}/patterns`];
    writeFileSync(patterns, "# comment\nfirst\n");
    await makeCheapRepository(repo);
    await mkdir(`${home}/src/empty/inner`, { recursive: true });
    await mkdir(`${home}/src/twin`);
    for (const [at, name] of ["first", "second", "twin/same"].entries()) {
      writeFileSync(`${home}/src/${name}`, sampleBytes(5000 + at, at + 1));
      succeed(await runRestic(["backup", "-q", "--no-cache", "--tag", `t${at}`, "src"], { repo, cwd: home }));
    }
  });
  const twinsOf = () => damagedTwins(repo, async () => undefined);

  it("says what it would do", async () => {
    const twins = await twinsOf();
    for (const args of [
      [],
      ["-e", "a", "-i", "b"],
      ["-n", "-e", "first"],
      ["-n", "-e", "first", "--forget", "-vv", "--new-host", "h", "--new-time", "2020-01-01 10:11:12"],
      ["-n", "-i", "twin", "-i", "empty", "-vv", "latest"],
      ["-n", "-i", "/src", "-v", "--no-lock"],
      ["-n", "--iinclude", "FIRST", "-vv"],
      ["-e", "nothing"],
      ["-i", "nothing", "--forget", "--json"],
      ["-s"],
      ["-s", "nope"],
    ]) {
      await twins.run(["rewrite", ...args]);
    }
  });

  it("leaves out files, and keeps the old snapshots", async () => {
    const twins = await twinsOf();
    await twins.run(["rewrite", "-e", "second", "--exclude-file", patterns, "--tag", "t1"]);
    await twins.run(["rewrite", "--iexclude", "SECOND", "latest", "-vv"]);
    await twins.run(["rewrite", "-e", "/src", "--tag", "t0"]);
    await twins.run(["snapshots"]);
    expect(await twins.check()).toBe(true);
  });

  it("replaces snapshots by what is included of them", async () => {
    const twins = await twinsOf();
    await twins.run(["rewrite", "-i", "/src/empty", "-i", "first", "--forget"]);
    await twins.run(["rewrite", "-i", "empty", "--forget", "-vv", "latest"]);
    await twins.run(["ls", "latest"]);
    expect(await twins.check()).toBe(true);
  });

  it("changes host and time", async () => {
    const twins = await twinsOf();
    await twins.run(["rewrite", "--new-host", "other", "--new-time", "1999-01-01 11:11:11", "--tag", "t0"]);
    await twins.run(["rewrite", "--new-host", "other", "--forget", "--tag", "t1", "-q"]);
    await twins.run(["snapshots"]);
    expect(await twins.check()).toBe(true);
  });

  it("stops at a tree that is damaged, and leaves its snapshot", async () => {
    const twins = await damagedTwins(repo, async (copy) => {
      for (const { path, type } of await packsOf(copy))
        if (type === "tree") await flipByte(join(copy, path), 60);
    });
    const before = (await packsOf(twins.tastic)).length;
    await twins.run(["rewrite", "-e", "first", "--forget", "--tag", "t0"]);
    expect((await packsOf(twins.tastic)).length).toBe(before);
  });
});

itComparedEnough("rewrite");
