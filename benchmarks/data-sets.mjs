// The files that are backed up: made from a seed in .bench/, once, and used again while their stamp fits.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fillContent } from "./content.mjs";
import { largePlan, mixedPlan, partPlan, smallPlan } from "./plans.mjs";
import { Random } from "./random.mjs";

/** @typedef {import("./plans.mjs").PlannedFile} PlannedFile */
/** @typedef {{ name: string, folder: string, plan: PlannedFile[], files: number, bytes: number }} DataSet */

/** Changes whenever the same parameters give other bytes. */
const VERSION = 1;
const PIECE = 8 * 1024 * 1024;
const INSERTED = "Something that was not there before.\n".repeat(14);

/** @type {Record<string, (scale: number) => PlannedFile[]>} */
const plans = { mixed: mixedPlan, part: partPlan, small: smallPlan, large: largePlan };

/**
 * The data set of this name, made if it is not there.
 * @param {string} home where data sets are kept
 * @param {string} name mixed, part, small or large
 * @param {number} scale 1 for the whole set
 * @param {PlannedFile[]} plan
 * @returns {DataSet}
 */
export function ensureDataSet(home, name, scale, plan = plans[name](scale)) {
  const folder = join(home, scale === 1 ? name : `${name}-${scale}`);
  const bytes = plan.reduce((sum, { size }) => sum + size, 0);
  const set = { name, folder, plan, files: plan.length, bytes };
  const stamp = `${folder}.json`;
  const parameters = JSON.stringify({ version: VERSION, name, scale, files: set.files, bytes });
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === parameters) {
    // A run that was stopped may have left its changes.
    revertChange(set);
    return set;
  }
  rmSync(stamp, { force: true });
  rmSync(savedFolder(set), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  for (const file of plan) writeFile(folder, file);
  writeFileSync(stamp, parameters);
  return set;
}

/** @param {string} folder @param {PlannedFile} file */
function writeFile(folder, { path, kinds, size, seed, stretch }) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  const random = new Random(seed);
  const descriptor = openSync(target, "w");
  try {
    for (let at = 0, i = 0; at < size; i++) {
      const length = Math.min(stretch ?? PIECE, size - at);
      const piece = new Uint8Array(length);
      fillContent(piece, kinds[i % kinds.length], random);
      for (let done = 0; done < length;) done += writeSync(descriptor, piece, done);
      at += length;
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads everything once, so that it is in the page cache for whoever is measured first.
 * @param {DataSet} set
 */
export function warm({ folder, plan }) {
  const piece = new Uint8Array(PIECE);
  for (const { path } of plan) {
    const descriptor = openSync(join(folder, path), "r");
    while (readSync(descriptor, piece) > 0);
    closeSync(descriptor);
  }
}

/**
 * Changes one file in a hundred, of every kind: a few hundred bytes more in its middle. The originals are kept aside.
 * Returns how many.
 * @param {DataSet} set
 */
export function applyChange(set) {
  revertChange(set);
  const saved = savedFolder(set);
  mkdirSync(saved, { recursive: true });
  const chosen = set.plan.flatMap((_, i) => (i % 100 === 50 ? [i] : []));
  for (const i of chosen) {
    const path = join(set.folder, set.plan[i].path);
    const content = readFileSync(path);
    const middle = content.length >> 1;
    renameSync(path, join(saved, String(i)));
    const changed = [content.subarray(0, middle), Buffer.from(INSERTED), content.subarray(middle)];
    writeFileSync(path, Buffer.concat(changed));
  }
  return chosen.length;
}

/**
 * Puts back what `applyChange` changed.
 * @param {DataSet} set
 */
export function revertChange(set) {
  const saved = savedFolder(set);
  if (!existsSync(saved)) return;
  for (const name of readdirSync(saved)) {
    renameSync(join(saved, name), join(set.folder, set.plan[Number(name)].path));
  }
  rmSync(saved, { recursive: true });
}

/** @param {DataSet} set */
function savedFolder({ folder }) {
  return `${folder}.originals`;
}
