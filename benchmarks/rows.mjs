// What is measured: a row for each kind of work, the same for both programs.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { applyChange, revertChange } from "./data-sets.mjs";
import { totals } from "./folders.mjs";

/** @typedef {import("./workplace.mjs").Workplace} Workplace */
/** @typedef {import("./workplace.mjs").Tool} Tool */

/**
 * @typedef {object} Row
 * @property {string} name as `--rows` takes it
 * @property {string} title
 * @property {string} [set] the data set it works on, which a backup starts in
 * @property {number} [runs] instead of the usual number: more of what is short, fewer of what is long
 * @property {readonly string[]} [only] the tools that are measured, if not both
 * @property {import("./stores.mjs").StoreKind} [over] the server that the repository is on, if it is on none of our disks
 * @property {boolean} [adds] whether the server's repository is added to, so that each run needs its own
 * @property {boolean} [stores] whether it adds to the repository, so that its size is of interest
 * @property {string} [keeps] the data set that the repository has afterwards, for later rows to start from
 * @property {(workplace: Workplace, tool: Tool) => Promise<string>} start the repository that each run gets a copy of
 * @property {(workplace: Workplace) => readonly string[]} arguments
 * @property {(workplace: Workplace) => unknown} [before] once, before all runs
 * @property {(workplace: Workplace) => unknown} [after] once, after all runs
 * @property {(workplace: Workplace) => unknown} [beforeRun]
 * @property {(workplace: Workplace, state: string) => Promise<string>} [outcome] what has to be equal for both tools
 */

const backup = () => ["backup", "."];

/** @param {string} set */
const backedUp = (set) => (/** @type {Workplace} */ workplace, /** @type {Tool} */ tool) =>
  workplace.backedUp(tool, set);

/** Both make the same tree of the same files, and the real restic finds it whole. */
/** @param {Workplace} workplace @param {string} state */
async function wholeTree(workplace, state) {
  await workplace.run(workplace.restic, state, ["check"]);
  return `tree ${await workplace.newestTree(state)}`;
}

/**
 * Each restore has a folder of its own, and all of them go at the end: a file system that has just removed many files is
 * slow to make new ones, and would charge whoever comes next.
 */
let restores = 0;
/** @param {Workplace} workplace */
const target = (workplace) => join(workplace.path("restored"), String(restores));

/** @type {Pick<Row, "arguments" | "beforeRun" | "after" | "outcome">} */
const restore = {
  arguments: (workplace) => ["restore", "latest", "--target", target(workplace)],
  beforeRun: () => restores++,
  after: (workplace) => rmSync(workplace.path("restored"), { recursive: true, force: true }),
  outcome: async (workplace) => {
    const { files, bytes } = totals(target(workplace));
    return `${files} files, ${bytes} bytes`;
  },
};

/** @param {string} set @returns {Pick<Row, "set" | "stores" | "keeps" | "start" | "arguments" | "outcome">} */
const firstBackup = (set) => ({
  set,
  stores: true,
  keeps: set,
  start: (workplace) => workplace.empty(),
  arguments: backup,
  outcome: wholeTree,
});

/** @param {string} set @returns {Pick<Row, "set" | "start" | "arguments" | "outcome">} */
const secondBackup = (set) => ({ set, start: backedUp(set), arguments: backup, outcome: wholeTree });

/**
 * Backup, restore and check with the repository on a server. The part of the mixed set is small, so that all of these rows
 * take no more than minutes; the first restore of a machine has no cache yet.
 * @param {import("./stores.mjs").StoreKind} over
 * @param {string} server
 * @returns {Row[]}
 */
const remote = (over, server) => [
  {
    name: `${over}-backup`,
    title: `first backup over ${server}`,
    over,
    adds: true,
    runs: 3,
    ...firstBackup("part"),
    stores: false,
    keeps: undefined,
  },
  {
    name: `${over}-restore`,
    title: `restore over ${server}`,
    over,
    runs: 3,
    start: backedUp("part"),
    ...restore,
  },
  {
    name: `${over}-check`,
    title: `check --read-data over ${server}`,
    over,
    runs: 3,
    start: backedUp("part"),
    arguments: () => ["check", "--read-data"],
  },
];

/** In this order: rows that change files or their times come after those that must find them unchanged. */
/** @type {readonly Row[]} */
export const rows = [
  { name: "backup-mixed", title: "first backup, mixed", ...firstBackup("mixed") },
  { name: "backup-small", title: "first backup, small files", ...firstBackup("small") },
  { name: "unchanged-mixed", title: "second backup, mixed, nothing changed", ...secondBackup("mixed") },
  { name: "unchanged-small", title: "second backup, small files, nothing changed", ...secondBackup("small") },
  { name: "restore-mixed", title: "restore, mixed", start: backedUp("mixed"), ...restore },
  { name: "restore-small", title: "restore, small files", start: backedUp("small"), ...restore },
  {
    name: "check-mixed",
    title: "check --read-data, mixed",
    start: backedUp("mixed"),
    arguments: () => ["check", "--read-data"],
  },
  {
    name: "snapshots",
    title: "snapshots, small repository",
    runs: 11,
    start: (workplace) => workplace.few(),
    arguments: () => ["snapshots"],
  },
  {
    name: "changed-mixed",
    title: "backup, mixed, 1 % of files changed",
    ...secondBackup("mixed"),
    stores: true,
    start: backedUp("mixed"),
    before: async (workplace) => {
      // The repositories must be of the time before the change.
      for (const tool of workplace.tools) await workplace.backedUp(tool, "mixed");
      applyChange(workplace.set("mixed"));
    },
    after: (workplace) => revertChange(workplace.set("mixed")),
  },
  {
    name: "backup-large",
    title: "first backup, one 2 GiB file",
    runs: 3,
    ...firstBackup("large"),
    keeps: undefined,
  },
  {
    name: "inline-mixed",
    title: "first backup, mixed, without workers",
    runs: 1,
    only: ["tastic"],
    ...firstBackup("mixed"),
    keeps: undefined,
    arguments: () => ["backup", "--workers", "0", "."],
  },
  ...remote("rest", "rest-server"),
  ...remote("s3", "Ceph"),
];

/**
 * The size of a repository in bytes.
 * @param {string} state
 */
export function storedBytes(state) {
  return totals(join(state, "repository")).bytes;
}
