/**
 * How many different command lines each test file compares with restic at the least: exit code, standard output, standard
 * error, and for those that write the repository after it.
 */
export const COMPARED_LINES = {
  "cli-diff-stats": 75,
  "cli-errors": 100,
  "cli-find": 105,
  "cli-flags": 130,
  "cli-ls-and-objects": 115,
  "cli-reading": 110,
  "cli-retention": 115,
  "cli-writing": 45,
  copy: 4,
  "forget-prune": 12,
  migrate: 7,
  prune: 35,
  repair: 8,
  "repair-snapshots": 4,
  rewrite: 12,
} as const;
