/**
 * Making the task of a stretch out of what is planned and what is known of the files.
 */
import type { FileLedger } from "./file-ledger.js";
import type { RestoreContext } from "./restore-context.js";
import type { Stretch } from "./restore-stretches.js";
import {
  DEVICE,
  FILE_FIELDS,
  FLAGS,
  INODE,
  IS_BEGUN,
  IS_EXISTING,
  IS_WHOLE,
  LENGTH,
  METADATA,
} from "./restore-task.js";
import type { RestoreTask } from "./restore-task.js";

/** A task, and what its numbers stand for in the plan. */
export interface PlannedTask {
  readonly task: RestoreTask;
  /** The planned blob of each write. */
  readonly blobs: readonly number[];
  /** The file of each write, as in the task, whose own memory changes hands. */
  readonly targets: readonly number[];
  /** The planned file of each file. */
  readonly files: readonly number[];
  /** Writes of each file. */
  readonly writes: readonly number[];
}

/**
 * Begins the files that reach beyond the stretch, so that nobody else has to; leaves out files that failed.
 * @param bytes the stretch as stored
 */
export function buildTask(
  context: RestoreContext,
  ledger: FileLedger,
  { range, blobs }: Stretch,
  bytes: Uint8Array<ArrayBuffer>,
): PlannedTask {
  const { plan, folders } = context;
  const wanted = withoutFailed(context, ledger, blobs);
  const { files, numbers, writes } = filesOf(context, wanted);
  const targets = wanted.map((blob) => numbers.get(plan.blobFile(blob)) ?? 0);
  const columns = new Float64Array(files.length * FILE_FIELDS);
  for (const [number, file] of files.entries()) {
    describeFile(context, ledger, file, writes[number] ?? 0, columns, number * FILE_FIELDS);
  }
  const task: RestoreTask = {
    bytes,
    offset: range.offset,
    entries: Uint32Array.from(wanted, (blob) => plan.blobEntry(blob)),
    targets: Uint32Array.from(targets),
    places: Float64Array.from(wanted, (blob) => plan.blobOffset(blob)),
    paths: files.map((file) => folders.locate(plan.filePath(file))),
    files: columns,
  };
  return { task, blobs: wanted, targets, files, writes };
}

/** The memory of a task that can change hands. */
export function transferOf({ bytes, entries, targets, places, files }: RestoreTask): ArrayBuffer[] {
  return [bytes.buffer, entries.buffer, targets.buffer, places.buffer, files.buffer];
}

function withoutFailed({ plan }: RestoreContext, ledger: FileLedger, blobs: Uint32Array): number[] {
  return Array.from(blobs).filter((blob) => !ledger.hasFailed(plan.blobFile(blob)));
}

function filesOf(
  { plan }: RestoreContext,
  blobs: readonly number[],
): { files: number[]; numbers: Map<number, number>; writes: number[] } {
  const files: number[] = [];
  const writes: number[] = [];
  const numbers = new Map<number, number>();
  for (const blob of blobs) {
    const file = plan.blobFile(blob);
    let number = numbers.get(file);
    if (number === undefined) {
      number = files.push(file) - 1;
      numbers.set(file, number);
      writes.push(0);
    }
    writes[number] = (writes[number] ?? 0) + 1;
  }
  return { files, numbers, writes };
}

function describeFile(
  context: RestoreContext,
  ledger: FileLedger,
  file: number,
  writes: number,
  columns: Float64Array,
  at: number,
): void {
  const { plan, attributes } = context;
  const metadata = plan.fileMetadata(file);
  const reachesBeyond = ledger.missing(file) > writes;
  if (reachesBeyond) ledger.begin(file);
  const identity = ledger.identity(file);
  const isWhole = !reachesBeyond && attributes.wanted(plan.metadata.attributes(metadata)).length === 0;
  columns[at + FLAGS] =
    (plan.isExisting(file) ? IS_EXISTING : 0) |
    (identity === undefined ? 0 : IS_BEGUN) |
    (isWhole ? IS_WHOLE : 0);
  columns[at + LENGTH] = ledger.startLength(file);
  columns[at + DEVICE] = identity?.device ?? 0;
  columns[at + INODE] = identity?.inode ?? 0;
  plan.metadata.copyTo(metadata, columns, at + METADATA);
}
