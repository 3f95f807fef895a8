/** The home of a 3Bot that has been in use for a while: thousands of files in its four paths, and what a day changes there. */
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { sampleBytes } from "../../../../test/support/bytes.js";
import { manifestOf } from "../../../../test/support/unusual-tree.js";

/** What the original backs up. */
export const fourPaths = [
  ".config/jumpscale",
  "sandbox/var/downloaded_packages",
  "sandbox/code/playground",
  ".ssh",
] as const;

const perPath = 500;
export const filesAtHome = perPath * fourPaths.length;

const modes = [0o644, 0o600, 0o755, 0o444, 0o640, 0o4755];
const folderModes = [0o755, 0o700, 0o750, 0o1777];
const names = ["plain", "with space", "grün ☃", 'a "quote"', "back\\slash", "new\nline", "-dash", "$HOME"];

/** 2,000 files, and links beside them. */
export function moveIn(home: string): void {
  for (const [at, path] of fourPaths.entries()) {
    for (let i = 0; i < perPath; i++) writeOne(fileAt(home, at, i), i, 0);
    const below = join(home, path);
    for (let i = 0; i < 10; i++) {
      const links = join(below, "links", `${i}`);
      mkdirSync(links, { recursive: true });
      symlinkSync(`../../${i % 7}/deeper`, join(links, "to a folder"));
      symlinkSync(`../no/such/file/${i}`, join(links, "to nothing"));
      symlinkSync(`/etc/hostname`, join(links, "to elsewhere"));
      lutimesSync(join(links, "to nothing"), 1_500_000_000 + i, 1_500_000_000.25 + i);
      // The same file by two names, and they stay that.
      writeOne(join(below, "twins", `${i}`), i, 0);
      linkSync(join(below, "twins", `${i}`), join(below, "twins", `${i} again`));
    }
    mkdirSync(join(below, "empty"));
  }
  dateFolders(home);
}

/** What is written, changed, renamed, removed and allowed on a day; there are as many files as before. */
export function liveOn(home: string, day: number): void {
  for (const [at, path] of fourPaths.entries()) {
    for (let i = day; i < perPath; i += 17) writeOne(fileAt(home, at, i), i, day);
    for (let i = 0; i < 5; i++) {
      rmSync(fileAt(home, at, 400 + 5 * day + i), { force: true });
      writeOne(join(home, path, `of day ${day}`, `${i}`), i, day);
      chmodSync(fileAt(home, at, 5 * day + i), 0o640 + day);
    }
    renameSync(join(home, path, "links", `${day}`), join(home, path, "links", `renamed on day ${day}`));
  }
  dateFolders(home);
}

/** All that has to come back: of each path, type, mode, owner, time, target of a link, size and hash of a file. */
export function stateOfHome(home: string): Record<string, Record<string, string>> {
  return Object.fromEntries(fourPaths.map((path) => [path, manifestOf(join(home, path))]));
}

function fileAt(home: string, path: number, file: number): string {
  const deeper = file % 2 === 0 ? "" : "deeper/";
  return join(home, fourPaths[path]!, `${file % 7}`, `${deeper}${names[file % names.length]} ${file}`);
}

function writeOne(file: string, seed: number, day: number): void {
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, sampleBytes(10 + ((seed * 131) % 2_000), seed * 10 + day));
  chmodSync(file, modes[seed % modes.length]!);
  utimesSync(file, 1_600_000_000 + seed, 1_600_000_000 + seed / 7 + day);
}

/** Last: what is made in a folder changes its time. */
function dateFolders(home: string): void {
  for (const path of fourPaths) {
    const folders = readdirSync(join(home, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const [at, folder] of [join(home, path), ...folders].entries()) {
      chmodSync(folder, folderModes[at % folderModes.length]!);
      utimesSync(folder, 1_400_000_000, 1_400_000_000 + at / 3);
    }
  }
}
