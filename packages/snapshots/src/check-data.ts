/**
 * The last part of a check: reads packs whole and verifies every byte. The pack must have the hash that is its name, its
 * header must say what the index says, and each blob must open and have the hash that is its id.
 */
import type { IncrementalHash, Sealer } from "@tastic/crypto";
import { TasticError, messageOf } from "@tastic/errors";
import {
  HEADER_LENGTH_SIZE,
  SEALING_OVERHEAD,
  decodePackHeader,
  idFromBytes,
  idToBytes,
  readHeaderLength,
} from "@tastic/format";
import type { PackEntry } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "./cancellation.js";
import type { CheckReport } from "./check-report.js";
import type { PackTable } from "./pack-table.js";

/** A pack is read in pieces of about this many bytes, each a whole number of blobs. */
const PIECE = 8 << 20;
/** Longer than any pack that a writer makes, and the longest blob that is opened. */
const MAX_PIECE = 1 << 30;

/** Reads these packs, a few at a time. What is wrong goes to the report. */
export async function checkData(
  repository: Repository,
  packs: PackTable,
  selected: readonly number[],
  report: CheckReport,
  signal?: AbortSignal,
): Promise<void> {
  const sealer = repository.crypto.createSealer(repository.masterKey);
  let next = 0;
  let done = 0;
  report.progress("data", 0, selected.length);
  const work = async (): Promise<void> => {
    for (let pack = selected[next++]; pack !== undefined; pack = selected[next++]) {
      await checkPack(repository, sealer, packs, pack, report, signal);
      report.progress("data", ++done, selected.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(repository.storage.connections, selected.length) }, work));
}

async function checkPack(
  repository: Repository,
  sealer: Sealer,
  packs: PackTable,
  pack: number,
  report: CheckReport,
  signal: AbortSignal | undefined,
): Promise<void> {
  const id = packs.id(pack);
  const reader = new PackReader(repository, sealer, packs, pack);
  try {
    await reader.read(signal);
  } catch (error) {
    throwIfCancelled(signal, "checking packs");
    // It may be there and whole: this says nothing of what it holds.
    report.error(`download error: ${messageOf(error)}`);
    return;
  }
  if (reader.problems.length === 0) return;
  report.broken(id);
  report.error(`pack ${id} contains ${reader.problems.length} errors: [${reader.problems.join(" ")}]`);
}

/** One pass over one pack. */
class PackReader {
  readonly problems: string[] = [];
  readonly #repository: Repository;
  readonly #sealer: Sealer;
  readonly #packs: PackTable;
  readonly #pack: number;
  readonly #hash: IncrementalHash;

  constructor(repository: Repository, sealer: Sealer, packs: PackTable, pack: number) {
    this.#repository = repository;
    this.#sealer = sealer;
    this.#packs = packs;
    this.#pack = pack;
    this.#hash = repository.crypto.createHash();
  }

  /** @throws what the store throws */
  async read(signal: AbortSignal | undefined): Promise<void> {
    const { index } = this.#repository;
    const blobs = this.#packs.blobs(this.#pack);
    const size = this.#packs.size(this.#pack);
    let offset = 0;
    for (let first = 0; first < blobs.length;) {
      let last = first;
      let end = offset;
      for (; last < blobs.length && (end === offset || end - offset < PIECE); last++) {
        const entry = blobs[last] ?? 0;
        const begin = index.offset(entry);
        if (begin !== end) {
          this.#disagree();
          return;
        }
        end = begin + index.length(entry);
      }
      const bytes = await this.#load(offset, end - offset, signal);
      for (const entry of blobs.slice(first, last)) this.#checkBlob(entry, bytes, offset);
      first = last;
      offset = end;
    }
    const tail = await this.#load(offset, size - offset, signal);
    this.#checkHeader(blobs, tail, size);
    const found = idFromBytes(this.#hash.digest());
    if (found !== this.#packs.id(this.#pack)) this.problems.push(`unexpected pack id ${found}`);
  }

  async #load(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    throwIfCancelled(signal, "checking packs");
    if (length > MAX_PIECE)
      throw new TasticError(
        "limit-exceeded",
        `pack ${this.#packs.id(this.#pack)}: a blob of ${length} bytes`,
      );
    const file = { type: "pack", name: this.#packs.id(this.#pack) } as const;
    const bytes = await this.#repository.storage.load(file, { offset, length }, { signal });
    this.#hash.update(bytes);
    return bytes;
  }

  #disagree(): void {
    this.problems.push("the blobs that the index lists overlap or leave gaps");
  }

  #checkBlob(entry: number, bytes: Uint8Array, start: number): void {
    const { index, blobs } = this.#repository;
    const at = index.offset(entry) - start;
    try {
      blobs.openEntry(entry, bytes.subarray(at, at + index.length(entry)));
    } catch (error) {
      this.problems.push(`blob ${idFromBytes(index.id(entry))}: ${messageOf(error)}`);
    }
  }

  /** @param tail what follows the last blob: the sealed header and its length */
  #checkHeader(blobs: readonly number[], tail: Uint8Array, size: number): void {
    const { index } = this.#repository;
    let entries: PackEntry[];
    try {
      const length = readHeaderLength(tail.subarray(-HEADER_LENGTH_SIZE), size, "header");
      if (length !== tail.length - HEADER_LENGTH_SIZE || length < SEALING_OVERHEAD) {
        this.problems.push(
          `header: its length is ${length}, but the index implies ${tail.length - HEADER_LENGTH_SIZE}`,
        );
        return;
      }
      entries = decodePackHeader(this.#sealer.open(tail.subarray(0, length), "header"), size, "header");
    } catch (error) {
      this.problems.push(messageOf(error));
      return;
    }
    const agrees =
      entries.length === blobs.length &&
      entries.every(({ type, id, offset, length, uncompressedLength }, i) => {
        const entry = blobs[i] ?? 0;
        return (
          (type === "tree") === (index.kind(entry) === TREE) &&
          offset === index.offset(entry) &&
          length === index.length(entry) &&
          uncompressedLength === index.uncompressedLength(entry) &&
          Buffer.compare(idToBytes(id), index.id(entry)) === 0
        );
      });
    if (!agrees) this.problems.push("header and index do not list the same blobs");
  }
}
