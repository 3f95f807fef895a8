/**
 * The folders above snapshots, as restic's mount has them: made of templates, in which %i, %I, %u, %h, %t and %T stand for a
 * snapshot's short and whole id, user, host, tags and time (restic's manual, "Restore using mount").
 */
import { formatLayout, parseTime, shortId } from "@tastic/format";
import { posix } from "node:path";
import type { StoredSnapshot } from "../stored-snapshot.js";

/** Which folders there are above snapshots. */
export interface FolderTemplates {
  /** Paths of folders, such as "hosts/%h/%T". */
  readonly paths: readonly string[];
  /** How times are written, after Go's example: "2006-01-02T15:04:05Z07:00". */
  readonly time: string;
}

/** The folders that restic's mount has. */
export const DEFAULT_TEMPLATES: FolderTemplates = {
  paths: ["ids/%i", "snapshots/%T", "hosts/%h/%T", "tags/%t/%T"],
  time: "2006-01-02T15:04:05Z07:00",
};

/** A folder above snapshots. */
export interface SnapshotFolder {
  /** What is in it, by name. */
  readonly children: ReadonlyMap<string, SnapshotFolder>;
  /** What it shows; a folder that shows a snapshot shows nothing else. */
  readonly snapshot?: StoredSnapshot | undefined;
  /** Where this is another name of a snapshot's folder: the path of that, from the folder that this lies in. */
  readonly target?: string | undefined;
  /** The time of the newest snapshot in it; undefined where there is none. */
  readonly newest?: string | undefined;
}

interface OpenFolder {
  readonly children: Map<string, OpenFolder>;
  snapshot?: StoredSnapshot | undefined;
  target?: string | undefined;
  newest?: string | undefined;
}

/** The folders of snapshots, which come oldest first. Two that would have the same name get "-1", "-2" behind it. */
export function arrangeSnapshots(
  snapshots: readonly StoredSnapshot[],
  templates: FolderTemplates,
): SnapshotFolder {
  const folders = new Map<string, OpenFolder>([["/", { children: new Map() }]]);
  const folderAt = (path: string): OpenFolder => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const folder: OpenFolder = { children: new Map() };
    folders.set(path, folder);
    folderAt(posix.dirname(path)).children.set(posix.basename(path), folder);
    return folder;
  };
  // Those that no snapshot is in are there, too.
  for (const template of templates.paths) folderAt(clean(fixedPart(template)));
  for (const snapshot of snapshots) {
    const time = formatLayout(snapshot.time, templates.time);
    for (const template of templates.paths) {
      for (const { path, suffix } of pathsOf(template, time, snapshot)) {
        const name = freeName(path, suffix, folders);
        folderAt(clean(path + name)).snapshot = snapshot;
        if (suffix === "") continue;
        const latest = folderAt(clean(`${path}/latest`));
        latest.snapshot = snapshot;
        latest.target = name;
      }
    }
  }
  const root = folderAt("/");
  findNewest(root);
  return root;
}

interface TemplatePath {
  readonly path: string;
  /** The time, if the template ends with it. */
  readonly suffix: string;
}

/** One path, or one for each tag; none for a snapshot without tags where the template wants one. */
function pathsOf(template: string, time: string, snapshot: StoredSnapshot): TemplatePath[] {
  const endsWithTime = /^(?:[^%]|%[^])*?%T$/.test(template);
  let paths = [""];
  for (const [part] of template.slice(0, endsWithTime ? -2 : undefined).matchAll(/%[^]|[^%]+|%$/g)) {
    const values = valuesOf(part, time, snapshot);
    paths = values.flatMap((value) => paths.map((path) => path + value));
  }
  return paths.map((path) => ({ path: `/${path}`, suffix: endsWithTime ? time : "" }));
}

function valuesOf(part: string, time: string, { id, username, hostname, tags }: StoredSnapshot): string[] {
  switch (part) {
    case "%T":
      return [time];
    case "%t":
      // As in restic, a slash in an only tag makes folders.
      return tags?.length === 1
        ? [(tags[0] ?? "").split("/").map(folderName).join("/")]
        : (tags ?? []).map(folderName);
    case "%i":
      return [shortId(id)];
    case "%I":
      return [id];
    case "%u":
      return [folderName(username ?? "")];
    case "%h":
      return [folderName(hostname ?? "")];
    default:
      return [part.length === 2 && part.startsWith("%") ? part.slice(1) : part.replace(/^%$/, "")];
  }
}

/** As restic names the folder of a tag. Here hosts and users are held to it as well: they do not get to choose a folder. */
function folderName(text: string): string {
  if (text === "" || text === ".") return "_";
  if (text === "..") return "__";
  return text.replace(/[/\0]/g, "_");
}

/** The folders of a template above the first that depends on the snapshot. */
function fixedPart(template: string): string {
  const start = /^(?:[^%]|%[^iIuhtT])*?(?=%[iIuhtT])/.exec(template)?.[0] ?? "";
  return start.slice(0, Math.max(0, start.lastIndexOf("/")));
}

function freeName(path: string, suffix: string, folders: ReadonlyMap<string, OpenFolder>): string {
  let name = suffix;
  for (let i = 1; folders.has(clean(path + name)); i++) name = `${suffix}-${i}`;
  return name;
}

function clean(path: string): string {
  return posix.resolve("/", `./${path}`);
}

/** Enters the newest time of all below, which it returns. */
function findNewest(folder: OpenFolder): string | undefined {
  let newest = folder.snapshot?.time;
  for (const child of folder.children.values()) {
    const time = findNewest(child);
    if (time !== undefined && (newest === undefined || parseTime(time) > parseTime(newest))) newest = time;
  }
  folder.newest = newest;
  return newest;
}
