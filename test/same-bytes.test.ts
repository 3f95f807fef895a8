/**
 * The first promise: tastic and restic make the same trees and blobs out of the same files, so that each stores
 * nothing that the other has stored, and each restores what the other saved.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { mkdirSync } from "node:fs";
import {
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import type { Outcome, RunOptions } from "./support/peers.js";
import { attributesOf, makeUnusualTree, manifestOf } from "./support/unusual-tree.js";
import { makeManyFiles } from "./support/many-files.js";

type Run = (args: readonly string[], options?: RunOptions) => Promise<Outcome>;

interface Summary {
  readonly message_type: string;
  readonly snapshot_id: string;
  readonly data_blobs: number;
  readonly tree_blobs: number;
  readonly data_added: number;
  readonly total_bytes_processed: number;
  readonly total_files_processed: number;
}

/** Backs up the folder `source` in `home`: by its relative name, since the folders above it change all the time. */
async function backUp(run: Run, home: string, options: RunOptions): Promise<Summary> {
  const outcome = await run(["backup", "--json", "--force", "--no-cache", "source"], {
    ...options,
    cwd: home,
  });
  succeed(outcome);
  const summary = jsonLines(outcome).find((line) => (line as Summary).message_type === "summary");
  return summary as Summary;
}

async function treeOfSnapshot(id: string, options: RunOptions): Promise<string> {
  const outcome = await runRestic(["cat", "snapshot", id, "--no-cache"], options);
  succeed(outcome);
  return (JSON.parse(outcome.stdout) as { tree: string }).tree;
}

const sources: readonly { name: string; make: (folder: string) => Promise<void> }[] = [
  { name: "a tree with everything a Unix file can be", make: makeUnusualTree },
  { name: "a tree of 5,000 files", make: (folder) => makeManyFiles(folder, 5000) },
];
const cases = ["1", "2"].flatMap((version) =>
  ["UTC", "Asia/Kolkata"].map((timeZone) => ({ version, timeZone })),
);

describeWithRestic("the same bytes as restic", () => {
  describe.each(sources)("for $name", ({ make }) => {
    let source: string;
    beforeAll(async () => {
      source = await temporaryFolder();
      mkdirSync(`${source}/source`);
      await make(`${source}/source`);
    });

    it.each(cases)(
      "in version $version, in $timeZone, whoever comes first",
      async ({ version, timeZone }) => {
        const order: [string, Run, Run][] = [
          ["restic first", runRestic, runTastic],
          ["tastic first", runTastic, runRestic],
        ];
        for (const [name, first, second] of order) {
          const options = { repo: `${await temporaryFolder()}/repo`, env: { TZ: timeZone } };
          succeed(await first(["init", "--repository-version", version], options));
          const one = await backUp(first, source, options);
          const two = await backUp(second, source, options);
          expect(one.data_added, name).toBeGreaterThan(0);
          expect(two, name).toMatchObject({
            data_blobs: 0,
            tree_blobs: 0,
            data_added: 0,
            total_bytes_processed: one.total_bytes_processed,
            total_files_processed: one.total_files_processed,
          });
          expect(await treeOfSnapshot(two.snapshot_id, options), name).toBe(
            await treeOfSnapshot(one.snapshot_id, options),
          );
        }
      },
    );

    it.each([
      ["tastic", "restic", runTastic, runRestic],
      ["restic", "tastic", runRestic, runTastic],
      ["tastic", "tastic", runTastic, runTastic],
    ])("what %s saves, checked and restored by %s, is the same", async (_saver, _restorer, save, other) => {
      const home = await temporaryFolder();
      const options = { repo: `${home}/repo`, env: { TZ: "UTC" } };
      succeed(await save(["init"], options));
      const { snapshot_id } = await backUp(save, source, options);
      const check = await other(["check", "--read-data", "--no-cache"], options);
      succeed(check);
      expect(check.stdout).toContain("no errors were found");
      succeed(
        await other(["restore", `${snapshot_id}`, "--target", `${home}/restored`, "--no-cache"], options),
      );
      expect(manifestOf(`${home}/restored/source`)).toEqual(manifestOf(`${source}/source`));
      expect(attributesOf(`${home}/restored/source`)).toBe(attributesOf(`${source}/source`));
    });
  });
});
