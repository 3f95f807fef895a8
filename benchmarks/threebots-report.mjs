// What a simulation of many 3Bots has found, as a table for the terminal and for RESULTS.md.
import { table } from "./table.mjs";

/**
 * @typedef {{ rss: number, heap: number }} Memory in bytes
 * @typedef {object} Period
 * @property {string} title
 * @property {number} backups how many began
 * @property {number} failed how many of them were not whole
 * @property {number} longestGapHours between two good backups of one 3Bot, or since its last one
 * @property {number} peakPerMinute most that began in one minute
 * @property {Memory} marketplace of the marketplace and both servers, at the end
 * @property {Memory} threebots of all 3Bots, at the end
 *
 * @typedef {object} ThreebotsResults
 * @property {string} date
 * @property {import("./machine.mjs").Machine} machine
 * @property {number} bots
 * @property {readonly Period[]} periods
 * @property {Readonly<Record<string, number>>} drills how many ended how
 * @property {number} overdue 3Bots whose watchdog says so at the end
 * @property {number} seconds that the simulation took
 */

const MIB = 2 ** 20;
/** A day, its jitter, and half an hour for the run: the interval begins at its end. */
const longestGap = 24 * 1.05 + 0.5;
/** Of 3Bots that begin in one minute. A tenth of them would be a herd. */
const herd = 0.1;
/** What heaps of services that only go on may grow by, from the first whole day to the last. */
const growth = 1.2;

/** @param {ThreebotsResults} results */
export function threebotsTable({ periods }) {
  const head = [
    "time",
    ">backups",
    ">not whole",
    ">longest gap",
    ">most in a minute",
    ">marketplace MiB",
    ">its heap",
    ">3Bots MiB",
    ">their heap",
  ];
  const mib = (/** @type {number} */ bytes) => (bytes / MIB).toFixed(0);
  const body = periods.map((period) => [
    period.title,
    String(period.backups),
    String(period.failed),
    `${period.longestGapHours.toFixed(1)} h`,
    String(period.peakPerMinute),
    ...[period.marketplace, period.threebots].flatMap(({ rss, heap }) => [mib(rss), mib(heap)]),
  ]);
  return table(head, body);
}

/** What should not be. @param {ThreebotsResults} results */
export function threebotsProblems({ periods, bots, overdue, drills }) {
  const problems = [];
  for (const { title, failed, longestGapHours, peakPerMinute } of periods) {
    if (failed > 0) problems.push(`${title}: ${failed} backups were not whole`);
    if (longestGapHours > longestGap)
      problems.push(`${title}: a 3Bot had no backup for ${longestGapHours.toFixed(1)} hours`);
    if (peakPerMinute > bots * herd)
      problems.push(`${title}: ${peakPerMinute} of ${bots} began in one minute`);
  }
  const days = periods.filter(({ title }) => title.startsWith("day"));
  const [first, last] = [days[0], days.at(-1)];
  for (const who of /** @type {const} */ (["marketplace", "threebots"])) {
    if (first && last && last[who].heap > first[who].heap * growth)
      problems.push(`the heap of ${who} grew from ${first[who].heap} to ${last[who].heap} bytes`);
  }
  if (overdue > 0) problems.push(`${overdue} 3Bots are overdue`);
  for (const [state, number] of Object.entries(drills))
    if (state !== "done") problems.push(`${number} drills ended as ${state}`);
  return problems;
}

/** The section of RESULTS.md. @param {ThreebotsResults} results */
export function threebotsSection(results) {
  const { date, machine, bots, seconds, drills } = results;
  const problems = threebotsProblems(results);
  const days = results.periods.filter(({ title }) => title.startsWith("day")).length;
  const drilled = Object.values(drills).reduce((sum, number) => sum + number, 0);
  return `
## ${bots} 3Bots with daily backups against one marketplace

Written by \`npm run bench -- --threebots --bots ${bots} --days ${days} --save\`. All services, schedules, repositories and
servers are real, only time is made up. The 3Bots are set up within one hour, which is the worst for the days after; then
the power fails for two days, and all start again at the same moment. The marketplace and its two backup servers are one
process, the 3Bots another. A missed run would show as a longest gap of more than ${longestGap.toFixed(1)} hours.

- date: ${date}; the simulation took ${seconds} s
- machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; Node ${machine.node}
- restore drills meanwhile: ${drilled}, of which ${drills["done"] ?? 0} found everything restorable

${threebotsTable(results)}
${problems.length === 0 ? "" : `\nProblems:\n\n${problems.map((text) => `- ${text}`).join("\n")}\n`}`;
}
