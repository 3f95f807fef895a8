/**
 * Several hands at once: as many loops as keep them busy, each of which gets the next piece of work ready while another
 * one's is being done. A piece goes to whoever has the fewest, so that all end at about the same time. Workers start when
 * the crew is made, which may be long before there is work for them.
 */
import { InlineHand, WorkerHand } from "./worker-hand.js";
import type { Hand, Work } from "./worker-hand.js";

/**
 * Workers unless told otherwise. One and this thread make two, which is as much as most stores and disks keep busy; each
 * further one takes 20 MiB.
 */
export const DEFAULT_CREW = 1;

/** How the work of a crew is done. */
export interface CrewPlan<Task, Answer> {
  /** What workers are given before their first task. */
  readonly settings: unknown;
  /** Does a task on this thread. */
  readonly inline: () => Work<Task, Answer>;
  /** Operations that the store takes at once. */
  readonly connections: number;
  /** So many pieces of work are known; more hands would be of no use. */
  readonly pieces: number;
}

/** Has a piece of work done by whichever hand has the fewest: the one that `work` gets, and keeps until it is done. */
export type WithHand<Task, Answer> = <T>(work: (hand: Hand<Task, Answer>) => Promise<T>) => Promise<T>;

/** Loops per hand: one to work for, one to load for meanwhile. */
const LOOPS_PER_HAND = 2;

export class Crew<Task, Answer> {
  readonly #workers: WorkerHand<Task, Answer>[];

  /**
   * @param script what a worker runs
   * @param workers beside this thread, which does its part
   */
  constructor(script: URL, workers: number) {
    this.#workers = Array.from({ length: workers }, () => new WorkerHand<Task, Answer>(script));
  }

  /**
   * Runs `loop` several times at once. Resolves when all have ended; rejects, after that, with what the first of them to
   * fail raised. A loop should end soon once `isOver` says that another one has failed.
   */
  async run(
    { settings, inline, connections, pieces }: CrewPlan<Task, Answer>,
    loop: (withHand: WithHand<Task, Answer>, isOver: () => boolean) => Promise<void>,
  ): Promise<void> {
    // What this thread does alone is done before a worker has had its first piece.
    const workers = this.#workers.slice(0, Math.max(0, pieces - 1));
    for (const worker of workers) worker.begin(settings);
    // Workers first where they have as few as this thread, which also loads, for all.
    const hands = [...workers, new InlineHand(inline())].map((hand) => ({ hand, pieces: 0 }));
    const withHand: WithHand<Task, Answer> = async (work) => {
      const chosen = hands.reduce((least, one) => (one.pieces < least.pieces ? one : least));
      chosen.pieces++;
      try {
        return await work(chosen.hand);
      } finally {
        chosen.pieces--;
      }
    };
    const loops = Math.max(connections, hands.length * LOOPS_PER_HAND);
    const failures: unknown[] = [];
    const run = async (): Promise<void> => {
      try {
        await loop(withHand, () => failures.length > 0);
      } catch (error) {
        failures.push(error);
      }
    };
    await Promise.all(Array.from({ length: loops }, run));
    if (failures.length > 0) throw failures[0];
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }
}
