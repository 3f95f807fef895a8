/**
 * A copy during a run: what is done to it, step by step, and why it stopped where it did. A step that fails ends the work
 * on this copy; the other copy goes on.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import {
  backup,
  check,
  copy,
  listSnapshots,
  prune,
  removeLocks,
  removeSnapshots,
  repairIndex,
  repairPacks,
  tagSnapshots,
  type HeldLock,
  type PackId,
  type RepairEvent,
  type Repository,
  type SnapshotId,
  type StoredSnapshot,
} from "tastic";
import type { CopyAccess } from "../copies/copy-store.js";
import { isOurs, jobOf, programVersion, type MergedSnapshot } from "../copies/merged-snapshots.js";
import { openCopy, type OpenedCopy, type OpenOptions } from "../copies/opened-copy.js";
import type { RunTask } from "./runs.js";
import type { Sources } from "./sources.js";

/** How long a lock of somebody else is waited for. */
const lockPatience = 5 * 60_000;

/** What a snapshot of a run says of itself, in whichever copy it is made. */
export interface BackupAbout {
  readonly tags: readonly string[];
  readonly host: string;
  readonly job: string | undefined;
  /** When the run began, milliseconds since 1970. */
  readonly time: number;
}

export interface MadeSnapshot {
  readonly id: SnapshotId;
  /** How many files and folders could not be read. */
  readonly unread: number;
  /** Of the source. */
  readonly bytes: number;
  /** Bytes that it took in the repository. */
  readonly added: number;
}

export interface WorkOptions {
  readonly task: RunTask;
  readonly open: OpenOptions;
}

export class CopyWork {
  readonly access: CopyAccess;
  readonly #options: WorkOptions;
  #opened: OpenedCopy;
  #lock: HeldLock | undefined;
  #indexLoaded = false;
  #brokenPacks: readonly PackId[] = [];

  constructor(opened: OpenedCopy, options: WorkOptions) {
    this.access = opened.access;
    this.#opened = opened;
    this.#options = options;
  }

  get id(): string {
    return this.access.id;
  }

  get repository(): Repository {
    return this.#opened.repository;
  }

  get snapshots(): OpenedCopy["snapshots"] {
    return this.#opened.snapshots;
  }

  /** Removes locks that nobody is behind, and takes one for adding. */
  async begin(): Promise<void> {
    const { task } = this.#options;
    task.step(`unlock ${this.id}`);
    const removed = await removeLocks(this.repository.lockStore, false);
    if (removed > 0) task.log(`${this.id}: ${removed} stale locks removed`);
    await this.#take(false);
  }

  /**
   * Reads the source, and stores a snapshot. That something fails does not say that there is none: its answer may have been
   * lost, and then a second one must not be made.
   */
  async backup(sources: Sources, about: BackupAbout): Promise<MadeSnapshot> {
    const { task } = this.#options;
    task.step(`backup ${this.id}`);
    const before = new Set(this.snapshots.map(({ id }) => id));
    const counted = { unread: 0 };
    let made: StoredSnapshot;
    try {
      made = await this.#backup(sources, about, counted);
    } catch (error) {
      if (task.signal.aborted || !isTasticError(error)) throw error;
      const stored = await this.#findStored(about, before);
      if (stored === undefined) throw error;
      task.log(`${this.id}: the snapshot is stored, although ${error.message}`);
      made = stored;
    }
    task.made(made.id);
    const {
      totalFilesProcessed: files = 0,
      totalBytesProcessed: bytes = 0,
      dataAddedPacked: added = 0,
    } = made.summary ?? {};
    task.log(`${this.id}: snapshot ${made.id.slice(0, 8)}, ${files} files, ${bytes} bytes, ${added} stored`);
    return { id: made.id, unread: counted.unread, bytes, added };
  }

  async #backup(sources: Sources, about: BackupAbout, counted: { unread: number }): Promise<StoredSnapshot> {
    const { task } = this.#options;
    await this.loadIndex();
    const started = performance.now();
    let told = 0;
    const { snapshotId } = await backup(this.repository, {
      targets: sources.targets,
      excludes: sources.excludes,
      excludePatterns: sources.excludePatterns,
      tags: about.tags,
      hostname: about.host,
      time: BigInt(Math.floor(about.time)) * 1_000_000n,
      ...this.#parentOf(about),
      programVersion,
      // A 3Bot has other things to do than to back itself up.
      workers: 0,
      signal: this.#signal,
      onEvent(event) {
        if (event.type === "error") {
          if (event.during === "archival") counted.unread++;
          task.log(`cannot read ${event.path}: ${event.message}`);
        } else if (event.type === "warning" && told++ < 20) task.log(`${event.path ?? ""}: ${event.message}`);
        else if (event.type === "progress") {
          const { filesDone, bytesDone, totalFiles, totalBytes, scanFinished } = event;
          const seconds = (performance.now() - started) / 1000;
          const total = scanFinished ? totalBytes : undefined;
          task.progress({
            files: filesDone,
            bytes: bytesDone,
            totalFiles: scanFinished ? totalFiles : undefined,
            totalBytes: total,
            remaining:
              total === undefined || bytesDone === 0
                ? undefined
                : (seconds * (total - bytesDone)) / bytesDone,
          });
        }
      },
    });
    if (snapshotId === undefined) throw new TasticError("internal", "the backup made no snapshot");
    const made = { ...(await this.repository.loadSnapshot(snapshotId)), id: snapshotId };
    this.snapshots.push(made);
    return made;
  }

  /** What it compares with: the newest of the same series, whatever the paths were then. */
  #parentOf({ host, job, time }: BackupAbout): { readonly parent: SnapshotId } | { readonly force: true } {
    const before = this.snapshots.filter(
      (one) => one.hostname === host && jobOf(one) === job && Date.parse(one.time) <= time,
    );
    const parent = before.at(-1)?.id;
    return parent === undefined ? { force: true } : { parent };
  }

  /** What this run has stored after all. The copy is open anew then, if it can be reached. */
  async #findStored(
    { host, time }: BackupAbout,
    before: ReadonlySet<SnapshotId>,
  ): Promise<StoredSnapshot | undefined> {
    try {
      await this.restart();
    } catch (error) {
      if (!isTasticError(error)) throw error;
      // Whether it is there shows at the next run.
      this.#options.task.log(`${this.id}: ${error.message}`);
      return undefined;
    }
    return this.snapshots.find(
      (one) =>
        !before.has(one.id) &&
        isOurs(one) &&
        one.hostname === host &&
        Date.parse(one.time) === Math.floor(time),
    );
  }

  /** Brings snapshots over from another copy. Returns how many. */
  async copyFrom(source: CopyWork, wanted: readonly MergedSnapshot[]): Promise<number> {
    if (wanted.length === 0) return 0;
    const { task } = this.#options;
    task.step(`copy ${source.id} to ${this.id}`);
    await source.loadIndex();
    await this.loadIndex();
    const oldestFirst = wanted.flatMap(({ inCopies }) => inCopies.get(source.id)?.at(-1) ?? []).reverse();
    const { snapshotsCopied } = await copy(source.repository, this.repository, oldestFirst, this.snapshots, {
      signal: AbortSignal.any([source.#signal, this.#signal]),
      onEvent: (event) => {
        if (event.type === "progress") {
          const { done, total } = event;
          const amount = { files: done.blobs, bytes: done.bytes };
          task.progress({
            ...amount,
            totalFiles: total.blobs,
            totalBytes: total.bytes,
            remaining: undefined,
          });
        } else if (event.type === "saved") {
          task.log(
            `${this.id}: snapshot ${event.snapshot.id.slice(0, 8)} of ${source.id} is here as ${event.id.slice(0, 8)}`,
          );
        }
      },
    });
    this.#opened = { ...this.#opened, snapshots: await listSnapshots(this.repository) };
    return snapshotsCopied;
  }

  /** Changes tags, and removes snapshots. Takes an exclusive lock, and keeps it for `prune`. */
  async change(changes: {
    readonly tags: readonly {
      readonly snapshot: SnapshotId;
      readonly add: readonly string[];
      readonly remove: readonly string[];
    }[];
    readonly forget: readonly SnapshotId[];
  }): Promise<void> {
    const { task } = this.#options;
    task.step(`forget ${this.id}`);
    if (changes.tags.length + changes.forget.length === 0) return;
    await this.#take(true);
    for (const { snapshot, add, remove } of changes.tags) {
      const stored = this.snapshots.find(({ id }) => id === snapshot);
      if (stored === undefined) continue;
      await tagSnapshots(
        this.repository,
        [stored],
        { add, remove },
        {
          onEvent(event) {
            if (event.type === "error") throw event.error;
          },
        },
      );
    }
    const failed = await removeSnapshots(this.repository.storage, changes.forget, {
      signal: this.#signal,
      onEvent(event) {
        if (event.type === "removed") task.log(`forgotten ${event.id.slice(0, 8)}`);
        else task.log(`not forgotten ${event.id.slice(0, 8)}: ${messageOf(event.error)}`);
      },
    });
    if (failed.length > 0) {
      throw new TasticError(
        "storage-failed",
        `${failed.length} snapshots of ${this.id} could not be removed`,
        {
          guidance: "It is tried again at the next run.",
        },
      );
    }
    this.#opened = { ...this.#opened, snapshots: await listSnapshots(this.repository) };
  }

  /** Removes what no snapshot needs. Returns the bytes of the repository then. */
  async prune(): Promise<number> {
    const { task } = this.#options;
    task.step(`prune ${this.id}`);
    await this.#reopen();
    await this.#take(true);
    const { stats } = await prune(this.repository, {
      signal: this.#signal,
      onEvent(event) {
        if (event.type === "error") task.log(event.message);
      },
    });
    const { used, duplicate, unused, remove, repackRemove } = stats.bytes;
    const left = used + duplicate + unused - remove - repackRemove;
    task.log(`${this.id}: ${remove + repackRemove} bytes removed, ${left} left`);
    return Math.max(0, left);
  }

  /**
   * Looks whether all is there.
   * @param reading also reads all data: where a drill has found something, that is where it shows
   * @throws TasticError damaged-repository
   */
  async check(reading = false): Promise<void> {
    const { task } = this.#options;
    task.step(`check ${this.id}`);
    await this.#reopen();
    await this.#take(false);
    const errors: string[] = [];
    const { errorCount, brokenPacks } = await check(this.repository, {
      ...(reading && { readData: { kind: "all" } }),
      workers: 0,
      signal: this.#signal,
      onEvent(event) {
        if (event.type === "error") {
          errors.push(event.message);
          if (errors.length < 50) task.log(event.message);
        }
      },
    });
    this.#brokenPacks = brokenPacks;
    if (errorCount === 0) return;
    throw new TasticError(
      "damaged-repository",
      `${this.id} is damaged: ${errors[0] ?? `${errorCount} errors`}`,
      {
        guidance:
          "The log of the run says more. Another copy can make this one whole again; do not remove anything.",
      },
    );
  }

  /**
   * Makes a damaged copy whole from one that is not. What is broken is given up, and with it the snapshots that the other
   * copy has; then these come over again, which takes no more than what is missing.
   */
  async mendFrom(
    source: CopyWork,
    both: readonly MergedSnapshot[],
    doubtful: readonly MergedSnapshot[],
  ): Promise<void> {
    const { task } = this.#options;
    task.step(`mend ${this.id}`);
    const broken = this.#brokenPacks;
    const observed = { onEvent: (event: RepairEvent) => event.type === "detail" && task.log(event.message) };
    if (broken.length > 0) {
      await this.#reopen();
      await this.#take(true);
      await repairPacks(this.repository, broken, { signal: this.#signal, ...observed });
    }
    await this.#reopen();
    await this.#take(true);
    await repairIndex(this.repository, { signal: this.#signal, ...observed });
    await this.#reopen();
    const ids = [...both, ...doubtful].flatMap(
      ({ inCopies }) => inCopies.get(this.id)?.map(({ id }) => id) ?? [],
    );
    await this.change({ tags: [], forget: ids });
    await this.#take(false);
    await this.copyFrom(source, both);
    await this.check(broken.length > 0);
  }

  async loadIndex(): Promise<void> {
    if (this.#indexLoaded) return;
    await this.repository.loadIndex({ signal: this.#signal });
    this.#indexLoaded = true;
  }

  /** Opens it anew: after a failure, what is known of it may be more than what is stored. */
  async restart(): Promise<void> {
    await this.#reopen();
    await this.#take(false);
  }

  /** Lets go of the lock and of the connections. */
  async end(): Promise<void> {
    await this.#release();
    await this.#opened.close();
  }

  async #reopen(): Promise<void> {
    await this.#release();
    await this.#opened.close();
    this.#opened = await openCopy(this.access, this.#options.open);
    this.#indexLoaded = false;
  }

  async #take(exclusive: boolean): Promise<void> {
    const { task } = this.#options;
    await this.#release();
    this.#lock = await this.repository.lock({
      exclusive,
      retryForMs: lockPatience,
      signal: task.signal,
      onWait: () => task.log(`${this.id}: waiting for the lock of another program`),
    });
  }

  async #release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  get #signal(): AbortSignal {
    const { signal } = this.#options.task;
    return this.#lock === undefined ? signal : AbortSignal.any([signal, this.#lock.signal]);
  }
}
