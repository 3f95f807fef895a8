/**
 * The order of test files: first those that take longest, so that none of them is left alone at the end of a run, then the
 * others as vitest orders them, by what it knows of earlier runs or else by size.
 */
import { relative } from "node:path";
import { BaseSequencer } from "vitest/node";

/** Each takes more than about a minute of three at once, the longest first. A file that is not here is no mistake. */
const LONGEST = [
  "test/command-faults.test.ts",
  "test/secrets.test.ts",
  "test/same-bytes.test.ts",
  "test/interrupted.test.ts",
  "test/weather.test.ts",
  "packages/threebot/test/owner-snapshots.test.ts",
  "test/prune-copy-interrupted.test.ts",
  "test/repair-killed.test.ts",
  "packages/web/test/accessibility.test.ts",
  "test/memory.test.ts",
  "packages/threebot/test/owner-backup.test.ts",
  "packages/web/test/real-deployer.test.ts",
  "packages/web/test/real-service.test.ts",
  "packages/threebot/test/owner-places.test.ts",
  "test/serve-rest-gateways.test.ts",
  "packages/threebot/test/owner-restore.test.ts",
  "packages/threebot/test/disaster.test.ts",
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
