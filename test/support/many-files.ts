/** A tree of many files like those that people have: texts, pictures, programs, of all sizes. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { sampleBytes } from "./bytes.js";

const WORDS =
  "the backup of a tree is a tree again and every file in it has the words that it had before".split(" ");

/** Makes `count` files below `folder`, the same ones for the same count. */
export async function makeManyFiles(folder: string, count: number): Promise<void> {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let i = 0; i < count; i++) {
    const path = `${folder}/folder-${i % 50}/part-${Math.floor(i / 50) % 20}`;
    mkdirSync(path, { recursive: true });
    const size = random(100) === 0 ? random(2_000_000) : random(8_000);
    const content = random(2) === 0 ? sampleBytes(size, i) : text(size, random);
    const file = `${path}/file-${i}`;
    writeFileSync(file, content);
    utimesSync(file, 1_600_000_000 + i, 1_600_000_000 + i / 7);
  }
}

function text(size: number, random: (below: number) => number): string {
  let words = "";
  while (words.length < size) words += `${WORDS[random(WORDS.length)] ?? ""} `;
  return words.slice(0, size);
}
