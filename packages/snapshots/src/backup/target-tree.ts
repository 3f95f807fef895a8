/**
 * Where the targets of a backup lie in the snapshot's tree.
 *
 * As with restic, an absolute target brings the folders above it along; of a relative one only the components that
 * the user named appear (`src/a` becomes `/src/a`, `../src` becomes `/src`), and `.` or `/` stands for its entries.
 * Two relative targets of different folders with the same first component would clash; the later one is numbered.
 */
import { TasticError } from "@tastic/errors";
import { posix } from "node:path";

/** A folder of the snapshot's tree that leads to targets, or a target. */
export interface TargetTree {
  /** What is saved whole under this name: a target, or an entry of one. */
  path?: string;
  /** The user named this very path. */
  isExplicit?: boolean;
  /** For a folder that only leads to targets: where its own metadata is read. */
  metadataPath?: string;
  readonly children: Map<string, TargetTree>;
}

interface RootedTree extends TargetTree {
  root?: string;
}

interface Target {
  readonly path: string;
  readonly isExplicit: boolean;
}

/**
 * Arranges the targets. `listFolder` gives the names in a folder.
 * Errors: `invalid-argument` for an empty target.
 */
export function buildTargetTree(
  targets: readonly string[],
  listFolder: (path: string) => readonly string[],
): TargetTree {
  const root: TargetTree = { children: new Map() };
  for (const target of expandFolders(targets, listFolder)) addTarget(root, target);
  spreadNested(root, listFolder);
  return root;
}

/** Targets without a name of their own (`.`, `..`, `/`) are replaced by what is in them. */
function expandFolders(
  targets: readonly string[],
  listFolder: (path: string) => readonly string[],
): Target[] {
  return targets.flatMap((given): Target[] => {
    const path = clean(given);
    if (components(path).length > 0) return [{ path, isExplicit: true }];
    return listFolder(path).map((name) => ({ path: posix.join(path, name), isExplicit: false }));
  });
}

function addTarget(top: TargetTree, target: Target): void {
  const [first = "", ...rest] = components(target.path);
  const root = rootOf(target.path);
  let name = first;
  let node: RootedTree = { root, children: new Map() };
  for (let i = 1; ; i++) {
    const other: RootedTree | undefined = top.children.get(name);
    if (other === undefined) break;
    if (other.root === root) {
      node = other;
      break;
    }
    name = `${first}-${i}`;
  }
  top.children.set(name, node);
  addBelow(node, posix.join(root, first), rest, target);
}

function addBelow(node: TargetTree, path: string, rest: readonly string[], target: Target): void {
  const [name, ...further] = rest;
  if (name === undefined) {
    Object.assign(node, target);
    return;
  }
  node.metadataPath ??= path;
  addBelow(childOf(node, name), posix.join(path, name), further, target);
}

function childOf(node: TargetTree, name: string): TargetTree {
  let child = node.children.get(name);
  if (child === undefined) {
    child = { children: new Map() };
    node.children.set(name, child);
  }
  return child;
}

/**
 * A target that lies inside another: the outer one is listed entry by entry, so that both are there once. What leads
 * from one to the other is listed in the same way, level by level.
 */
function spreadNested(node: TargetTree, listFolder: (path: string) => readonly string[]): void {
  if (node.path !== undefined && node.children.size > 0) {
    const { path } = node;
    delete node.path;
    delete node.isExplicit;
    for (const name of listFolder(path)) childOf(node, name).path ??= posix.join(path, name);
  }
  for (const child of node.children.values()) spreadNested(child, listFolder);
}

function clean(target: string): string {
  if (target === "") {
    throw new TasticError("invalid-argument", "a target of the backup is empty", {
      guidance: "Name a file or folder; the current folder is `.`.",
    });
  }
  const cleaned = posix.normalize(target);
  return cleaned.length > 1 && cleaned.endsWith("/") ? cleaned.slice(0, -1) : cleaned;
}

/** The components that appear in the snapshot. */
function components(target: string): string[] {
  return target.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
}

/** What a target counts from: `/`, `.`, or the folders above it that its leading `..` name. */
function rootOf(target: string): string {
  if (target.startsWith("/")) return "/";
  const up = target.split("/").filter((part) => part === "..");
  return up.length > 0 ? up.join("/") : ".";
}
