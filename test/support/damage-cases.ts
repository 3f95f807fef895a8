/**
 * Ways in which a repository of `layered-repository.ts` is damaged: what a check must say of each, what repairs it, and what
 * is lost then.
 */
import { encodeIndex, encodeLock, formatTime } from "@tastic/format";
import type { IndexId, LockId, PackId } from "@tastic/format";
import { copyFile, mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { flipByte, openTestRepository, truncateFile } from "./damaged-twins.js";
import { LAYERS, storeTwice } from "./layered-repository.js";
import type { LayeredRepository, LayerName } from "./layered-repository.js";

export interface DamageContext {
  /** The copy that is damaged. */
  readonly repo: string;
  readonly whole: LayeredRepository;
}

/** What a snapshot holds no more: all, or the content of files, and of folders. */
export type Lost = "all" | { readonly files?: readonly string[]; readonly folders?: readonly string[] };

/** A command line that repairs, or what has to be done by hand. */
export type RepairStep = readonly string[] | (() => Promise<unknown>);

export interface DamageCase {
  readonly name: string;
  readonly damage: (context: DamageContext) => Promise<unknown>;
  readonly found: {
    /** Exit codes of `check`, of `check --read-data`, and of restic's where that is another. */
    readonly quick: number;
    readonly thorough: number;
    readonly restic?: number | "any";
    /** What `check --read-data` says. */
    readonly says: readonly RegExp[];
    /** Is it found only by who takes a lock? */
    readonly locked?: true;
  };
  readonly repair: (context: DamageContext) => readonly RepairStep[];
  /** By snapshot; what is not named lost nothing. */
  readonly lost?: Partial<Record<LayerName, Lost>>;
  /** Snapshots that are gone, and whose trees a recovered one holds. */
  readonly recovered?: readonly LayerName[];
  /** Only the second password opens it. */
  readonly useSecondKey?: true;
}

type Edit = (path: string) => Promise<unknown>;

const missing: Edit = (path) => rm(path);
const empty: Edit = (path) => truncateFile(path, 0);
const cutTo =
  (length: number): Edit =>
  (path) =>
    truncateFile(path, length);
const flip =
  (at: number): Edit =>
  (path) =>
    flipByte(path, at);
/** A copy under a name that is not its own, which comes first or last among all. */
const copyTo =
  (name: "first" | "last"): Edit =>
  async (path) => {
    const copy = copyOf(name);
    const isPack = dirname(dirname(path)).endsWith("/data");
    const folder = isPack ? join(path, "..", "..", copy.slice(0, 2)) : dirname(path);
    await mkdir(folder, { recursive: true });
    await copyFile(path, join(folder, copy));
  };
const copyOf = (name: "first" | "last"): string => (name === "first" ? "00" : "ff").repeat(32);

const FILES_OF_ONE: Lost = { files: ["a", "folder/b", "shared", "still/e"] };
const FILES_OF_TWO: Lost = { files: ["c", "folder/deep/d"] };
const REPAIR_INDEX: RepairStep = ["repair", "index"];
const REPAIR_SNAPSHOTS: RepairStep = ["repair", "snapshots", "--forget"];
const FAILED = /Fatal: repository contains errors/;

const CASES: DamageCase[] = [];

/** Adds a case about one file of the repository. */
function about(
  file: (whole: LayeredRepository) => string,
  name: string,
  edit: Edit,
  rest: Omit<DamageCase, "name" | "damage">,
): void {
  CASES.push({ name, damage: ({ repo, whole }) => edit(join(repo, file(whole))), ...rest });
}

/** Nothing is wrong for whoever opens it with `useSecondKey` or without. */
const HEALTHY: DamageCase["found"] = { quick: 0, thorough: 0, says: [] };
const nothing = (): readonly RepairStep[] => [];

// The config: without it nobody gets in, so only a copy of it helps, and each repository has another one.
const config = (): string => "config";
const bringBack =
  (file: (whole: LayeredRepository) => string): DamageCase["repair"] =>
  ({ repo, whole }) => [() => copyFile(join(whole.path, file(whole)), join(repo, file(whole)))];
const unopened = (code: number, says: RegExp): DamageCase["found"] => ({
  quick: code,
  thorough: code,
  says: [says],
});
about(config, "the config is missing", missing, {
  found: unopened(10, /repository does not exist: unable to open config file/),
  repair: bringBack(config),
});
for (const [how, edit] of [
  ["empty", empty],
  ["cut off", cutTo(40)],
  ["flipped", flip(20)],
] as const) {
  about(config, `the config is ${how}`, edit, {
    found: unopened(1, /Fatal: config/),
    repair: bringBack(config),
  });
}

// Keys: of two, one is enough.
const key = ({ keys }: LayeredRepository): string => join("keys", keys[0]);
about(key, "the key is missing", missing, {
  found: unopened(12, /wrong password or no key found/),
  repair: bringBack(key),
});
about(key, "the key is missing, and there is another", missing, {
  found: HEALTHY,
  repair: nothing,
  useSecondKey: true,
});
for (const [how, edit] of [
  ["empty", empty],
  ["cut off", cutTo(100)],
  ["flipped", flip(-20)],
] as const) {
  about(key, `the key is ${how}, and there is another`, edit, {
    // restic does not look further where the damaged one comes first.
    found: { ...HEALTHY, restic: "any" },
    repair: bringBack(key),
    useSecondKey: true,
  });
}
for (const name of ["first", "last"] as const) {
  about(key, `the key is there under another name, too, which comes ${name}`, copyTo(name), {
    found: { ...HEALTHY, restic: "any" },
    repair: ({ repo }) => [() => rm(join(repo, "keys", copyOf(name)))],
  });
}

// Snapshots: their trees are still there.
const snapshot = ({ layers }: LayeredRepository): string => join("snapshots", layers.one.snapshot);
about(snapshot, "a snapshot is missing", missing, {
  found: HEALTHY,
  repair: () => [["recover"]],
  recovered: ["one"],
});
CASES.push({
  name: "all snapshots are missing",
  damage: ({ repo }) => rm(join(repo, "snapshots"), { recursive: true }),
  found: HEALTHY,
  repair: () => [["recover"]],
  recovered: LAYERS,
});
for (const [how, edit] of [
  ["empty", empty],
  ["cut off", cutTo(60)],
  ["flipped", flip(50)],
] as const) {
  about(snapshot, `a snapshot is ${how}`, edit, {
    found: { quick: 1, thorough: 1, says: [/error: failed to load snapshot [0-9a-f]{8}: /, FAILED] },
    // Its tree is found anew; what names it no more goes by hand, as with restic.
    repair: ({ repo, whole }) => [["recover"], () => rm(join(repo, snapshot(whole)))],
    recovered: ["one"],
  });
}
about(snapshot, "a snapshot is there under another name, too", copyTo("last"), {
  found: { quick: 1, thorough: 1, says: [/error: failed to load snapshot ffffffff: /, FAILED] },
  repair: ({ repo }) => [() => rm(join(repo, "snapshots", copyOf("last")))],
});

// Index files: what they list says itself what it is.
const index = ({ layers }: LayeredRepository): string => join("index", layers.one.index);
about(index, "an index file is missing", missing, {
  found: { quick: 1, thorough: 1, says: [/not found in (repository|index)/, FAILED] },
  repair: () => [REPAIR_INDEX],
});
CASES.push({
  name: "all index files are missing",
  damage: ({ repo }) => rm(join(repo, "index"), { recursive: true }),
  found: { quick: 1, thorough: 1, says: [/not found in repository/, FAILED] },
  repair: () => [REPAIR_INDEX],
});
for (const [how, edit] of [
  ["empty", empty],
  ["cut off", cutTo(100)],
  ["flipped", flip(50)],
] as const) {
  about(index, `an index file is ${how}`, edit, {
    found: { quick: 1, thorough: 1, says: [/error: error loading index [0-9a-f]{64}: /, FAILED] },
    repair: () => [REPAIR_INDEX],
  });
}
about(index, "an index file is there under another name, too", copyTo("last"), {
  found: { quick: 1, thorough: 1, says: [/error: error loading index f{64}: /, FAILED] },
  repair: () => [REPAIR_INDEX],
});
CASES.push({
  name: "a pack is listed in two index files",
  damage: ({ repo, whole }) => listAgain(repo, whole.layers.one.data.id),
  found: { ...HEALTHY, says: [/pack [0-9a-f]{64} contained in several indexes/] },
  repair: () => [REPAIR_INDEX],
});

// Packs.
for (const layer of LAYERS) {
  const data = ({ layers }: LayeredRepository): string => layers[layer].data.path;
  const trees = ({ layers }: LayeredRepository): string => layers[layer].trees.path;
  const lostData: DamageCase["lost"] =
    layer === "one" ? { one: FILES_OF_ONE, two: FILES_OF_ONE } : { two: FILES_OF_TWO };
  const lostTrees: DamageCase["lost"] =
    layer === "one" ? { one: "all", two: { folders: ["still"] } } : { two: "all" };
  const byIndex = (): readonly RepairStep[] => [REPAIR_INDEX, REPAIR_SNAPSHOTS];
  const gone = { quick: 1, thorough: 1, says: [/pack [0-9a-f]{64}: does not exist/, FAILED] };
  const short = { quick: 1, thorough: 1, says: [/pack [0-9a-f]{64}: unexpected file size: got /, FAILED] };
  about(data, `the data pack ${layer} is missing`, missing, { found: gone, repair: byIndex, lost: lostData });
  about(trees, `the tree pack ${layer} is missing`, missing, {
    found: gone,
    repair: byIndex,
    lost: lostTrees,
  });
  about(data, `the data pack ${layer} is empty`, empty, {
    found: short,
    repair: byPacks(layer, "data"),
    lost: lostData,
  });
  about(trees, `the tree pack ${layer} is empty`, empty, {
    found: short,
    repair: byPacks(layer, "trees"),
    lost: lostTrees,
  });
}

/** The repairs that check names for a pack whose content is damaged. */
function byPacks(layer: LayerName, kind: "data" | "trees"): DamageCase["repair"] {
  return ({ whole }) => [["repair", "packs", whole.layers[layer][kind].id], REPAIR_SNAPSHOTS];
}

const DATA_ERRORS = [/pack [0-9a-f]{64} contains \d+ errors/, /repair packs [0-9a-f]{64}/, FAILED];
const inBlob =
  (path: string, layer: LayerName = "one"): DamageCase["damage"] =>
  ({ repo, whole }) => {
    const place = whole.layers[layer].blobs[path]!;
    return flipByte(join(repo, place.path), place.offset + 20);
  };
for (const file of ["a", "folder/b", "shared", "still/e"]) {
  CASES.push({
    name: `the content of ${file} is flipped`,
    damage: inBlob(file),
    found: { quick: 0, thorough: 1, says: DATA_ERRORS },
    repair: byPacks("one", "data"),
    lost: { one: { files: [file] }, two: { files: [file] } },
  });
}
for (const [folder, layer, lost] of [
  ["still", "one", { one: { folders: ["still"] }, two: { folders: ["still"] } }],
  ["folder/deep", "two", { two: { folders: ["folder/deep"] } }],
  ["folder", "one", { one: { folders: ["folder"] } }],
  ["", "one", { one: "all" }],
] as const) {
  CASES.push({
    name: `the tree of ${folder === "" ? "a root" : folder} is flipped`,
    damage: inBlob(folder, layer),
    found: { quick: 1, thorough: 1, says: [/error for tree [0-9a-f]{8}:/, ...DATA_ERRORS] },
    repair: byPacks(layer, "trees"),
    lost,
  });
}
for (const kind of ["data", "trees"] as const) {
  const file = ({ layers }: LayeredRepository): string => layers.one[kind].path;
  const unread: DamageCase["found"] = { quick: 0, thorough: 1, says: DATA_ERRORS };
  about(file, `the header of a pack of ${kind} is flipped`, flip(-30), {
    found: unread,
    repair: byPacks("one", kind),
  });
  about(file, `the length of the header of a pack of ${kind} is flipped`, flip(-1), {
    found: unread,
    repair: byPacks("one", kind),
  });
  about(file, `a pack of ${kind} is cut off in its header`, (path) => cutBy(path, 20), {
    found: { quick: 1, thorough: 1, says: [/unexpected file size/, FAILED] },
    // All blobs are still there.
    repair: byPacks("one", kind),
  });
  about(file, `a pack of ${kind} is there under another name, too`, copyTo("last"), {
    found: { ...HEALTHY, says: [/1 additional files were found in the repo/] },
    repair: () => [["prune"]],
  });
  CASES.push({
    name: `an index file is gone, and a pack of ${kind} is there under another name, too`,
    async damage({ repo, whole }) {
      await copyTo("last")(join(repo, file(whole)));
      await rm(join(repo, index(whole)));
    },
    found: { quick: 1, thorough: 1, says: [FAILED] },
    // What the copy is called is wrong, and what it holds is right.
    repair: () => [REPAIR_INDEX, ["repair", "packs", copyOf("last")]],
  });
  for (const [how, edit, found] of [
    ["whole", async () => undefined, HEALTHY],
    ["missing", missing, { quick: 1, thorough: 1, says: [/does not exist/, FAILED] }],
    ["empty", empty, { quick: 1, thorough: 1, says: [/unexpected file size/, FAILED] }],
    ["cut off", cutTo(300), { quick: 1, thorough: 1, says: [/unexpected file size/, FAILED] }],
    ["flipped", flip(30), { quick: 0, thorough: 1, says: DATA_ERRORS }],
    ["flipped in its header", flip(-30), { quick: 0, thorough: 1, says: DATA_ERRORS }],
  ] as const) {
    CASES.push({
      name: `all blobs of a pack of ${kind} are there twice, and the first pack is ${how}`,
      async damage({ repo, whole }) {
        await storeTwice(repo, whole.layers.one[kind].id);
        await edit(join(repo, file(whole)));
      },
      found,
      repair({ whole }) {
        const id = whole.layers.one[kind].id;
        const steps = how === "whole" ? [] : [how === "missing" ? REPAIR_INDEX : ["repair", "packs", id]];
        return [...steps, ["prune", "--max-unused=0"]];
      },
    });
  }
}

// Locks: nobody can tell what a damaged one forbids, so both tools wait for it to become readable, for 35 seconds.
const waitsForLock = process.env["TASTIC_FULL_SCALE"] === "1";
CASES.push({
  name: "a lock is empty",
  damage: async ({ repo }) => empty(await addLock(repo)),
  // As some stores leave it where a lock was not stored to its end.
  found: HEALTHY,
  repair: () => [["unlock", "--remove-all"]],
});
for (const [how, edit] of [
  ["cut off", cutTo(40)],
  ["flipped", flip(40)],
] as const) {
  CASES.push({
    name: `a lock is ${how}`,
    damage: async ({ repo }) => edit(await addLock(repo)),
    found: waitsForLock
      ? { quick: 11, thorough: 11, restic: 1, locked: true, says: [/unlock --remove-all/] }
      : HEALTHY,
    repair: () => [["unlock", "--remove-all"]],
  });
}
CASES.push({
  name: "a lock is there under another name, too",
  damage: async ({ repo }) => copyTo("last")(await addLock(repo)),
  found: waitsForLock
    ? { quick: 11, thorough: 11, restic: "any", locked: true, says: [/locked|cannot be read/] }
    : HEALTHY,
  repair: () => [["unlock", "--remove-all"]],
});

export const damageCases: readonly DamageCase[] = CASES;

async function cutBy(path: string, bytes: number): Promise<void> {
  const { size } = await stat(path);
  await truncateFile(path, size - bytes);
}

/** Lists a pack in a further index file. */
async function listAgain(repo: string, pack: string): Promise<void> {
  const repository = await openTestRepository(repo);
  const { size } = await stat(join(repo, "data", pack.slice(0, 2), pack));
  const id = pack as PackId;
  const blobs = await repository.loadPackHeader(id, size);
  await repository.saveUnpacked<IndexId>("index", encodeIndex([{ id, blobs }]));
}

/** A lock of a process that is at work elsewhere. Returns its path. */
async function addLock(repo: string): Promise<string> {
  const repository = await openTestRepository(repo);
  const time = formatTime(BigInt(Date.now()) * 1_000_000n);
  const lock = { time, exclusive: true, hostname: "elsewhere", username: "", pid: 4711, uid: 0, gid: 0 };
  const id = await repository.saveUnpacked<LockId>("lock", encodeLock(lock));
  return join(repo, "locks", id);
}
