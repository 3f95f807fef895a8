/** What a restore says it did: each file once, whichever copy has brought it. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { treeOf } from "../../../test/support/trees.js";
import { RestoreTally } from "../dist/runs/restore-tally.js";
import {
  backupNow,
  day,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
} from "./owner-support.js";

const place = "marketplace";

it("a file that only the second copy can bring is counted once, with those that the first has brought", async () => {
  const world = await startWorld();
  const { owner, home } = await startThreebot(world);
  await fillHome(home);
  await owner.setUpMarketplace({ name: "alice", password, token });
  await backupNow(owner, place);
  world.clock.advance(day);
  // A second backup of other files, whose packs are then damaged at the first server.
  const data = join(world.servers[0].folder, "alice/data");
  const before = new Set(await readdir(data, { recursive: true }));
  for (let i = 0; i < 5; i++) await writeFile(join(home, `.config/jumpscale/late-${i}.txt`), `late ${i}\n`);
  await backupNow(owner, place);
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || before.has(path.slice(data.length + 1))) continue;
    const bytes = await readFile(path);
    // Not its end, where the contents of the pack are listed: the tree of folders stays as it is.
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
  const contents = await treeOf(home);
  for (const name of [".config", ".ssh", "sandbox"])
    await rm(join(home, name), { recursive: true, force: true });

  const request = { place, snapshot: "latest", paths: [], target: undefined, existing: "replace" } as const;
  const run = await ended(owner, await owner.restore(request));
  const log = await explain(owner, run);
  expect(run.state, log).toBe("done");
  expect(await treeOf(home)).toEqual(contents);
  // It is about two copies only if the first could not bring all of it.
  expect(log).toMatch(/not restored: /);
  const files = Object.values(contents).filter((what) => what !== "folder");
  expect(run.report).toMatchObject({ created: files.length, replaced: 0, left: 0, failed: 0 });
});

it("what is done to a file first is what counts, and what failed in the end is not counted as done", () => {
  const tally = new RestoreTally();
  tally.file("/new", "created", 10);
  tally.file("/new", "replaced", 10);
  tally.file("/new", "left", 10);
  tally.file("/old", "left", 5);
  tally.file("/old", "replaced", 5);
  tally.file("/same", "left", 7);
  tally.file("/half", "created", 100);
  expect(tally.report(["/half", "/gone"])).toEqual({
    created: 1,
    replaced: 1,
    left: 1,
    failed: 2,
    bytes: 15,
  });
});
