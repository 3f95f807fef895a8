/**
 * A restore drill: some files of the newest snapshot, chosen by chance, are restored from each copy into a folder of their
 * own and compared, bit for bit: with what the snapshot says of them, and with the source where that has not changed.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Clock } from "@tastic/storage";
import { dump, restore, walkTree, type BlobId, type Repository } from "tastic";
import { mergeSnapshots, newestComplete } from "../copies/merged-snapshots.js";
import { openCopy, type OpenedCopy } from "../copies/opened-copy.js";
import type { OwnerState } from "../owner/owner-state.js";
import { problemOf, type ProblemRecord } from "../owner/problem.js";
import { loadIndexOnce } from "./restore-work.js";
import { isWithin } from "./sources.js";
import type { RunOutcome, RunTask } from "./runs.js";

export interface DrillContext {
  readonly state: OwnerState;
  readonly clock: Clock;
  readonly retryForMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

const sampleSize = 20;
const mostBytes = 256 * 1024 * 1024;
const patience = 5 * 60_000;

interface Sample {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

export async function runDrill(context: DrillContext, task: RunTask): Promise<RunOutcome> {
  const { state, clock, retryForMs } = context;
  const accesses = state.accesses(await state.needPlace(task.place));
  const copies: OpenedCopy[] = [];
  let problem: ProblemRecord | undefined;
  const failed = (id: string, error: unknown): void => {
    task.log(`${id}: ${messageOf(error)}`);
    problem ??= problemOf(error);
  };
  try {
    for (const access of accesses) {
      task.step(`open ${access.id}`);
      try {
        copies.push(await openCopy(access, { retryForMs, signal: task.signal }));
      } catch (error) {
        if (task.signal.aborted || !isTasticError(error)) throw error;
        failed(access.id, error);
      }
    }
    const merged = mergeSnapshots(copies.map(({ access, snapshots }) => ({ id: access.id, snapshots })));
    const newest = newestComplete(merged, clock.now()) ?? merged[0];
    if (newest === undefined) {
      if (problem !== undefined) throw new TasticError("storage-failed", problem.message);
      throw new TasticError("not-found", "there is no snapshot to try", { guidance: "Make a backup first." });
    }
    let proven = 0;
    for (const copy of copies) {
      const own = newest.inCopies.get(copy.access.id)?.at(-1);
      if (own === undefined) {
        failed(copy.access.id, new TasticError("incomplete", `${copy.access.id} lacks the newest snapshot`));
        continue;
      }
      task.step(`drill ${copy.access.id}`);
      try {
        const files = await tryCopy(copy, own.tree, context, task);
        task.log(`${copy.access.id}: ${files} files came back bit for bit`);
        const proof = new Date(clock.now()).toISOString();
        await state.changeCopy(copy.access.id, { proven: proof, drillProblem: undefined });
        proven++;
      } catch (error) {
        if (task.signal.aborted || !isTasticError(error)) throw error;
        failed(copy.access.id, error);
        await state.changeCopy(copy.access.id, { drillProblem: problemOf(error) });
      }
    }
    if (proven === 0) {
      throw new TasticError("damaged-repository", `nothing could be restored: ${problem?.message ?? ""}`, {
        ...(problem?.guidance !== undefined && { guidance: problem.guidance }),
      });
    }
    return problem === undefined ? { state: "done" } : { state: "incomplete", problem };
  } finally {
    for (const copy of copies) await copy.close();
  }
}

async function tryCopy(
  copy: OpenedCopy,
  tree: BlobId,
  context: DrillContext,
  task: RunTask,
): Promise<number> {
  const { repository } = copy;
  const lock = await repository.lock({ exclusive: false, retryForMs: patience, signal: task.signal });
  const signal = AbortSignal.any([task.signal, lock.signal]);
  const parent = join(context.state.folder, "drills");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, "drill-"));
  try {
    await loadIndexOnce(copy, signal);
    const samples = await chooseSamples(repository, tree, context.random, signal);
    const wanted = new Set(samples.map(({ path }) => path));
    const errors: string[] = [];
    await restore(
      repository,
      { treeId: tree },
      {
        target: folder,
        filter: {
          selects: (path, isDirectory) => ({
            selected: wanted.has(path),
            childMayBeSelected: isDirectory && samples.some((sample) => isWithin(sample.path, path)),
          }),
        },
        workers: 0,
        signal,
        onEvent(event) {
          if (event.type === "error") errors.push(`${event.path}: ${event.message}`);
        },
      },
    );
    if (errors[0] !== undefined) throw differs(copy, `cannot be restored: ${errors[0]}`);
    for (const sample of samples) await compare(copy, tree, join(folder, sample.path), sample, signal);
    return samples.length;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await lock.release();
  }
}

async function compare(
  copy: OpenedCopy,
  tree: BlobId,
  restored: string,
  { path, size, modified }: Sample,
  signal: AbortSignal,
): Promise<void> {
  const came = await hashOfFile(restored, signal);
  const stored = createHash("sha256");
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      stored.update(chunk);
      done();
    },
  });
  await dump(copy.repository, { treeId: tree }, path, sink, { signal });
  if (came !== stored.digest("hex")) throw differs(copy, `came back different: ${path}`);
  const source = await stat(path).catch(() => undefined);
  const isSame = source?.isFile() === true && source.size === size && Math.floor(source.mtimeMs) === modified;
  if (!isSame || (await hashOfFile(path, signal).catch(() => came)) === came) return;
  // It may have been written to just now.
  const later = await stat(path).catch(() => undefined);
  if (later?.mtimeMs !== source.mtimeMs) return;
  throw differs(copy, `is not what is in the source, although that has not changed: ${path}`);
}

function differs({ access }: OpenedCopy, what: string): TasticError {
  return new TasticError("damaged-repository", `${access.id}: a file ${what}`, {
    guidance: "Check this copy with all its data; the other copy can make it whole again.",
  });
}

/** Each file has the same chance; their bytes are bounded. */
async function chooseSamples(
  repository: Repository,
  tree: BlobId,
  random: () => number,
  signal: AbortSignal,
): Promise<Sample[]> {
  const chosen: Sample[] = [];
  let seen = 0;
  for await (const { path, node } of walkTree(repository, tree, { signal })) {
    if (node.type !== "file" || (node.size ?? 0) > mostBytes / 4) continue;
    seen++;
    const sample = { path, size: node.size ?? 0, modified: Math.floor(Date.parse(node.mtime)) };
    if (chosen.length < sampleSize) chosen.push(sample);
    else {
      const at = Math.floor(random() * seen);
      if (at < sampleSize) chosen[at] = sample;
    }
  }
  let bytes = 0;
  return chosen.filter(({ size }) => (bytes += size) <= mostBytes);
}

async function hashOfFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}
