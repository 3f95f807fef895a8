// What tastic has to reach, against the real restic in the same run on the same machine.

/** @typedef {import("./compare.mjs").Comparison} Comparison */

/**
 * @typedef {object} Budget
 * @property {string} title
 * @property {"least" | "most"} sense whether the bounds are the least or the most that is allowed
 * @property {string} unit
 * @property {number} [first] what was asked of the first version
 * @property {{ newer: number, node20: number }} goal on Node 24 and later, and before
 * @property {(comparisons: readonly Comparison[], blobBytes: number) => number | undefined} measured
 */

/** How many times as fast tastic was, by row. @param {...string} names */
const speed =
  (...names) =>
  (/** @type {readonly Comparison[]} */ comparisons) =>
    worst(Math.min, comparisons, names, ({ restic, tastic }) =>
      restic && tastic ? restic.wall / tastic.wall : undefined,
    );

/** Tastic's figure over restic's, of all rows that have it. @param {"peak" | "stored"} figure @param {...string} names */
const ratio =
  (figure, ...names) =>
  (/** @type {readonly Comparison[]} */ comparisons) =>
    worst(Math.max, comparisons, names, ({ restic, tastic }) => {
      const [a, b] = [restic?.[figure], tastic?.[figure]];
      return a && b ? b / a : undefined;
    });

/**
 * @param {(a: number, b: number) => number} choose
 * @param {readonly Comparison[]} comparisons
 * @param {readonly string[]} names
 * @param {(medians: Partial<Record<"restic" | "tastic", import("./compare.mjs").Run>>) => number | undefined} value
 */
function worst(choose, comparisons, names, value) {
  const values = comparisons.flatMap(({ name, figures }) => {
    if (!names.includes(name)) return [];
    return value({ restic: figures.restic?.median, tastic: figures.tastic?.median }) ?? [];
  });
  return values.length > 0 ? values.reduce((a, b) => choose(a, b)) : undefined;
}

const backups = [
  "backup-mixed",
  "backup-small",
  "backup-large",
  "changed-mixed",
  "unchanged-mixed",
  "unchanged-small",
];

/** @type {readonly Budget[]} */
export const budgets = [
  budget("first backup, mixed", "least", "×", 1, 1.8, 1.4, speed("backup-mixed")),
  budget("first backup, small files", "least", "×", 1, 2.5, 2, speed("backup-small")),
  budget(
    "second backup, nothing changed",
    "least",
    "×",
    1,
    2.5,
    2,
    speed("unchanged-mixed", "unchanged-small"),
  ),
  budget("restore, mixed", "least", "×", 1, 1.5, 1.2, speed("restore-mixed")),
  budget("restore, small files", "least", "×", 1, 2.5, 2, speed("restore-small")),
  budget("check --read-data", "least", "×", 0.8, 1.2, 1, speed("check-mixed")),
  budget("over rest-server", "least", "×", 1, 1, 1, speed("rest-backup", "rest-restore", "rest-check")),
  budget("over Ceph", "least", "×", 1, 1, 1, speed("s3-backup", "s3-restore", "s3-check")),
  budget("time of snapshots, small repository", "most", "×", 1.3, 1, 1.1, (comparisons) => {
    const factor = speed("snapshots")(comparisons);
    return factor === undefined ? undefined : 1 / factor;
  }),
  budget("peak memory of a backup", "most", "×", 1.5, 1, 1, ratio("peak", ...backups)),
  budget("peak memory without workers", "most", "MiB", undefined, 96, 96, (comparisons) => {
    const inline = comparisons.find(({ name }) => name === "inline-mixed")?.figures.tastic;
    return inline && inline.median.peak / 2 ** 20;
  }),
  budget("index, per blob", "most", "bytes", 56, 48, 48, (_, blobBytes) => blobBytes),
  budget("stored size", "most", "×", 1.02, 1, 1, ratio("stored", ...backups)),
];

/**
 * @param {string} title @param {"least" | "most"} sense @param {string} unit @param {number | undefined} first
 * @param {number} newer @param {number} node20 @param {Budget["measured"]} measured
 * @returns {Budget}
 */
function budget(title, sense, unit, first, newer, node20, measured) {
  return { title, sense, unit, first, goal: { newer, node20 }, measured };
}

/**
 * Whether a figure is within its bound, rounded as it is shown: 1.001 counts as 1.00.
 * @param {Budget} budget @param {number} value @param {number} bound
 */
export function meets({ sense }, value, bound) {
  const rounded = Number(value.toFixed(2));
  return sense === "least" ? rounded >= bound : rounded <= bound;
}
