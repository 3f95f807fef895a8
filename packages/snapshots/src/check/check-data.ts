/**
 * The last part of a check: reads packs whole and has every byte verified, by workers or on this thread.
 */
import { TasticError, messageOf } from "@tastic/errors";
import { HEADER_LENGTH_SIZE, SEALING_OVERHEAD } from "@tastic/format";
import type { PackTable, Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import type { CheckReport } from "./check-report.js";
import { CheckTasks } from "./check-task.js";
import type { CheckAnswer, CheckTask } from "./check-task.js";
import { ReadAhead } from "../workers/read-ahead.js";
import { Crew, DEFAULT_CREW } from "../workers/work-crew.js";
import type { Hand } from "../workers/worker-hand.js";

/** A pack is read in pieces of about this many bytes, each a whole number of blobs. */
const PIECE = 4 << 20;
/** Of each pack in work, this many pieces are loaded while one is verified. */
const PIECES_AHEAD = 1;
/** The longest blob that is opened. */
const MAX_PIECE = 1 << 30;

interface CheckContext {
  readonly repository: Repository;
  readonly packs: PackTable;
  readonly signal: AbortSignal | undefined;
}

/** Workers of a check; see `hireCheckers`. */
export type CheckCrew = Crew<CheckTask, CheckAnswer>;

/** Workers for a check, which start at once. */
export function hireCheckers(workers = DEFAULT_CREW): CheckCrew {
  return new Crew(new URL("./check-worker.js", import.meta.url), workers);
}

/** Reads these packs, a few at a time. What is wrong goes to the report. */
export async function checkData(
  repository: Repository,
  packs: PackTable,
  selected: readonly number[],
  report: CheckReport,
  { signal, crew }: { readonly signal: AbortSignal | undefined; readonly crew: CheckCrew },
): Promise<void> {
  const context: CheckContext = { repository, packs, signal };
  let next = 0;
  let done = 0;
  report.progress("data", 0, selected.length);
  const plan = {
    settings: repository.blobReaderSettings,
    inline: () => {
      const tasks = new CheckTasks(repository.createBlobReader());
      return (task: CheckTask) => tasks.do(task);
    },
    connections: repository.storage.connections,
    pieces: selected.length,
  };
  await crew.run(plan, async (withHand, isOver) => {
    for (let at = next++; at < selected.length && !isOver(); at = next++) {
      await withHand((hand) => checkPack(context, hand, selected[at] ?? 0, report));
      report.progress("data", ++done, selected.length);
    }
  });
}

async function checkPack(
  context: CheckContext,
  hand: Hand<CheckTask, CheckAnswer>,
  pack: number,
  report: CheckReport,
): Promise<void> {
  let problems: string[];
  try {
    problems = await verifyPack(context, hand, pack);
    // A transfer may have gone wrong; what is stored does not change.
    if (problems.length > 0) problems = await verifyPack(context, hand, pack, "renew");
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    // It may be there and whole: this says nothing of what it holds.
    report.error(`download error: ${messageOf(error.cause)}`);
    return;
  }
  if (problems.length === 0) return;
  report.broken(context.packs.id(pack));
  report.error(`pack ${context.packs.id(pack)} contains ${problems.length} errors: [${problems.join(" ")}]`);
}

/** Why a pack could not be read: its `cause`. */
class DownloadError extends Error {}

/**
 * Reads a pack and returns what is wrong with it.
 * @throws DownloadError where it cannot be read
 */
async function verifyPack(
  context: CheckContext,
  hand: Hand<CheckTask, CheckAnswer>,
  pack: number,
  cache?: "renew",
): Promise<string[]> {
  const problems: string[] = [];
  const load = async (piece: Piece | string): Promise<Uint8Array<ArrayBuffer>> =>
    typeof piece === "string" ? new Uint8Array(0) : loadPiece(context, pack, piece, cache);
  const ahead = new ReadAhead(piecesOf(context, pack), load, PIECES_AHEAD);
  for (let taken = ahead.take(); taken !== undefined; taken = ahead.take()) {
    const piece = taken.item;
    if (typeof piece === "string") {
      problems.push(piece);
      await hand.ask({ type: "give-up", pack });
      break;
    }
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await taken.content;
    } catch (cause) {
      throwIfCancelled(context.signal, "checking packs");
      await hand.ask({ type: "give-up", pack });
      throw new DownloadError("a pack cannot be read", { cause });
    }
    const entries = Uint32Array.from(piece.entries);
    const task: CheckTask = { type: "piece", pack, bytes, entries, tail: piece.tail };
    problems.push(...(await hand.ask(task, [bytes.buffer, entries.buffer])));
  }
  return problems;
}

/** A part of a pack that is read in one go. */
interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly entries: readonly number[];
  /** For the last one: bytes that follow the last blob. */
  readonly tail: number | undefined;
}

/** The pieces of a pack in order; a text instead of the next one if the index contradicts itself. */
function* piecesOf({ repository, packs }: CheckContext, pack: number): Generator<Piece | string> {
  const { index } = repository;
  const blobs = packs.blobs(pack);
  const size = packs.size(pack);
  let offset = 0;
  let end = 0;
  let entries: number[] = [];
  for (const entry of blobs) {
    if (end - offset >= PIECE) {
      yield { offset, length: end - offset, entries, tail: undefined };
      offset = end;
      entries = [];
    }
    if (index.offset(entry) !== end) {
      yield "the blobs that the index lists overlap or leave gaps";
      return;
    }
    entries.push(entry);
    end += index.length(entry);
  }
  yield { offset, length: size - offset, entries, tail: size - end };
}

async function loadPiece(
  { repository, packs, signal }: CheckContext,
  pack: number,
  { offset, length }: Piece,
  cache: "renew" | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  throwIfCancelled(signal, "checking packs");
  const name = packs.id(pack);
  // A header, which is short, may come on top of a blob.
  if (length > MAX_PIECE + PIECE + HEADER_LENGTH_SIZE + SEALING_OVERHEAD) {
    throw new TasticError("limit-exceeded", `pack ${name}: a blob of ${length} bytes`);
  }
  return repository.storage.load(
    { type: "pack", name },
    { offset, length },
    { signal, ...(cache && { cache }) },
  );
}
