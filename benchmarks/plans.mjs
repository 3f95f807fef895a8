// Which files each data set has: their names, sizes, kinds and seeds, but not their bytes.
import { Random } from "./random.mjs";

/**
 * A file. Its content is of the first of `kinds`, or takes turns between them every `stretch` bytes.
 * Files with the same seed, kinds and size are duplicates.
 * @typedef {{ path: string, size: number, seed: number, kinds: import("./content.mjs").Kind[], stretch?: number }} PlannedFile
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** How many, how large and of what kind: a developer's home, in numbers. */
const mixedGroups = /** @type {const} */ ([
  { folder: "sources", extension: "src", count: 5730, min: 100, max: 64 * KIB, kind: "code" },
  { folder: "documents", extension: "txt", count: 300, min: 16 * KIB, max: 4 * MIB, kind: "prose" },
  { folder: "programs", extension: "bin", count: 260, min: 4 * KIB, max: 8 * MIB, kind: "binary" },
  { folder: "pictures", extension: "jpg", count: 900, min: 10 * KIB, max: 2 * MIB, kind: "random" },
]);

const mixedGiants = /** @type {const} */ ([
  { path: "giants/mailbox.bin", size: 200 * MIB, kinds: ["prose", "random"] },
  { path: "giants/system.log", size: 64 * MIB, kinds: ["prose"] },
  { path: "giants/database.bin", size: 48 * MIB, kinds: ["binary"] },
  { path: "giants/photos.zip", size: 40 * MIB, kinds: ["random"] },
  { path: "giants/release.zip", size: 24 * MIB, kinds: ["random"] },
  { path: "giants/trace.log", size: 16 * MIB, kinds: ["code"] },
]);

const COPIES = 804;

/**
 * About 8,000 files and 1.3 GiB, one file in ten a copy of another.
 * @param {number} scale
 * @returns {PlannedFile[]}
 */
export function mixedPlan(scale) {
  /** @type {PlannedFile[]} */
  const files = [];
  for (const { folder, extension, count, min, max, kind } of mixedGroups) {
    const random = new Random(count);
    for (let i = 0; i < Math.ceil(count * scale); i++) {
      const path = `${folder}/${folderName(i, 400)}/${folderName(i, 20)}/file-${i}.${extension}`;
      files.push({ path, size: random.size(min, max), seed: files.length + 1, kinds: [kind] });
    }
  }
  const originals = files.length;
  const random = new Random(COPIES);
  for (let i = 0; i < Math.ceil(COPIES * scale); i++) {
    const path = `copies/${folderName(i, 50)}/copy-${i}.bin`;
    files.push({ ...files[random.below(originals)], path });
  }
  for (const { path, size, kinds } of mixedGiants) {
    files.push({
      path,
      size: Math.round(size * scale),
      seed: files.length + 1,
      kinds: [...kinds],
      stretch: 3 * MIB,
    });
  }
  return files;
}

/**
 * The same on a smaller scale, for repositories on servers: about 1,600 files and 270 MiB.
 * @param {number} scale
 */
export function partPlan(scale) {
  return mixedPlan(0.2 * scale);
}

/**
 * 50,000 files of 0.2 to 16 KiB, fifty in a folder.
 * @param {number} scale
 */
export function smallPlan(scale) {
  return filesPlan(Math.ceil(50_000 * scale));
}

/**
 * Small text files, fifty in a folder.
 * @param {number} count
 * @returns {PlannedFile[]}
 */
export function filesPlan(count) {
  const random = new Random(2);
  return Array.from({ length: count }, (_, i) => ({
    path: `${folderName(i, 10_000)}/${folderName(i, 1000)}/${folderName(i, 50)}/note-${i}.txt`,
    size: random.size(205, 16 * KIB),
    seed: 1_000_000 + i,
    kinds: [i % 3 === 0 ? "prose" : "code"],
  }));
}

/**
 * One file of 2 GiB, half of which can be compressed.
 * @param {number} scale
 */
export function largePlan(scale) {
  return volumePlan(Math.round(2 * GIB * scale));
}

/**
 * So many bytes in files of at most 2 GiB, half of which can be compressed.
 * @param {number} bytes
 * @returns {PlannedFile[]}
 */
export function volumePlan(bytes) {
  return Array.from({ length: Math.ceil(bytes / (2 * GIB)) }, (_, i) => ({
    path: `volume-${i}.bin`,
    size: Math.min(2 * GIB, bytes - i * 2 * GIB),
    seed: 3_000_000 + i,
    kinds: ["prose", "random"],
    stretch: 5 * MIB,
  }));
}

/**
 * The folder of the i-th file, where each holds `each` files.
 * @param {number} i @param {number} each
 */
function folderName(i, each) {
  return `part-${Math.floor(i / each)}`;
}
