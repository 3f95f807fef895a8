/**
 * A folder that is edited at random, and what it holds at a moment: names, content, modes, times, links of both kinds.
 * Paths are strings of which each character is a byte, since names need not be UTF-8.
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { sampleBytes, sha256Hex } from "./bytes.js";
import type { Random } from "./random.js";

/** What lies at a path. */
interface Item {
  /** All but which other names a file has. */
  readonly is: string;
  /** The same for all names of one file; undefined for a file with one name, and for what is no file. */
  readonly file: bigint | undefined;
}

/** By path from the folder on. */
export type FolderState = ReadonlyMap<string, Item>;

const bytes = (path: string): Buffer => Buffer.from(path, "latin1");
const latin = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const NAMES = [
  "file-1",
  "file-2",
  "file-3",
  "file-4",
  "with space",
  latin("grün ☃"),
  'a "quote"',
  "back\\slash",
  "new\nline",
  "-dash",
  "not utf-8 \xe9\xff",
  "*[star]?",
  "$HOME",
  "folder-1",
  "folder-2",
] as const;
const FILE_MODES = [0o644, 0o600, 0o755, 0o444, 0o640, 0o4755] as const;
const FOLDER_MODES = [0o755, 0o700, 0o750, 0o1777] as const;
const MOST_DEEP = 4;

/** All that is below a folder. */
export function stateOf(folder: string): FolderState {
  const state = new Map<string, Item>();
  const visit = (below: string): void => {
    for (const name of readdirSync(bytes(`${folder}/${below}`), "latin1")) {
      const path = `${below}${name}`;
      const at = bytes(`${folder}/${path}`);
      const stat = lstatSync(at, { bigint: true });
      const common = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs}`;
      if (stat.isDirectory()) {
        state.set(path, { is: `folder ${common}`, file: undefined });
        visit(`${path}/`);
      } else if (stat.isSymbolicLink()) {
        state.set(path, { is: `link ${common} to ${readlinkSync(at, "latin1")}`, file: undefined });
      } else if (stat.isFile()) {
        const content = readFileSync(at);
        const file = stat.nlink > 1n ? stat.ino : undefined;
        state.set(path, { is: `file ${common} ${content.length} ${sha256Hex(content)}`, file });
      } else state.set(path, { is: `special ${common}`, file: undefined });
    }
  };
  visit("");
  return state;
}

/** A form in which two states are the same exactly if they look the same. */
export function describeFolder(state: FolderState): Record<string, string> {
  const names = new Map<bigint, string[]>();
  for (const [path, { file }] of state) {
    if (file !== undefined) names.set(file, [...(names.get(file) ?? []), path]);
  }
  return Object.fromEntries(
    [...state].map(([path, { is, file }]) => {
      const others = file === undefined ? [] : (names.get(file) ?? []).filter((name) => name !== path);
      return [path, others.length === 0 ? is : `${is} also ${others.sort().join(", ")}`];
    }),
  );
}

/** Without all that has this name, at any depth, and what is in it. */
export function without(state: FolderState, name: string): FolderState {
  return new Map([...state].filter(([path]) => !path.split("/").includes(name)));
}

/** Changes some of a folder, and leaves something there: of nothing there is no backup. */
export function editFolder(folder: string, random: Random): void {
  for (let i = 3 + random.below(12); i > 0 || readdirSync(folder).length === 0; i--) editOnce(folder, random);
}

function editOnce(folder: string, random: Random): void {
  const paths = [...stateOfNames(folder)];
  const folders = ["", ...paths.filter(({ kind }) => kind === "folder").map(({ path }) => `${path}/`)];
  const files = paths.filter(({ kind }) => kind === "file").map(({ path }) => path);
  const at = (path: string): Buffer => bytes(`${folder}/${path}`);
  const fresh = (): string | undefined => {
    const path = `${random.pick(folders)}${random.pick(NAMES)}`;
    const isTaken = paths.some((known) => known.path === path) || path.split("/").length > MOST_DEEP;
    return isTaken ? undefined : path;
  };
  const file = files.length > 0 ? random.pick(files) : undefined;
  const path = fresh();
  const any = paths.length > 0 ? random.pick(paths).path : undefined;
  const edits: (() => void)[] = [
    // New ones.
    () => path !== undefined && writeFileSync(at(path), content(random)),
    () => path !== undefined && writeFileSync(at(path), content(random)),
    () => path !== undefined && mkdirSync(at(path)),
    () => path !== undefined && symlinkSync(bytes(random.pick([...NAMES, "../nowhere", "/etc/"])), at(path)),
    () => path !== undefined && file !== undefined && linkSync(at(file), at(path)),
    () => path !== undefined && file !== undefined && writeFileSync(at(path), readFileSync(at(file))),
    () =>
      path !== undefined &&
      random.once(4) &&
      execFileSync("mkfifo", ["--", "fifo"], { cwd: folder }) &&
      renameSync(at("fifo"), at(path)),
    // Others in their place.
    () => path !== undefined && file !== undefined && renameSync(at(file), at(path)),
    () => file !== undefined && writeFileSync(at(file), content(random)),
    () => file !== undefined && appendFileSync(at(file), "more"),
    () => file !== undefined && truncateSync(at(file), random.below(3000)),
    () => file !== undefined && chmodSync(at(file), random.pick(FILE_MODES)),
    () =>
      file !== undefined &&
      utimesSync(at(file), random.below(2 ** 31), random.below(2 ** 31) + random.below(1000) / 1000),
    () => chmodSync(at(random.pick(folders)), random.pick(FOLDER_MODES)),
    () => utimesSync(at(random.pick(folders)), 1, random.below(2 ** 31)),
    () => any !== undefined && rmSync(at(any), { recursive: true }),
    () => any !== undefined && rmSync(at(any), { recursive: true }),
  ];
  random.pick(edits)();
}

function* stateOfNames(
  folder: string,
  below = "",
): Generator<{ path: string; kind: "folder" | "file" | "other" }> {
  for (const name of readdirSync(bytes(`${folder}/${below}`), "latin1").sort()) {
    const path = `${below}${name}`;
    const stat = lstatSync(bytes(`${folder}/${path}`));
    if (stat.isDirectory()) {
      yield { path, kind: "folder" };
      yield* stateOfNames(folder, `${path}/`);
    } else yield { path, kind: stat.isFile() ? "file" : "other" };
  }
}

function content(random: Random): Uint8Array {
  const largest = random.pick([1, 100, 10_000, 50_000, 2_000_000]);
  const length = random.below(largest);
  // Of few seeds, so that some of it is known already.
  if (random.once(3)) return Buffer.alloc(length, `text ${random.below(8)} `);
  return sampleBytes(length, 1 + random.below(random.once(2) ? 5 : 1 << 20));
}
