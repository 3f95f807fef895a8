/**
 * The second pass of a restore: loads what is needed pack by pack, with few reads, and has it written to where it belongs.
 */
import { throwIfCancelled } from "../cancellation.js";
import { FileLedger } from "./file-ledger.js";
import type { RestoreContext } from "./restore-context.js";
import { restoreStretches } from "./restore-stretches.js";
import type { Stretch } from "./restore-stretches.js";
import { DONE, FAILED } from "./restore-task.js";
import type { RestoreAnswer, RestoreTask } from "./restore-task.js";
import { buildTask, transferOf } from "./restore-task-builder.js";
import type { PlannedTask } from "./restore-task-builder.js";
import type { FileIdentity } from "./restored-file.js";
import { StretchWriter } from "./stretch-writer.js";
import { blobIdOf } from "../tree-reader.js";
import { ReadAhead } from "../workers/read-ahead.js";
import { Crew, DEFAULT_CREW } from "../workers/work-crew.js";
import type { Hand } from "../workers/worker-hand.js";

/** Stretches that are loaded and that nobody writes yet. */
const STRETCHES_AHEAD = 2;

/** Workers of a restore; see `hireWriters`. */
export type RestoreCrew = Crew<RestoreTask, RestoreAnswer>;

/** Workers for a restore, which start at once. */
export function hireWriters(workers = DEFAULT_CREW): RestoreCrew {
  return new Crew(new URL("./restore-worker.js", import.meta.url), workers);
}

/** Writes the content of all planned files; returns the ledger, which knows which failed. Errors: `cancelled`. */
export async function restoreFiles(context: RestoreContext, crew: RestoreCrew): Promise<FileLedger> {
  const { repository, plan, options } = context;
  const ledger = new FileLedger(context);
  await ledger.writeEmpty();
  const stretches = [...restoreStretches(plan, repository.index)];
  const settings = { mayDelete: options.delete === true, sparse: options.sparse === true };
  const ahead = new ReadAhead(stretches, (stretch) => loadStretch(context, stretch), STRETCHES_AHEAD);
  const crewPlan = {
    settings: { reader: repository.blobReaderSettings, options: settings },
    inline: () => {
      const writer = new StretchWriter(repository.createBlobReader(), settings);
      return (task: RestoreTask) => writer.write(task);
    },
    connections: repository.storage.connections,
    pieces: stretches.length,
  };
  await crew.run(crewPlan, async (withHand, isOver) => {
    while (!isOver()) {
      throwIfCancelled(options.signal, "the restore");
      const taken = ahead.take();
      if (taken === undefined) break;
      const bytes = await taken.content;
      await withHand((hand) => restoreStretch(context, ledger, hand, taken.item, bytes));
      await context.times.drained();
    }
  });
  return ledger;
}

async function restoreStretch(
  context: RestoreContext,
  ledger: FileLedger,
  hand: Hand<RestoreTask, RestoreAnswer>,
  stretch: Stretch,
  bytes: Uint8Array<ArrayBuffer> | undefined,
): Promise<void> {
  if (bytes === undefined) {
    await restoreSingly(context, ledger, stretch.blobs);
    return;
  }
  const planned = buildTask(context, ledger, stretch, bytes);
  if (planned.files.length === 0) return;
  const answer = await hand.ask(planned.task, transferOf(planned.task));
  await enter(context, ledger, planned, answer);
  await restoreSingly(
    context,
    ledger,
    answer.unread.map((write) => planned.blobs[write] ?? 0),
  );
}

/** A stretch of a pack; undefined if it cannot be had. */
async function loadStretch(
  { repository, options }: RestoreContext,
  { range }: Stretch,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const [first] = range.entries;
  if (first === undefined) return undefined;
  try {
    return await repository.blobs.loadRange(repository.blobs.packId(first), range, options.signal);
  } catch {
    throwIfCancelled(options.signal, "the restore");
    // Each of its blobs is then tried by itself, and in other packs: that tells what cannot be had, and why.
    return undefined;
  }
}

/** Takes down what became of the files of a task. */
async function enter(
  { times, report }: RestoreContext,
  ledger: FileLedger,
  { files, writes, targets }: PlannedTask,
  answer: RestoreAnswer,
): Promise<void> {
  times.setAll(answer.times);
  report.wrote(answer.bytesWritten);
  const problems = new Map(answer.problems.map(({ file, text }) => [file, text]));
  const written = [...writes];
  for (const write of answer.unread) {
    const number = targets[write] ?? 0;
    written[number] = (written[number] ?? 1) - 1;
  }
  for (const [number, file] of files.entries()) {
    const problem = problems.get(number);
    if (answer.states[number] === FAILED) ledger.failed(file, problem ?? "");
    else if (answer.states[number] === DONE) ledger.finished(file, problem);
    else await ledger.wrote(file, written[number] ?? 0, identityOf(answer.identities, number));
  }
}

function identityOf(identities: Float64Array, number: number): FileIdentity | undefined {
  const [device = 0, inode = 0] = identities.subarray(2 * number, 2 * number + 2);
  return inode === 0 ? undefined : { device, inode };
}

/** Loads blobs one by one, each from wherever it is intact, and writes them. @param blobs of one entry next to each other */
async function restoreSingly(
  context: RestoreContext,
  ledger: FileLedger,
  blobs: Iterable<number>,
): Promise<void> {
  const { plan, options } = context;
  let last = -1;
  let plaintext: Uint8Array | { readonly error: unknown } = { error: undefined };
  for (const blob of blobs) {
    const file = plan.blobFile(blob);
    if (ledger.hasFailed(file)) continue;
    const entry = plan.blobEntry(blob);
    if (entry !== last) plaintext = await loadSingly(context, entry);
    last = entry;
    throwIfCancelled(options.signal, "the restore");
    if (plaintext instanceof Uint8Array) await ledger.write(blob, plaintext);
    else ledger.fail(file, plaintext.error);
  }
}

async function loadSingly(
  { repository, options }: RestoreContext,
  entry: number,
): Promise<Uint8Array | { readonly error: unknown }> {
  try {
    return await repository.loadBlob("data", blobIdOf(repository, entry), options.signal);
  } catch (error) {
    throwIfCancelled(options.signal, "the restore");
    return { error };
  }
}
