/**
 * Reading many blobs as they are stored, pack by pack and a little ahead of whoever takes them: for moving blobs from
 * one pack, or one repository, to another.
 */
import { isTasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { planReads } from "./blob-loader.js";
import type { PackRange, ReadLimits } from "./blob-loader.js";
import { throwIfCancelled } from "./cancellation.js";
import { releaseMemory } from "@tastic/crypto";
import type { Repository } from "./repository.js";

/** What is wanted of a pack: its entry number, and those of blobs. */
export interface WantedPack {
  readonly pack: number;
  readonly entries: readonly number[];
}

/** A stretch of a pack. Its bytes are the taker's until the next one is asked for. */
export interface SealedStretch {
  /** In ascending order of offset. */
  readonly entries: readonly number[];
  /** The sealed bytes of one of the entries; undefined where the pack could not be read. */
  sealed(entry: number): Uint8Array | undefined;
  /** Is it the last one of its pack? */
  readonly isLast: boolean;
}

/** Two or three of these are in memory at a time. */
const LIMITS: ReadLimits = { bytes: 16 << 20, blobs: 1 << 16 };
const MOST_AHEAD = 2;

interface Read {
  readonly pack: PackId;
  /** Without a range, there is nothing to read of a pack. */
  readonly range: PackRange | undefined;
  readonly isLast: boolean;
}

/**
 * The stretches of packs that hold what is wanted, one after the other. A pack of which nothing is wanted is one empty
 * stretch. `packs` is asked for the next one only when it is read.
 */
export async function* readSealed(
  repository: Repository,
  packs: Iterable<WantedPack>,
  signal: AbortSignal | undefined,
): AsyncGenerator<SealedStretch, void, undefined> {
  const reads = planAll(repository, packs);
  const ahead: { readonly read: Read; readonly bytes: Promise<Uint8Array<ArrayBuffer> | undefined> }[] = [];
  const fill = (): void => {
    while (ahead.length <= Math.min(MOST_AHEAD, repository.storage.connections)) {
      const next = reads.next();
      if (next.done === true) return;
      ahead.push({ read: next.value, bytes: load(repository, next.value, signal) });
    }
  };
  try {
    for (;;) {
      fill();
      const next = ahead.shift();
      if (next === undefined) return;
      const bytes = await next.bytes;
      throwIfCancelled(signal);
      yield stretchOf(repository, next.read, bytes);
      if (bytes !== undefined) releaseMemory(bytes);
    }
  } finally {
    await Promise.all(ahead.map(({ bytes }) => bytes));
  }
}

function* planAll({ index }: Repository, packs: Iterable<WantedPack>): Generator<Read, void, undefined> {
  for (const { pack, entries } of packs) {
    const id = idFromBytes<PackId>(index.id(pack));
    const ranges = planReads(index, entries, LIMITS);
    if (ranges.length === 0) yield { pack: id, range: undefined, isLast: true };
    for (const [i, range] of ranges.entries()) yield { pack: id, range, isLast: i === ranges.length - 1 };
  }
}

/** Never rejects: what cannot be read here may be read elsewhere, and whoever takes it sees to that. */
async function load(
  repository: Repository,
  { pack, range }: Read,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (range === undefined) return undefined;
  try {
    return await repository.blobs.loadRange(pack, range, signal);
  } catch (error) {
    if (!isTasticError(error)) throw error;
    return undefined;
  }
}

function stretchOf(
  { index }: Repository,
  { range, isLast }: Read,
  bytes: Uint8Array | undefined,
): SealedStretch {
  return {
    entries: range?.entries ?? [],
    isLast,
    sealed(entry) {
      if (range === undefined || bytes === undefined) return undefined;
      const at = index.offset(entry) - range.offset;
      return bytes.subarray(at, at + index.length(entry));
    },
  };
}
