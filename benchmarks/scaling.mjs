// How time and memory grow: first and second backup of more and more files, then of more and more bytes, one run each.
// `npm run bench -- --scaling [--max-files 100000] [--max-gib 1] [--node PATH]`; up to a million files and 20 GiB,
// which then need 25 GiB of room and an hour.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureDataSet, warm } from "./data-sets.mjs";
import { filesPlan, volumePlan } from "./plans.mjs";
import { table } from "./table.mjs";
import { Workplace } from "./workplace.mjs";

const FILES = [1000, 10_000, 100_000, 300_000, 1_000_000];
const GIBS = [0.1, 1, 5, 20];

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    restic: { type: "string" },
    node: { type: "string", default: process.execPath },
    "max-files": { type: "string", default: "100000" },
    "max-gib": { type: "string", default: "1" },
  },
});
if (values.restic === undefined)
  throw new Error("give the real restic: --restic PATH, or use `npm run bench`");

const home = join(root, ".bench");
mkdirSync(home, { recursive: true });
const node = values.node.includes("/") ? resolve(values.node) : values.node;
const bin = join(root, "packages", "tastic", "bin", "tastic.js");
const workplace = new Workplace({
  home,
  scale: 1,
  restic: { name: "restic", command: [resolve(values.restic)] },
  tastic: { name: "tastic", command: [node, bin] },
});

const steps = [
  ...FILES.filter((count) => count <= Number(values["max-files"])).map((count) => ({
    title: `${count.toLocaleString("en")} files`,
    plan: filesPlan(count),
  })),
  ...GIBS.filter((gib) => gib <= Number(values["max-gib"])).map((gib) => ({
    title: `${gib} GiB`,
    plan: volumePlan(Math.round(gib * 2 ** 30)),
  })),
];

/** @type {string[][]} */
const body = [];
const folder = join(home, "scaling");
try {
  for (const { title, plan } of steps) {
    process.stderr.write(`${title}\n`);
    const set = ensureDataSet(home, "scaling", 1, plan);
    warm(set);
    for (const work of ["first", "second"]) {
      const cells = [title, `${work} backup`];
      for (const tool of workplace.tools) {
        const kept = workplace.path(tool.name);
        const state = work === "first" ? workplace.freshCopy(await workplace.empty(), kept) : kept;
        const { figures } = await workplace.run(tool, state, ["backup", "."], set.folder);
        cells.push(figures.wall.toFixed(2), (figures.peak / 2 ** 20).toFixed(0));
      }
      body.push(cells);
    }
    for (const { name } of workplace.tools) rmSync(workplace.path(name), { recursive: true });
  }
} finally {
  workplace.clean();
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${folder}.json`, { force: true });
}
console.log(table(["data", "work", ">restic s", ">restic MiB", ">tastic s", ">tastic MiB"], body));
