/** prune, check, copy and repair with `--json`: each ends with a sum that holds, and all that looks like JSON is some. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { flipByte, packsOf } from "./support/damaged-twins.js";
import { runTasticHere } from "./support/run-here.js";
import { runTastic, succeed, temporaryFolder, testPassword, type Outcome } from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

/** The last line, if it is a sum; every line that begins as JSON must be some. */
function summaryOf({ stdout }: Outcome): Record<string, unknown> {
  const lines = stdout.trimEnd().split("\n");
  const messages = lines
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(messages.slice(0, -1).every((message) => message["message_type"] === "status")).toBe(true);
  expect(lines.at(-1)).toMatch(/^\{"message_type":"summary",/);
  return messages.at(-1)!;
}

describe("with --json", () => {
  let home: string;
  let repo: string;
  const run = (...args: string[]): Promise<Outcome> =>
    runTasticHere([...args, "--json", "--no-cache"], { repo });

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = join(home, "repo");
    await makeCheapRepository(repo);
    await writeFiles(home, { "source/a": "a".repeat(1000), "source/sub/b": "b".repeat(1000) });
    succeed(await runTasticHere(["backup", "-q", "--no-cache", join(home, "source")], { repo }));
  });

  it("copy, prune and check sum up (difference 6)", async () => {
    const other = join(home, "other");
    await makeCheapRepository(other);
    const env = { RESTIC_FROM_PASSWORD: testPassword };
    const copy = ["copy", "--json", "--no-cache", "--from-repo", repo];
    expect(summaryOf(succeed(await runTasticHere(copy, { repo: other, env })))).toMatchObject({
      snapshots_copied: 1,
      data_blobs: 2,
    });
    expect(summaryOf(succeed(await run("prune")))).toMatchObject({ packfiles: { total: 2 } });
    expect(summaryOf(succeed(await run("check", "--read-data")))).toEqual({
      message_type: "summary",
      num_errors: 0,
      broken_packs: null,
      suggest_repair_index: false,
      suggest_prune: false,
    });
  });

  it("repair index, packs and snapshots sum up what was lost (difference 6)", async () => {
    for (const name of readdirSync(join(repo, "index"))) rmSync(join(repo, "index", name));
    expect(summaryOf(succeed(await run("repair", "index")))).toMatchObject({
      problems: 2,
      packs_read: 2,
      indexes_removed: 0,
    });
    const data = (await packsOf(repo)).find(({ type }) => type === "data")!;
    await flipByte(join(repo, data.path), 5);
    const check = await run("check", "--read-data");
    expect([check.code, summaryOf(check)["broken_packs"]]).toEqual([1, [data.id]]);
    // It puts a copy of the pack into the working folder.
    const packs = ["repair", "packs", data.id, "--json", "--no-cache"];
    expect(summaryOf(succeed(await runTastic(packs, { repo, cwd: home })))).toMatchObject({
      packs_salvaged: 1,
      packs_removed: 1,
      blobs_lost: 1,
    });
    expect(summaryOf(succeed(await run("repair", "snapshots", "--forget")))).toMatchObject({
      snapshots_checked: 1,
      snapshots_changed: 1,
      files_changed: 1,
      folders_changed: 0,
    });
    expect(summaryOf(succeed(await run("check", "--read-data")))).toMatchObject({ num_errors: 0 });
  });
});
