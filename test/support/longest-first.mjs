/**
 * The order of test files: first those that take longest, so that none of them is left alone at the end of a run, then the
 * others as vitest orders them, by what it knows of earlier runs or else by size.
 */
import { relative } from "node:path";
import { BaseSequencer } from "vitest/node";

/** Each takes more than about 75 seconds where four run at once on two processors, the longest first. A file that is not here is no mistake. */
const LONGEST = [
  "test/secrets.test.ts",
  "test/command-faults.test.ts",
  "test/same-bytes.test.ts",
  "test/weather.test.ts",
  "packages/web/test/accessibility.test.ts",
  "packages/threebot/test/deployer-lives.test.ts",
  "packages/threebot/test/owner-snapshots.test.ts",
  "packages/web/test/real-setting-up.test.ts",
  "test/cli-flags.test.ts",
  "test/repair-killed.test.ts",
  "test/prune-copy-interrupted.test.ts",
  "test/repair.test.ts",
  "packages/threebot/test/owner-backup.test.ts",
  "test/interrupted.test.ts",
  "test/prune.test.ts",
  "packages/web/test/real-deployer.test.ts",
  "test/memory.test.ts",
  "test/cli-reading.test.ts",
  "test/documents.test.ts",
  "packages/web/test/real-service.test.ts",
  "test/cli-writing.test.ts",
];

export class LongestFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId, project }) => {
      const place = LONGEST.indexOf(relative(project.config.root, moduleId).replaceAll("\\", "/"));
      return place < 0 ? LONGEST.length : place;
    };
    // Sorting keeps the order of those of the same rank.
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
