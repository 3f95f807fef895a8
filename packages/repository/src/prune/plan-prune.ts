/**
 * Planning a prune: each pack is kept, removed, or written anew without what nobody needs. A plan is made only where
 * everything that is needed is there.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes, idToBytes, shortId } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { PACK } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { Repository } from "../repository.js";
import { BlobUse } from "./blob-use.js";
import type { UsedBlobs } from "./blob-use.js";
import { choosePacks, isOnlyData, smallPackBytes } from "./pack-choice.js";
import type { Candidate } from "./pack-choice.js";
import { bytesOf, findPackUse } from "./pack-use.js";
import type { PackUse } from "./pack-use.js";
import { emptyStats } from "./prune-types.js";
import type { PruneLimits, PruneObserver, PruneStats, PruneSummary } from "./prune-types.js";

export interface PrunePlan {
  readonly summary: PruneSummary;
  /** Packs that no index lists. */
  readonly unreferenced: readonly PackId[];
  /** The others by their entry numbers in the index. To be written anew, in this order: */
  readonly repack: readonly number[];
  readonly remove: readonly number[];
  /** Packs that are gone already and not needed: the index forgets them. */
  readonly forget: readonly number[];
  /** By entry: is it a blob's first entry, and must the blob be written anew? */
  readonly wanted: Uint8Array;
  readonly use: BlobUse;
}

export interface PlanOptions extends PruneLimits {
  readonly signal?: AbortSignal;
  readonly onEvent?: PruneObserver;
}

/** Errors: `invalid-argument` for limits that this repository cannot have. */
export function checkPruneLimits(repository: Repository, limits: PruneLimits): void {
  if (repository.storage.connections < 2) {
    throw new TasticError("invalid-argument", "prune requires a backend connection limit of at least two");
  }
  if (repository.config.version < 2 && limits.repackUncompressed === true) {
    throw new TasticError("invalid-argument", "compression requires at least repository format version 2");
  }
  if ((limits.repackSmallerThan ?? 0) > repository.packerSettings.packSize) {
    throw new TasticError("invalid-argument", "repack-smaller-than exceeds repository packsize", {
      guidance: "Give a larger pack size, too, or a smaller limit.",
    });
  }
}

/**
 * Makes a plan. The index is loaded, and everything in `used` is in it.
 * Errors: `damaged-repository` where a pack that is needed is missing or not as long as the index has it;
 * `invalid-argument`, `cancelled`, the store's.
 */
export async function planPrune(
  repository: Repository,
  used: UsedBlobs,
  options: PlanOptions,
): Promise<PrunePlan> {
  checkPruneLimits(repository, options);
  const { index } = repository;
  const { signal, onEvent } = options;
  const stats = emptyStats();
  onEvent?.({ type: "phase", phase: "used-packs" });
  const use = new BlobUse(index, used);
  const packs = findPackUse(index, use, stats);
  throwIfCancelled(signal);

  onEvent?.({ type: "phase", phase: "packs" });
  const { stored, unreferenced } = await listPacks(repository, packs, stats, options);
  const forget = findMissing(repository, packs, stored, stats, onEvent);
  const sorted = sortPacks(repository, packs, stored, options, stats);
  const sizes = Float64Array.from([...stored.values(), ...unreferenced.values()]);
  const smallBytes = smallPackBytes(sizes, options);
  const small = sorted.whole.filter((pack) => bytesOf(pack) < smallBytes);
  stats.packs.keep += sorted.whole.length - small.length;
  const repack = choosePacks(sorted.candidates, small, smallBytes, options, stats).map(({ pack }) => pack);
  if (repository.config.version < 2) stats.bytes.uncompressed = 0;
  const name = (pack: number): PackId => idFromBytes(index.id(pack));
  return {
    summary: {
      stats,
      unreferenced: [...unreferenced.keys()].sort(),
      repack: repack.map(name).sort(),
      remove: sorted.remove.map(name).sort(),
    },
    unreferenced: [...unreferenced.keys()],
    repack,
    remove: sorted.remove,
    forget,
    wanted: findWanted(repository, use, new Set([...repack, ...sorted.remove, ...forget])),
    use,
  };
}

interface StoredPacks {
  /** Bytes of packs with blobs in the index, by entry number. */
  readonly stored: Map<number, number>;
  readonly unreferenced: Map<PackId, number>;
}

async function listPacks(
  { index, storage }: Repository,
  packs: ReadonlyMap<number, PackUse>,
  stats: PruneStats,
  { signal, onEvent }: PlanOptions,
): Promise<StoredPacks> {
  const stored = new Map<number, number>();
  const unreferenced = new Map<PackId, number>();
  const progress = (): void =>
    onEvent?.({ type: "progress", phase: "packs", done: stored.size, total: packs.size });
  progress();
  for await (const { name, size } of storage.list("pack", { signal })) {
    const pack = index.find(idToBytes(name), PACK);
    if (pack >= 0 && packs.has(pack)) {
      stored.set(pack, size);
      progress();
      continue;
    }
    const id = name as PackId;
    unreferenced.set(id, size);
    stats.packs.unreferenced++;
    stats.bytes.unreferenced += size;
  }
  for (const id of unreferenced.keys()) {
    onEvent?.({ type: "detail", message: `will remove pack ${shortId(id)} as it is unused and not indexed` });
  }
  return { stored, unreferenced };
}

/** Packs that are in the index, but not in the store. */
function findMissing(
  { index }: Repository,
  packs: ReadonlyMap<number, PackUse>,
  stored: ReadonlyMap<number, number>,
  { blobs, bytes }: PruneStats,
  onEvent: PruneObserver | undefined,
): number[] {
  const missing = [...packs.values()].filter(({ pack }) => !stored.has(pack));
  const needed = missing.filter(({ usedBlobs }) => usedBlobs > 0);
  const name = ({ pack }: PackUse): PackId => idFromBytes(index.id(pack));
  if (needed.length > 0) {
    const message = `The index references ${needed.length} needed pack files which are missing from the repository:`;
    onEvent?.({ type: "error", message: [message, ...needed.map((pack) => `  ${name(pack)}`)].join("\n") });
    throw damaged("packs from index missing in repo", needed.map(name));
  }
  if (missing.length > 0) {
    const lines = missing.map((pack) => `will forget missing pack file ${name(pack)}`);
    const message = "Missing but unneeded pack files are referenced in the index, will be repaired";
    onEvent?.({ type: "error", message: [message, ...lines].join("\n") });
  }
  for (const pack of missing) {
    blobs.remove += pack.unusedBlobs;
    bytes.remove += pack.unusedBytes;
  }
  return missing.map(({ pack }) => pack);
}

interface SortedPacks {
  readonly remove: number[];
  readonly candidates: Candidate[];
  /** Wholly in use and as they should be, but perhaps small. */
  readonly whole: Candidate[];
}

/** What each stored pack is, but for its size. */
function sortPacks(
  repository: Repository,
  packs: ReadonlyMap<number, PackUse>,
  stored: ReadonlyMap<number, number>,
  { repackUncompressed = false, repackCacheableOnly = false, onEvent }: PlanOptions,
  stats: PruneStats,
): SortedPacks {
  const sorted: SortedPacks = { remove: [], candidates: [], whole: [] };
  const { version } = repository.config;
  for (const [number, size] of stored) {
    const pack = packs.get(number);
    if (pack === undefined) continue;
    if (size !== bytesOf(pack) && pack.usedBlobs > 0) throw wrongSize(repository, pack, size, onEvent);
    countPack(pack, stats);
    const onlyTrees = pack.hasTrees && !pack.hasData;
    const mustCompress = version >= 2 && pack.hasUncompressed && (onlyTrees || repackUncompressed);
    const candidate = { ...pack, mustCompress };
    if (pack.usedBlobs === 0) {
      sorted.remove.push(number);
      stats.packs.remove++;
      stats.blobs.remove += pack.unusedBlobs;
      stats.bytes.remove += pack.unusedBytes;
    } else if (repackCacheableOnly && isOnlyData(pack)) stats.packs.keep++;
    else if (pack.unusedBlobs === 0 && !(pack.hasTrees && pack.hasData) && !mustCompress)
      sorted.whole.push(candidate);
    else sorted.candidates.push(candidate);
  }
  return sorted;
}

function countPack(pack: PackUse, { packs, bytes }: PruneStats): void {
  if (pack.usedBlobs === 0) packs.unused++;
  else if (pack.unusedBlobs === 0) packs.used++;
  else packs.partlyUsed++;
  if (pack.hasUncompressed) bytes.uncompressed += bytesOf(pack);
}

function wrongSize(
  { index }: Repository,
  pack: PackUse,
  size: number,
  onEvent: PruneObserver | undefined,
): TasticError {
  const id = idFromBytes<PackId>(index.id(pack.pack));
  const sizes = `calculated size ${bytesOf(pack)} does not match real size ${size}`;
  onEvent?.({ type: "error", message: `pack ${shortId(id)}: ${sizes}\nRun 'repair index'.` });
  return damaged("pack size does not match calculated size from index", [id]);
}

function damaged(message: string, packs: readonly PackId[]): TasticError {
  return new TasticError("damaged-repository", message, {
    guidance: "Nothing was removed. Run check to see what is wrong, and repair it first.",
    data: { packs },
  });
}

/** Marks, by first entry, what is in use and in no pack that stays. */
function findWanted({ index }: Repository, use: BlobUse, going: ReadonlySet<number>): Uint8Array {
  const wanted = use.copies.map((count) => (count > 0 ? 1 : 0));
  for (let entry = 0; entry < wanted.length; entry++) {
    if (index.kind(entry) === PACK || going.has(index.pack(entry))) continue;
    wanted[use.first[entry] ?? 0] = 0;
  }
  return wanted;
}
