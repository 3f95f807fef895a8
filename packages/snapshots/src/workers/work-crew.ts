/**
 * Several hands at once: as many loops as keep them busy, each of which gets the next piece of work ready while another
 * one's is being done.
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
  /** Workers beside this thread, which does its part. */
  readonly workers: number;
  /** What a worker runs, and what it is given at its birth. */
  readonly script: URL;
  readonly settings: unknown;
  /** Does a task on this thread. */
  readonly inline: () => Work<Task, Answer>;
  /** Operations that the store takes at once. */
  readonly connections: number;
}

/** Loops per hand: one to work for, one to load for meanwhile. */
const LOOPS_PER_HAND = 2;

/**
 * Runs `loop` several times at once, each with a hand. Resolves when all have ended; rejects, after that, with what the
 * first of them to fail raised. A loop should end soon once `isOver` says that another one has failed.
 */
export async function runCrew<Task, Answer>(
  plan: CrewPlan<Task, Answer>,
  loop: (hand: Hand<Task, Answer>, isOver: () => boolean) => Promise<void>,
): Promise<void> {
  const hands = hire(plan);
  const loops = Math.max(plan.connections, hands.length * LOOPS_PER_HAND);
  const failures: unknown[] = [];
  const run = async (_: unknown, i: number): Promise<void> => {
    const hand = hands[i % hands.length];
    if (hand === undefined) return;
    try {
      await loop(hand, () => failures.length > 0);
    } catch (error) {
      failures.push(error);
    }
  };
  try {
    await Promise.all(Array.from({ length: loops }, run));
  } finally {
    await Promise.all(hands.map((hand) => hand.close()));
  }
  if (failures.length > 0) throw failures[0];
}

/** This thread is the first hand: it can begin at once, and has its memory already. */
function hire<Task, Answer>({
  workers,
  script,
  settings,
  inline,
}: CrewPlan<Task, Answer>): Hand<Task, Answer>[] {
  const workerHands = Array.from({ length: workers }, () => new WorkerHand<Task, Answer>(script, settings));
  return [new InlineHand(inline()), ...workerHands];
}
