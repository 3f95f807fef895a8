/**
 * Copies that are open for reading: opening one takes a while, and whoever browses asks many times. What was opened is
 * kept for a moment, and given up as soon as a run may have changed what is there.
 */
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { asError } from "../owner/problem.js";
import type { OwnerState } from "../owner/owner-state.js";
import type { Place } from "../owner/service.js";
import { mergeSnapshots, newestComplete, type MergedSnapshot } from "./merged-snapshots.js";
import { openCopy, type OpenedCopy } from "./opened-copy.js";

export interface Reading {
  readonly copies: readonly OpenedCopy[];
  /** Newest first. */
  readonly snapshots: readonly MergedSnapshot[];
}

interface Held extends Reading {
  users: number;
  isOver: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** A change by somebody else is seen after this time, in milliseconds. */
const keptFor = 20_000;
const retryForMs = 5_000;

export class ReadingRoom {
  readonly #state: OwnerState;
  readonly #log: Log;
  readonly #open = new Map<Place, Promise<Held>>();

  constructor(state: OwnerState, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  /** Does something with what is open; it stays open until `work` has settled. @throws TasticError if no copy opens */
  async read<T>(place: Place, work: (reading: Reading) => Promise<T>): Promise<T> {
    const held = await this.#hold(place);
    try {
      return await work(held);
    } finally {
      await this.#leave(held);
    }
  }

  /** As `read`, for a stream: open until it has ended or was given up. */
  async *stream(
    place: Place,
    work: (reading: Reading) => Promise<AsyncIterable<Uint8Array>>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const held = await this.#hold(place);
    try {
      yield* await work(held);
    } finally {
      await this.#leave(held);
    }
  }

  /** What was opened is not used any more. */
  async invalidate(place: Place): Promise<void> {
    const opening = this.#open.get(place);
    this.#open.delete(place);
    const held = await opening?.catch(() => undefined);
    if (held === undefined) return;
    held.isOver = true;
    clearTimeout(held.timer);
    if (held.users === 0) await close(held);
  }

  async close(): Promise<void> {
    for (const place of [...this.#open.keys()]) await this.invalidate(place);
  }

  async #hold(place: Place): Promise<Held> {
    for (;;) {
      let opening = this.#open.get(place);
      if (opening === undefined) {
        opening = this.#begin(place);
        this.#open.set(place, opening);
      }
      try {
        const held = await opening;
        if (held.isOver) continue;
        held.users++;
        return held;
      } catch (error) {
        if (this.#open.get(place) === opening) this.#open.delete(place);
        throw error;
      }
    }
  }

  async #leave(held: Held): Promise<void> {
    held.users--;
    if (held.users === 0 && held.isOver) await close(held);
  }

  async #begin(place: Place): Promise<Held> {
    const accesses = this.#state.accesses(await this.#state.needPlace(place));
    let failure: unknown;
    const opened = await Promise.all(
      accesses.map(async (access) => {
        try {
          return await openCopy(access, { retryForMs });
        } catch (error) {
          failure ??= error;
          this.#log.warn(`${access.id}: ${messageOf(error)}`);
          return undefined;
        }
      }),
    );
    const copies = opened.filter((copy) => copy !== undefined);
    if (copies.length === 0) throw asError(failure ?? new TasticError("not-found", "there are no copies"));
    const snapshots = mergeSnapshots(
      copies.map(({ access, snapshots: own }) => ({ id: access.id, snapshots: own })),
    );
    const held: Held = { copies, snapshots, users: 0, isOver: false, timer: undefined };
    held.timer = setTimeout(() => {
      this.invalidate(place).catch((error: unknown) => this.#log.warn(messageOf(error)));
    }, keptFor).unref();
    return held;
  }
}

async function close({ copies }: Held): Promise<void> {
  for (const copy of copies) await copy.close();
}

/**
 * @param id the beginning of an id in any of the copies, or "latest" for the newest of which everything is there: nobody
 * means what was kept before a restore, or what lacks something, as long as there is another
 * @param now milliseconds since 1970
 * @throws TasticError not-found, ambiguous-id
 */
export function findMerged(snapshots: readonly MergedSnapshot[], id: string, now: number): MergedSnapshot {
  const newest = newestComplete(snapshots, now) ?? snapshots[0];
  if (id === "latest" && newest !== undefined) return newest;
  const found = snapshots.filter(
    ({ key, inCopies }) =>
      id.length >= 4 &&
      (key.startsWith(id) || [...inCopies.values()].some((own) => own.some((one) => one.id.startsWith(id)))),
  );
  const [one, another] = found;
  if (one === undefined || id === "latest") {
    throw new TasticError("not-found", `there is no snapshot ${id.slice(0, 64)}`, {
      guidance: "It may have been forgotten meanwhile; list the snapshots again.",
    });
  }
  if (another !== undefined) throw new TasticError("ambiguous-id", `several snapshots begin with ${id}`);
  return one;
}
