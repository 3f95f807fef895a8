// What is kept of benchmarks: one file of figures each, and RESULTS.md, which is written from all of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { markdown } from "./report.mjs";
import { threebotsSection } from "./threebots-report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = join(here, "results");

/** Keeps figures beside those of other benchmarks. @param {string} name @param {object} results */
export function saveResults(name, results) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(results, undefined, 2)}\n`);
  const comparisons = readdirSync(folder)
    .filter((file) => file.startsWith("node-"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  const threebots = existsSync(fileOf("threebots"))
    ? threebotsSection(JSON.parse(readFileSync(fileOf("threebots"), "utf8")))
    : "";
  writeFileSync(join(here, "RESULTS.md"), markdown(comparisons) + threebots);
}

/** @param {string} name */
function fileOf(name) {
  return join(folder, `${name}.json`);
}
