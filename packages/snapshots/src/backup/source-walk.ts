/**
 * The walk through the targets of a backup: what is found, in the order in which it is archived, as far as the file
 * system alone tells. It knows no repository, so that it can begin before one is open.
 */
import { encodeNodeStart } from "@tastic/format";
import type { NodeType } from "@tastic/format";
import { compareNames } from "@tastic/format";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import { listFolder, nodeFromStatus, statusOfTarget } from "./source-files.js";
import type { NodeOptions } from "./source-files.js";
import { examine, pathIn } from "./source-items.js";
import type { Candidate } from "./source-items.js";
import type { TargetTree } from "./target-tree.js";

/** How many entries of a folder come at once: one of a million does not come as a whole. */
const BATCH = 512;

/** Something that was found, and belongs to the backup. */
export interface SourceEntry {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly type: NodeType;
  /** Bytes of a file, as the file system states them. */
  readonly size: number;
  /** Its node's JSON, as far as it is known: see `encodeNodeStart`. */
  readonly start: string;
  /** Of a device node. */
  readonly device: bigint | undefined;
}

/** Something that was left out, and why: an error of the system, or what the user should know. */
export type WalkProblem =
  { readonly path: string; readonly error: unknown } | { readonly path: string; readonly warning: string };

/**
 * A step of the walk. A folder's steps are batches of its entries, each followed by all steps of the folders among these,
 * one after the other; then its end. A folder that cannot be listed has one step, which says so.
 */
export type WalkStep =
  | {
      readonly type: "entries";
      readonly entries: readonly SourceEntry[];
      readonly problems: readonly WalkProblem[];
    }
  | { readonly type: "end" }
  | { readonly type: "unlisted"; readonly path: string; readonly error: unknown };

/** What lies in a folder, asked for bit by bit. */
interface Folder {
  /** What may belong to the backup, or the folders that lead there. */
  readonly candidates: Iterator<Found>;
  /** Folders among the last entries whose steps are still to come, the last of them first. */
  readonly waiting: Descent[];
}

interface Found {
  readonly item: Candidate;
  /** It is no target, only on the way to some. */
  readonly leadsTo?: TargetTree;
  readonly isListedTwice?: boolean;
}

interface Descent {
  readonly path: string;
  readonly device: bigint;
  readonly leadsTo: TargetTree | undefined;
}

export class SourceWalk {
  readonly #excludes: ExcludeRules | undefined;
  readonly #nodes: NodeOptions;
  readonly #stack: Folder[];

  constructor(targets: TargetTree, excludes: ExcludeRules | undefined, nodes: NodeOptions) {
    this.#excludes = excludes;
    this.#nodes = nodes;
    this.#stack = [{ candidates: inTree(targets), waiting: [] }];
  }

  /** The next step; undefined after the last one. */
  next(): WalkStep | undefined {
    const folder = this.#stack.at(-1);
    if (folder === undefined) return undefined;
    const descent = folder.waiting.pop();
    return descent === undefined ? this.#read(folder) : this.#enter(descent);
  }

  #enter({ path, device, leadsTo }: Descent): WalkStep {
    let candidates: Iterator<Found>;
    try {
      candidates = leadsTo === undefined ? inFolder(path, listFolder(path), device) : inTree(leadsTo);
    } catch (error) {
      return { type: "unlisted", path, error };
    }
    const folder = { candidates, waiting: [] };
    this.#stack.push(folder);
    return this.#read(folder);
  }

  #read(folder: Folder): WalkStep {
    const entries: SourceEntry[] = [];
    const problems: WalkProblem[] = [];
    const descents: Descent[] = [];
    while (entries.length + problems.length < BATCH) {
      const next = folder.candidates.next();
      if (next.done === true) break;
      this.#look(next.value, entries, problems, descents);
    }
    if (entries.length + problems.length === 0) {
      this.#stack.pop();
      return { type: "end" };
    }
    folder.waiting.push(...descents.reverse());
    return { type: "entries", entries, problems };
  }

  #look(
    { item, leadsTo, isListedTwice = false }: Found,
    entries: SourceEntry[],
    problems: WalkProblem[],
    descents: Descent[],
  ): void {
    const { name, path } = item;
    if (isListedTwice) {
      problems.push({ path, warning: `${path} was listed twice; it is saved once` });
      return;
    }
    try {
      const stat = leadsTo === undefined ? examine(item, this.#excludes) : statusOfTarget(path);
      if (stat === undefined) return;
      if (stat.isSocket()) problems.push({ path, warning: "sockets are not saved" });
      else entries.push(this.#entry(name, path, stat));
      if (leadsTo !== undefined || stat.isDirectory()) descents.push({ path, device: stat.dev, leadsTo });
    } catch (error) {
      problems.push({ path, error });
    }
  }

  #entry(name: string, path: string, stat: BigIntStats): SourceEntry {
    const node = nodeFromStatus(name, path, stat, this.#nodes);
    const { type, size = 0, device } = node;
    return { name, path, type, size, start: flat(encodeNodeStart(node)), device };
  }
}

/** The same text in one piece: what is put together of many keeps all of them, six times its own memory. */
function flat(text: string): string {
  // V8 puts the pieces together once a character is asked for.
  text.charCodeAt(0);
  return text;
}

/** What the target tree holds at one level. */
function* inTree(tree: TargetTree): Generator<Found, void> {
  const children = [...tree.children].sort(([a], [b]) => compareNames(a, b));
  for (const [name, child] of children) {
    const { path = child.metadataPath ?? "", isExplicit = false } = child;
    const item = { name, path: posix.resolve(path), isExplicit };
    yield child.path === undefined ? { item, leadsTo: child } : { item };
  }
}

function* inFolder(folder: string, names: readonly string[], folderDevice: bigint): Generator<Found, void> {
  let last: string | undefined;
  for (const name of names) {
    const item = { name, path: pathIn(folder, name), folderDevice };
    yield name === last ? { item, isListedTwice: true } : { item };
    last = name;
  }
}
