/**
 * Where what is restored goes: into a folder, or back to where it came from, which on another machine means the other
 * home folder; and never outside of the folders that the service may write to.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { hasSystemCode, storageError } from "@tastic/storage";
import type { PatternFilter, StoredSnapshot } from "tastic";
import { defaultSettings } from "../owner/default-settings.js";
import { expandPath, isWithin } from "./sources.js";

/** A part of a snapshot and the folder that it goes to. */
export interface Leg {
  /** In the snapshot; "" for all of it. */
  readonly subfolder: string;
  readonly target: string;
  /** Absolute within the subfolder; all if empty. */
  readonly wanted: readonly string[];
}

export interface WhereTo {
  /** Undefined for where it came from. */
  readonly target: string | undefined;
  /** Paths in the snapshot; all if empty. */
  readonly paths: readonly string[];
  readonly home: string;
  /** Of the settings: those below "~/" tell where the home folder was. */
  readonly settingsPaths: readonly string[];
}

export function legsFor(snapshot: StoredSnapshot, where: WhereTo): Leg[] {
  const asked = where.paths.map((path) => cleanPath(path)).filter((path) => path !== "/");
  if (where.target !== undefined) return [{ subfolder: "", target: resolve(where.target), wanted: asked }];
  const oldHome = homeOf(snapshot, where.settingsPaths);
  const wanted = asked.length === 0 ? snapshot.paths : asked.flatMap((path) => pathsBelow(snapshot, path));
  const inHome: string[] = [];
  const legs: Leg[] = [];
  for (const path of new Set(wanted.map((one) => cleanPath(one)))) {
    if (oldHome !== undefined && path !== oldHome && isWithin(path, oldHome))
      inHome.push(path.slice(oldHome.length));
    else legs.push({ subfolder: dirname(path), target: dirname(path), wanted: [`/${basename(path)}`] });
  }
  if (oldHome !== undefined && inHome.length > 0)
    legs.unshift({ subfolder: oldHome, target: where.home, wanted: inHome });
  return legs;
}

/** What was asked for, or what the snapshot has below that. */
function pathsBelow(snapshot: StoredSnapshot, path: string): readonly string[] {
  const below = snapshot.paths.filter((own) => own !== path && isWithin(own, path));
  return below.length > 0 ? below : [path];
}

/** The home folder of the machine that made the snapshot, as far as its paths tell. */
export function homeOf(snapshot: StoredSnapshot, settingsPaths: readonly string[]): string | undefined {
  const endings = [...settingsPaths, ...defaultSettings.paths]
    .filter((path) => path.startsWith("~/"))
    .map((path) => cleanPath(path.slice(1)));
  for (const path of snapshot.paths) {
    const ending = endings.find((end) => end !== "/" && path.endsWith(end) && path.length > end.length);
    if (ending !== undefined) return path.slice(0, -ending.length);
  }
  return undefined;
}

/** @throws TasticError unsafe-path */
function cleanPath(path: string): string {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..") || path.includes("\0")) {
    throw new TasticError("unsafe-path", `${JSON.stringify(path.slice(0, 200))} is no path in a snapshot`, {
      guidance: "Write it as it is listed.",
    });
  }
  return `/${names.join("/")}`;
}

/** The files that a leg touches, without what is hidden. */
export function filterFor({ target, wanted }: Leg, hidden: readonly string[]): PatternFilter {
  return {
    selects(path, isDirectory) {
      const place = join(target, path);
      if (hidden.some((folder) => isWithin(place, folder)))
        return { selected: false, childMayBeSelected: false };
      const selected = wanted.length === 0 || wanted.some((wish) => isWithin(path, wish));
      const leadsThere = selected || wanted.some((wish) => isWithin(wish, path));
      return { selected, childMayBeSelected: isDirectory && leadsThere };
    },
  };
}

/** Where the wanted things will be on this machine. */
export function placesOf({ target, wanted }: Leg): string[] {
  return wanted.length === 0 ? [target] : wanted.map((path) => join(target, path));
}

export interface Bounds {
  /** Folders that may be restored to, and backed up. */
  readonly roots: readonly string[];
  readonly hidden: readonly string[];
}

/**
 * Refuses what would be written outside of the roots. Links on the way to a leg's target count as what they lead to; those
 * below it a restore replaces, and never follows.
 * @throws TasticError unsafe-path
 */
export async function checkBounds(legs: readonly Leg[], bounds: Bounds): Promise<void> {
  for (const leg of legs) {
    const target = await realPlace(leg.target);
    for (const place of placesOf({ ...leg, target })) {
      if (await isAllowed(place, bounds)) continue;
      throw new TasticError("unsafe-path", `nothing may be restored to ${place}`, {
        guidance: "Choose a folder below the home folder, or have the operator allow another root.",
        data: { place },
      });
    }
  }
}

/** Refuses paths to back up that are outside of the roots. @throws TasticError unsafe-path, invalid-argument */
export async function checkPaths(
  paths: readonly string[],
  home: string,
  bounds: Pick<Bounds, "roots">,
): Promise<void> {
  for (const path of paths) {
    if (await mayBackUp(path, home, bounds.roots)) continue;
    throw new TasticError("unsafe-path", `${path} may not be backed up`, {
      guidance: "Choose a path below the home folder, or have the operator allow another root.",
      data: { path },
    });
  }
}

export async function mayBackUp(path: string, home: string, roots: readonly string[]): Promise<boolean> {
  return isAllowed(await realPlace(expandPath(path, home)), { roots, hidden: [] });
}

async function isAllowed(real: string, { roots, hidden }: Bounds): Promise<boolean> {
  const [allowed, forbidden] = await Promise.all([
    Promise.all(roots.map((root) => realPlace(resolve(root)))),
    Promise.all(hidden.map((folder) => realPlace(folder))),
  ]);
  return allowed.some((root) => isWithin(real, root)) && !forbidden.some((folder) => isWithin(real, folder));
}

/** The path without links, as far as it exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasSystemCode(error, ["ENOENT", "ENOTDIR"]) || path === "/")
      throw storageError(error, "look at", path);
    return join(await realPlace(dirname(path)), basename(path));
  }
}
