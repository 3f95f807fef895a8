/** What is backed up: the paths of the settings, as they are on this machine at this moment. */
import { opendir, stat } from "node:fs/promises";
import { isAbsolute, join, normalize, resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { hasSystemCode } from "@tastic/storage";
import { createExcludeRules, type ExcludeRules } from "tastic";

export interface Sources {
  /** Absolute; those that exist. */
  readonly targets: readonly string[];
  /** Those that do not. */
  readonly missing: readonly string[];
  readonly excludes: ExcludeRules;
  readonly excludePatterns: readonly string[];
}

/** "~/x" below the home folder. @throws TasticError invalid-argument for what is neither that nor absolute */
export function expandPath(path: string, home: string): string {
  if (path === "~") return home;
  if (path.startsWith("~/")) return checked(join(home, path.slice(2)), path);
  return checked(path, path);
}

function checked(expanded: string, typed: string): string {
  if (isAbsolute(expanded) && !expanded.includes("\0")) return normalize(expanded).replace(/(?<=.)\/+$/, "");
  throw new TasticError(
    "invalid-argument",
    `the path ${JSON.stringify(typed)} is neither absolute nor below ~/`,
    {
      guidance: 'Write it from the root on, or from the home folder: "~/.config".',
    },
  );
}

/** As the original does: "~" in an exclude stands for the home folder. */
export function expandExclude(pattern: string, home: string): string {
  return pattern === "~" || pattern.startsWith("~/") ? `${home}${pattern.slice(1)}` : pattern;
}

/**
 * @param hidden folders that are never backed up: the state, with its secrets
 * @throws TasticError no-source if nothing of it exists, invalid-argument for patterns that are none
 */
export async function findSources(
  settings: { readonly paths: readonly string[]; readonly excludes: readonly string[] },
  home: string,
  hidden: readonly string[],
): Promise<Sources> {
  const targets: string[] = [];
  const missing: string[] = [];
  for (const path of new Set(settings.paths.map((typed) => expandPath(typed, home)))) {
    // A target itself is never excluded by the rules.
    if (hidden.some((folder) => isWithin(path, folder))) continue;
    if (await exists(path)) targets.push(path);
    else missing.push(path);
  }
  if (targets.length === 0) {
    throw new TasticError("no-source", "none of the paths that are to be backed up exists", {
      guidance: "Check the paths in the settings, and that what is mounted there is mounted.",
    });
  }
  const excludePatterns = settings.excludes.map((pattern) => expandExclude(pattern, home));
  const excludes = await createExcludeRules({
    patterns: excludePatterns,
    paths: hidden.map((path) => resolve(path)),
  });
  return { targets, missing, excludes, excludePatterns };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return false;
    // It is there: that it cannot be read the backup says.
    return true;
  }
}

/** Are there at least so many files? Stops counting when there are. */
export async function hasFiles(sources: Sources, least: number, signal: AbortSignal): Promise<boolean> {
  let left = least;
  const visit = async (path: string): Promise<void> => {
    if (left <= 0) return;
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory() !== true) {
      left--;
      return;
    }
    const folder = await opendir(path).catch(() => undefined);
    if (folder === undefined) return;
    for await (const entry of folder) {
      signal.throwIfAborted();
      if (left <= 0) return;
      const inner = join(path, entry.name);
      const type = entry.isDirectory() ? "dir" : "file";
      if (sources.excludes.excludes({ path: inner, name: entry.name, type, size: 0, deviceId: 0n })) continue;
      if (entry.isDirectory()) await visit(inner);
      else left--;
    }
  };
  for (const target of sources.targets) await visit(target);
  return left <= 0;
}

/** Is `path` this folder, or below it? */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
