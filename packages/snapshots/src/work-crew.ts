/**
 * Several hands at once: as many loops as keep them busy, each of which gets the next piece of work ready while another
 * one's is being done.
 */
import { InlineHand, WorkerHand } from "./worker-hand.js";
import type { Hand } from "./worker-hand.js";

/** How the work of a crew is done. */
export interface CrewPlan<Task, Answer> {
  /** Workers; 0 for this thread alone. */
  readonly workers: number;
  /** What a worker runs, and what it is given at its birth. */
  readonly script: URL;
  readonly settings: unknown;
  /** Does a task on this thread. */
  readonly inline: () => (task: Task) => Answer;
  /** Operations that the store takes at once. */
  readonly connections: number;
}

/** Loops per worker: one to work for, one to load for meanwhile. */
const LOOPS_PER_WORKER = 2;

/**
 * Runs `loop` several times at once, each with a hand. Resolves when all have ended; rejects, after that, with what the
 * first of them to fail raised. A loop should end soon once `isOver` says that another one has failed.
 */
export async function runCrew<Task, Answer>(
  plan: CrewPlan<Task, Answer>,
  loop: (hand: Hand<Task, Answer>, isOver: () => boolean) => Promise<void>,
): Promise<void> {
  const hands = hire(plan);
  const loops = Math.max(plan.connections, plan.workers * LOOPS_PER_WORKER, 1);
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

function hire<Task, Answer>(plan: CrewPlan<Task, Answer>): Hand<Task, Answer>[] {
  if (plan.workers <= 0) return [new InlineHand(plan.inline())];
  return Array.from({ length: plan.workers }, () => new WorkerHand(plan.script, plan.settings));
}
