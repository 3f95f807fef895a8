// Measures one row: both programs in turn, each run on a fresh repository, and the same outcome from both.
import { medians } from "./measure.mjs";
import { storedBytes } from "./rows.mjs";

/** @typedef {import("./measure.mjs").Figures & { cpu: number, stored?: number }} Run */

/**
 * @typedef {object} Comparison
 * @property {string} name
 * @property {string} title
 * @property {Partial<Record<"restic" | "tastic", { median: Run, runs: Run[] }>>} figures
 * @property {string[]} problems failures, and outcomes that differ
 */

/**
 * @param {import("./workplace.mjs").Workplace} workplace
 * @param {import("./rows.mjs").Row} row
 * @param {number} runs
 * @param {(text: string) => void} progress
 * @returns {Promise<Comparison>}
 */
export async function compare(workplace, row, runs, progress) {
  /** @type {Map<string, Run[]>} */
  const figures = new Map();
  /** @type {Map<string, string>} */
  const outcomes = new Map();
  /** @type {Map<string, string>} */
  const failures = new Map();
  const tools = workplace.tools.filter(({ name }) => row.only?.includes(name) ?? true);
  try {
    await row.before?.(workplace);
    for (let i = 0; i < runs; i++) {
      for (const tool of tools) {
        if (failures.has(tool.name)) continue;
        try {
          const run = await runOnce(workplace, row, tool, i === runs - 1 ? outcomes : undefined);
          figures.set(tool.name, [...(figures.get(tool.name) ?? []), run]);
          progress(`${tool.name} ${run.wall.toFixed(2)} s  `);
        } catch (error) {
          failures.set(tool.name, String(error));
          progress(`${tool.name} failed  `);
        }
      }
    }
  } catch (error) {
    // Neither can be measured.
    failures.set("before", String(error));
    progress("failed");
  } finally {
    await row.after?.(workplace);
  }
  const problems = [...failures.values()];
  if (new Set(outcomes.values()).size > 1) {
    const list = [...outcomes].map(([tool, outcome]) => `${tool}: ${outcome}`);
    problems.push(`outcomes differ: ${list.join("; ")}`);
  }
  const complete = [...figures].filter(([tool]) => !failures.has(tool));
  return {
    name: row.name,
    title: row.title,
    figures: Object.fromEntries(
      complete.map(([tool, list]) => [tool, { median: medians(list), runs: list }]),
    ),
    problems,
  };
}

/**
 * @param {import("./workplace.mjs").Workplace} workplace
 * @param {import("./rows.mjs").Row} row
 * @param {import("./workplace.mjs").Tool} tool
 * @param {Map<string, string> | undefined} outcomes where the outcome is noted, if it is wanted
 * @returns {Promise<Run>}
 */
async function runOnce(workplace, row, tool, outcomes) {
  const cwd = row.set === undefined ? undefined : workplace.set(row.set).folder;
  const start = await row.start(workplace, tool);
  row.beforeRun?.(workplace);
  const state =
    row.over === undefined
      ? workplace.freshCopy(start)
      : await workplace.remoteCopy(start, row.over, row.adds ?? false);
  const { figures } = await workplace.run(tool, state, row.arguments(workplace), cwd);
  const stored = row.stores ? { stored: storedBytes(state) } : {};
  if (outcomes && row.outcome) outcomes.set(tool.name, await row.outcome(workplace, state));
  if (row.keeps !== undefined) workplace.keep(tool, row.keeps, state);
  return { ...figures, cpu: figures.user + figures.system, ...stored };
}
