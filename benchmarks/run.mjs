// Compares tastic with the real restic and prints tables. Started by `npm run bench`; see README.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadIndex } from "./blob-index.mjs";
import { compare } from "./compare.mjs";
import { describeMachine } from "./machine.mjs";
import { budgetsTable, problemsText, roomTable, skippedText, timesTable } from "./report.mjs";
import { saveResults } from "./results.mjs";
import { rows } from "./rows.mjs";
import { Stores } from "./stores.mjs";
import { Workplace } from "./workplace.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const { values } = parseArgs({
  options: {
    /** The real restic. */
    restic: { type: "string" },
    /** Another program in tastic's place: restic itself shows how even the comparison is. */
    subject: { type: "string" },
    /** The Node that runs tastic. */
    node: { type: "string", default: process.execPath },
    rows: { type: "string" },
    runs: { type: "string" },
    scale: { type: "string", default: "1" },
    /** Milliseconds to a server and back. */
    latency: { type: "string", default: "0" },
    json: { type: "string" },
    save: { type: "boolean", default: false },
  },
});

if (values.restic === undefined) fail("give the real restic: --restic PATH, or use `npm run bench`");
const scale = positive("--scale", values.scale);
const runs = values.runs === undefined ? undefined : positive("--runs", values.runs);
const latency = values.latency === "0" ? 0 : positive("--latency", values.latency);
const wanted = chooseRows(values.rows);
const skipped = wanted.flatMap((row) => {
  const reason = row.over && Stores.whyNot(row.over);
  return reason === undefined ? [] : [{ row, text: `${row.name}: ${reason}` }];
});
const chosen = wanted.filter((row) => !skipped.some((other) => other.row === row));

const home = join(root, ".bench");
mkdirSync(home, { recursive: true });
// A name is looked up in PATH; a path is seen from here.
const node = values.node.includes("/") ? resolve(values.node) : values.node;
const bin = join(root, "packages", "tastic", "bin", "tastic.js");
const workplace = new Workplace({
  home,
  scale,
  latency,
  restic: { name: "restic", command: [resolve(values.restic)] },
  tastic: {
    name: "tastic",
    command: values.subject === undefined ? [node, bin] : [resolve(values.subject)],
  },
});

const load = loadavg()[0] ?? 0;
if (load > 0.5) progress(`The machine is busy (load ${load.toFixed(1)}): figures will be uneven.\n`);
for (const { text } of skipped) progress(`not measured: ${text}\n`);
const comparisons = [];
try {
  for (const set of new Set(chosen.map((row) => row.set))) {
    if (set === undefined) continue;
    progress(`data set ${set}: `);
    const { files, bytes } = workplace.set(set);
    progress(`${files} files, ${(bytes / 2 ** 20).toFixed(0)} MiB\n`);
  }
  for (const row of chosen) {
    progress(`${row.title}: `);
    comparisons.push(await compare(workplace, row, runs ?? row.runs ?? 5, progress));
    progress("\n");
  }
} finally {
  await workplace.close();
}

/** @type {import("./report.mjs").Results} */
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: describeMachine(node, values.restic),
  options: { runs: runs ?? 5, scale, latency, rows: chosen.map(({ name }) => name) },
  comparisons,
  skipped: skipped.map(({ text }) => text),
  blobBytes: loadIndex(1_000_000).bytesPerBlob,
};
const problems = problemsText(results);
console.log(`\n${timesTable(comparisons)}\n\nMiB:\n${roomTable(comparisons)}\n\n${budgetsTable(results)}`);
if (skipped.length > 0) console.log(`\n${skippedText(results)}`);
if (problems !== "") console.log(`\nproblems:\n${problems}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (values.save) saveResults(`node-${/^v?(\d+)/.exec(results.machine.node)?.[1] ?? ""}`, results);
process.exitCode = problems === "" ? 0 : 1;

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(text);
}

/** @param {string} name @param {string} text */
function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) fail(`${name} ${text}: give a number above zero`);
  return value;
}

/** @param {string | undefined} list */
function chooseRows(list) {
  // What only tastic has cannot be asked of another program.
  if (list === undefined) return rows.filter(({ only }) => values.subject === undefined || !only);
  return list.split(",").map((name) => {
    const row = rows.find((row) => row.name === name);
    return row ?? fail(`--rows: no row ${name}; there are ${rows.map(({ name }) => name).join(", ")}`);
  });
}
