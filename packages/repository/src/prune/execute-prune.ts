/**
 * Carrying out a plan, in an order that loses nothing wherever it ends: packs that no index lists go; new packs come,
 * with an index of their own; then a new index for all that stays; only then the old index files go, and last the packs
 * that no index lists any more.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { PACK } from "../blob-entry.js";
import { throwIfCancelled } from "../cancellation.js";
import type { ListedPack } from "../index-files.js";
import { PackTable } from "../pack-table.js";
import type { Repository } from "../repository.js";
import type { PrunePlan } from "./plan-prune.js";
import type { PruneLimits, PruneObserver, PrunePhase } from "./prune-types.js";
import { removeFiles } from "./remove-files.js";
import { repack } from "./repack.js";
import { replaceIndex, saveNewIndex } from "./rewrite-index.js";
import type { IndexFile, NewIndex } from "./rewrite-index.js";

export interface ExecuteOptions extends PruneLimits {
  readonly signal?: AbortSignal;
  readonly onEvent?: PruneObserver;
}

/**
 * Carries out a plan. `files` are all index files, with what they list. The repository's index is of no more use
 * afterwards.
 * Errors: `incomplete` where what nobody needs could not be removed; else whatever ended it.
 */
export async function executePrune(
  repository: Repository,
  files: readonly IndexFile[],
  plan: PrunePlan,
  options: ExecuteOptions,
): Promise<void> {
  const run = new Execution(repository, files, plan, options);
  await run.removeUnreferenced();
  await run.repack();
  if (options.unsafeRecovery === true) await run.replaceIndexUnsafely();
  else {
    await run.replaceIndex();
    await run.removePacks();
  }
  throwIfCancelled(options.signal);
  if (run.failures === 0) return;
  throw new TasticError("incomplete", `${run.failures} files that are not needed could not be removed`, {
    guidance: "The repository is whole. Run prune again when the store lets files be removed.",
  });
}

class Execution {
  readonly #repository: Repository;
  readonly #files: IndexFile[];
  readonly #plan: PrunePlan;
  readonly #options: ExecuteOptions;
  readonly #table: PackTable;
  /** The entries of packs that were written here. */
  readonly #written = new Map<number, ListedPack["entries"]>();
  /** Files that could not be removed. */
  failures = 0;

  constructor(repository: Repository, files: readonly IndexFile[], plan: PrunePlan, options: ExecuteOptions) {
    this.#repository = repository;
    this.#files = [...files];
    this.#plan = plan;
    this.#options = options;
    this.#table = new PackTable(repository.index);
  }

  async removeUnreferenced(): Promise<void> {
    const { unreferenced } = this.#plan;
    if (unreferenced.length > 0) await this.#removePacks("remove-unreferenced", unreferenced);
  }

  async repack(): Promise<void> {
    const { signal, onEvent } = this.#options;
    const total = this.#plan.repack.length;
    if (total === 0) return;
    onEvent?.({ type: "phase", phase: "repack" });
    const repository = this.#repository;
    const writer = repository.createWriter({
      ...(signal && { signal }),
      onIndex: (id, packs) => {
        const numbers = packs.map(({ id: pack }) => repository.index.find(pack, PACK));
        for (const [i, number] of numbers.entries()) this.#written.set(number, packs[i]?.entries ?? []);
        this.#files.push({ id, packs: numbers });
      },
    });
    let done = 0;
    try {
      await repack(repository, this.#table, this.#plan, writer, {
        signal,
        compressAll: this.#options.repackUncompressed === true,
        onPack: () => onEvent?.({ type: "progress", phase: "repack", done: ++done, total }),
      });
      await writer.flush();
    } finally {
      await writer.settle();
    }
  }

  /** Everything that stays is listed twice for a while, never not at all. */
  async replaceIndex(): Promise<void> {
    const index = this.#newIndex();
    if (index.gone.size === 0) return;
    await replaceIndex(this.#repository, index, this.#options);
  }

  async removePacks(): Promise<void> {
    const { repack: old, remove } = this.#plan;
    const ids = [...remove, ...old].map((pack) => idFromBytes<PackId>(this.#repository.index.id(pack)));
    if (ids.length > 0) await this.#removePacks("remove-packs", ids);
  }

  /** Makes room before anything is written: if that is interrupted, there is no index. */
  async replaceIndexUnsafely(): Promise<void> {
    const { signal, onEvent } = this.#options;
    await this.#removeIndexFiles("remove-all-index", this.#files);
    await this.removePacks();
    throwIfCancelled(signal);
    onEvent?.({ type: "phase", phase: "save-index" });
    const index = this.#newIndex();
    const total = this.#repository.index.packCount - index.gone.size;
    let done = 0;
    const onFile = (packs: number): void => {
      onEvent?.({ type: "progress", phase: "save-index", done: (done += packs), total });
    };
    await saveNewIndex(this.#repository, this.#files, index, onFile, signal);
  }

  #newIndex(): NewIndex {
    const { repack: old, remove, forget } = this.#plan;
    return {
      files: this.#files,
      gone: new Set([...old, ...remove, ...forget]),
      blobsOf: (pack) => this.#written.get(pack) ?? this.#table.blobs(pack),
    };
  }

  /** Throws if one stays: it would name packs that are about to go. */
  async #removeIndexFiles(phase: PrunePhase, files: readonly IndexFile[]): Promise<void> {
    const ids = files.map(({ id }) => id);
    await removeFiles(this.#repository, "index", ids, { ...this.#options, phase, tolerant: false });
  }

  async #removePacks(phase: PrunePhase, ids: readonly PackId[]): Promise<void> {
    this.failures += await removeFiles(this.#repository, "pack", ids, {
      ...this.#options,
      phase,
      tolerant: true,
    });
  }
}
