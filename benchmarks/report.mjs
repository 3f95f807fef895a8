// What a run has found, as tables for the terminal and for RESULTS.md.
import { budgets, meets } from "./budgets.mjs";
import { table } from "./table.mjs";

/**
 * @typedef {object} Results
 * @property {string} date
 * @property {import("./machine.mjs").Machine} machine
 * @property {{ runs: number, scale: number, latency?: number, rows: readonly string[] }} options
 * @property {readonly import("./compare.mjs").Comparison[]} comparisons
 * @property {readonly string[]} [skipped] rows that could not be measured here, and why
 * @property {number} blobBytes bytes of index per blob
 */

const MIB = 2 ** 20;

/** Seconds by the clock and of processors. @param {readonly import("./compare.mjs").Comparison[]} comparisons */
export function timesTable(comparisons) {
  const head = ["work", ">restic s", ">tastic s", ">speed", ">restic CPU s", ">tastic CPU s", ">CPU"];
  const body = comparisons.map(({ title, figures }) => {
    const [a, b] = [figures.restic?.median, figures.tastic?.median];
    return [
      title,
      ...[number(a?.wall), number(b?.wall), factor(a?.wall, b?.wall)],
      ...[number(a?.cpu), number(b?.cpu), factor(b?.cpu, a?.cpu)],
    ];
  });
  return table(head, body);
}

/** Peaks of memory and sizes of repositories, in MiB. @param {readonly import("./compare.mjs").Comparison[]} comparisons */
export function roomTable(comparisons) {
  const head = [
    "work",
    ">restic memory",
    ">tastic memory",
    ">ratio",
    ">restic stored",
    ">tastic stored",
    ">ratio",
  ];
  const body = comparisons.map(({ title, figures }) => {
    const [a, b] = [figures.restic?.median, figures.tastic?.median];
    return [
      title,
      ...[number(a?.peak, MIB, 0), number(b?.peak, MIB, 0), factor(b?.peak, a?.peak)],
      ...[number(a?.stored, MIB, 1), number(b?.stored, MIB, 1), factor(b?.stored, a?.stored)],
    ];
  });
  return table(head, body);
}

/** @param {Results} results */
export function budgetsTable({ comparisons, blobBytes, machine }) {
  const newer = Number(/^v?(\d+)/.exec(machine.node)?.[1]) >= 24;
  const head = ["budget", ">measured", ">at first", "met", `>goal on Node ${newer ? "24" : "20"}`, "met"];
  const body = budgets.flatMap((budget) => {
    const value = budget.measured(comparisons, blobBytes);
    if (value === undefined) return [];
    const sign = budget.sense === "least" ? "≥" : "≤";
    const goal = newer ? budget.goal.newer : budget.goal.node20;
    const verdict = (/** @type {number | undefined} */ bound) => {
      if (bound === undefined) return ["", ""];
      return [`${sign} ${bound} ${budget.unit}`, meets(budget, value, bound) ? "yes" : "NO"];
    };
    return [[budget.title, `${value.toFixed(2)} ${budget.unit}`, ...verdict(budget.first), ...verdict(goal)]];
  });
  return table(head, body);
}

/** @param {Results} results */
export function problemsText({ comparisons }) {
  return comparisons
    .flatMap(({ title, problems }) => problems.map((problem) => `- ${title}: ${problem}`))
    .join("\n");
}

/** What could not be measured. @param {Results} results */
export function skippedText({ skipped = [] }) {
  return skipped.map((text) => `- not measured: ${text}`).join("\n");
}

/** The whole of RESULTS.md. @param {readonly Results[]} all one for each version of Node */
export function markdown(all) {
  return `# Benchmarks

Written by \`npm run bench -- --save\`: tastic and the real restic in turn, medians of several runs, each on a fresh copy
of the repository, with the source in the page cache. Speed is restic's time over tastic's, so more is better; for CPU,
memory and size, which are tastic's over restic's, less is better. Peak memory "without workers" has no counterpart in
restic. What the budgets are held against is the worst of their rows.
${all.map(section).join("")}`;
}

/** @param {Results} results */
function section(results) {
  const { date, machine, options, comparisons } = results;
  const problems = problemsText(results);
  const more = [options.latency ? `- servers: ${options.latency} ms away` : "", skippedText(results)]
    .filter((text) => text !== "")
    .join("\n");
  return `
## Node ${machine.node}

- date: ${date}, ${options.runs} runs unless a row is long or short
- tastic ${machine.tastic}, ${machine.restic}
- machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB
- system: ${machine.system}
- data: ${options.scale === 1 ? "whole" : `at a scale of ${options.scale}`}
${more === "" ? "" : `${more}\n`}
${timesTable(comparisons)}

In MiB:

${roomTable(comparisons)}

${budgetsTable(results)}
${problems === "" ? "" : `\nProblems:\n\n${problems}\n`}`;
}

/** @param {number | undefined} value @param {number} unit @param {number} digits */
function number(value, unit = 1, digits = 2) {
  return value === undefined ? "" : (value / unit).toFixed(digits);
}

/** @param {number | undefined} a @param {number | undefined} b */
function factor(a, b) {
  return a === undefined || !b ? "" : `${(a / b).toFixed(2)} ×`;
}
