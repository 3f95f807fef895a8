/** Looking into snapshots: folders, files, what a name was over time, and what changed. */
import { TasticError } from "@tastic/errors";
import { PassThrough } from "node:stream";
import {
  PathLookup,
  diff,
  dump,
  find,
  findSubtree,
  splitPath,
  type Node,
  type Repository,
  type StoredSnapshot,
} from "tastic";
import type { MergedSnapshot } from "../copies/merged-snapshots.js";
import { findMerged, type Reading, type ReadingRoom } from "../copies/reading-room.js";
import { loadIndexOnce } from "../runs/restore-work.js";
import { asError } from "./problem.js";
import type { Entry, Place, Version } from "./service.js";

const mostListed = 10_000;
const mostFound = 10_000;

/** A snapshot in a copy whose index is loaded. */
interface Found {
  readonly repository: Repository;
  readonly snapshot: StoredSnapshot;
}

export class Browser {
  readonly #room: ReadingRoom;

  readonly #now: () => number;

  constructor(room: ReadingRoom, now: () => number) {
    this.#room = room;
    this.#now = now;
  }

  list(
    place: Place,
    id: string,
    path: string,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<{ total: number; entries: Entry[] }> {
    return this.#room.read(place, async (reading) => {
      const { repository, snapshot } = await snapshotIn(
        reading,
        findMerged(reading.snapshots, id, this.#now()),
      );
      const folder = `/${splitPath(path).join("/")}`;
      const nodes = await repository.loadTree(await findSubtree(repository, snapshot.tree, folder));
      const page = nodes.slice(offset, offset + Math.min(limit, mostListed));
      const within = folder === "/" ? "" : folder;
      return { total: nodes.length, entries: page.map((node) => entryOf(node, `${within}/${node.name}`)) };
    });
  }

  /** Newest snapshot first; the same content at the same path is listed once. */
  search(place: Place, pattern: string, limit: number): Promise<Version[]> {
    if (pattern.trim() === "") throw new TasticError("invalid-argument", "there is nothing to search for");
    // A part of a name is what people type.
    const asTyped = /[*?[\]/]/.test(pattern) ? pattern : `*${pattern}*`;
    return this.#room.read(place, async (reading) => {
      const versions = new VersionList(limit);
      const left = new Map(reading.snapshots.map((merged) => [merged.key, merged]));
      for (const copy of reading.copies) {
        const here = [...left.values()].filter(({ inCopies }) => inCopies.has(copy.access.id));
        if (here.length === 0) continue;
        for (const { key } of here) left.delete(key);
        await loadIndexOnce(copy);
        const stored = new Map(
          here.flatMap((merged) => {
            const snapshot = merged.inCopies.get(copy.access.id)?.at(-1);
            return snapshot === undefined ? [] : [[snapshot, merged] as const];
          }),
        );
        const full = new AbortController();
        let folder: { readonly snapshot: StoredSnapshot; readonly path: string } | undefined;
        try {
          await find(copy.repository, [...stored.keys()], {
            patterns: [asTyped],
            ignoreCase: true,
            signal: full.signal,
            onEvent(event) {
              if (event.type !== "match") return;
              const { path, node, snapshot } = event;
              // What lies in a folder of this name has another name.
              if (folder?.snapshot === snapshot && path.startsWith(`${folder.path}/`)) return;
              folder = node.type === "dir" ? { snapshot, path } : undefined;
              const merged = stored.get(snapshot);
              if (merged !== undefined && !versions.add(merged, path, node)) full.abort();
            },
          });
        } catch (error) {
          if (!full.signal.aborted) throw error;
        }
      }
      return versions.sorted();
    });
  }

  versions(place: Place, path: string): Promise<Version[]> {
    const names = splitPath(path);
    return this.#room.read(place, async (reading) => {
      const versions = new VersionList(mostFound);
      const lookups = new Map<Repository, PathLookup>();
      for (const merged of reading.snapshots) {
        const { repository, snapshot } = await snapshotIn(reading, merged);
        const lookup = lookups.get(repository) ?? new PathLookup(repository);
        lookups.set(repository, lookup);
        const node = await lookup.find(snapshot.tree, names);
        if (node !== undefined) versions.add(merged, `/${names.join("/")}`, node);
      }
      return versions.sorted();
    });
  }

  diff(
    place: Place,
    olderId: string,
    newerId: string,
    limit: number,
  ): Promise<{ path: string; change: "added" | "removed" | "changed" }[]> {
    return this.#room.read(place, async (reading) => {
      const found = (id: string): MergedSnapshot => findMerged(reading.snapshots, id, this.#now());
      const [older, newer] = [found(olderId), found(newerId)];
      const copy = reading.copies.find(
        ({ access }) => older.inCopies.has(access.id) && newer.inCopies.has(access.id),
      );
      if (copy === undefined) {
        throw new TasticError("not-found", "no copy has both snapshots", {
          guidance: "Let a backup run, which brings the copies in step.",
        });
      }
      const [left, right] = [older, newer].map(({ inCopies }) => inCopies.get(copy.access.id)?.at(-1));
      if (left === undefined || right === undefined)
        throw new TasticError("internal", "a snapshot is missing");
      await loadIndexOnce(copy);
      const changes: { path: string; change: "added" | "removed" | "changed" }[] = [];
      const problems: string[] = [];
      await diff(copy.repository, left.tree, right.tree, {
        onEvent(event) {
          if (event.type === "error") problems.push(event.message);
          if (event.type !== "change" || changes.length >= limit) return;
          const change = event.modifier === "+" ? "added" : event.modifier === "-" ? "removed" : "changed";
          changes.push({ path: event.path, change });
        },
      });
      if (problems.length > 0)
        throw new TasticError("incomplete", `a folder could not be read: ${problems[0]}`);
      return changes;
    });
  }

  /** @throws TasticError not-found, invalid-argument for what is no file; both before the first byte */
  read(place: Place, id: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#content(place, id, path, "file");
  }

  archive(place: Place, id: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#content(place, id, path, "dir");
  }

  async #content(
    place: Place,
    id: string,
    path: string,
    type: "file" | "dir",
  ): Promise<AsyncIterable<Uint8Array>> {
    const names = splitPath(path);
    await this.#room.read(place, async (reading) => {
      const { repository, snapshot } = await snapshotIn(
        reading,
        findMerged(reading.snapshots, id, this.#now()),
      );
      if (names.length === 0 && type === "dir") return;
      const node = await new PathLookup(repository).find(snapshot.tree, names);
      if (node === undefined)
        throw new TasticError("not-found", "there is nothing of this name in the snapshot");
      if (node.type !== type)
        throw new TasticError("invalid-argument", `this is no ${type === "dir" ? "folder" : "file"}`);
    });
    return this.#room.stream(place, async (reading) => {
      const { repository, snapshot } = await snapshotIn(
        reading,
        findMerged(reading.snapshots, id, this.#now()),
      );
      return dumped(repository, snapshot, `/${names.join("/")}`);
    });
  }
}

/** What a name was over time: the same content at the same path once, as of the newest snapshot that has it. */
class VersionList {
  readonly #limit: number;
  readonly #found = new Map<string, { readonly version: Version; readonly at: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False where there is room for no more. */
  add(merged: MergedSnapshot, path: string, node: Node): boolean {
    const what = JSON.stringify([path, node.type, node.size, node.mtime, node.content, node.linkTarget]);
    const known = this.#found.get(what);
    if (known !== undefined && known.at >= merged.time) return true;
    const { id, time } = merged.snapshot;
    this.#found.set(what, { version: { snapshot: id, time, entry: entryOf(node, path) }, at: merged.time });
    return this.#found.size < this.#limit;
  }

  /** Newest first. */
  sorted(): Version[] {
    return [...this.#found.values()].sort((a, b) => b.at - a.at).map(({ version }) => version);
  }
}

/** A file's bytes, or those of a zip of a folder, as they are asked for. */
function dumped(repository: Repository, { tree }: StoredSnapshot, path: string): AsyncIterable<Uint8Array> {
  const stream = new PassThrough({ highWaterMark: 1024 * 1024 });
  const given = new AbortController();
  stream.once("close", () => given.abort());
  dump(repository, { treeId: tree }, path, stream, { archive: "zip", signal: given.signal }).then(
    () => stream.end(),
    (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return stream;
}

/** The snapshot in the first copy that has it. */
async function snapshotIn(reading: Reading, merged: MergedSnapshot): Promise<Found> {
  let failure: unknown;
  for (const copy of reading.copies) {
    const snapshot = merged.inCopies.get(copy.access.id)?.at(-1);
    if (snapshot === undefined) continue;
    try {
      await loadIndexOnce(copy);
      return { repository: copy.repository, snapshot };
    } catch (error) {
      failure = error;
    }
  }
  throw asError(failure ?? new TasticError("not-found", "no copy that can be reached has this snapshot"));
}

function entryOf(node: Node, path: string): Entry {
  const { name, type, size, mtime, mode } = node;
  return { name, path, type, size, modified: mtime, mode: mode & 0o7777 };
}
