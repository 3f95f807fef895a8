/** Killing a command at random moments that sweep all of its run, and running it again each time. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { runTastic, startTastic, succeed, type RunOptions } from "./peers.js";
import { runTasticMostlyHere } from "./run-here.js";

/** How many moments: 8, or what TASTIC_KILL_MOMENTS says. */
export const KILL_MOMENTS = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 8);

/** Options of a test that kills. */
export const SLOW_WITH_KILLS = { timeout: 60_000 + KILL_MOMENTS * 30_000 };

export interface NextRun {
  readonly options?: RunOptions;
  readonly args?: readonly string[];
}

export interface Killing {
  readonly args: readonly string[];
  /** Makes ready what the command works on: at each moment, and first for a trial, which is named so. */
  readonly prepare: (moment: number | "trial") => Promise<RunOptions>;
  /** What must hold when the command was killed. Throws what does not; gives what differs for the next run. */
  readonly afterKill: (options: RunOptions) => Promise<NextRun | void>;
  /** What must hold when it was run again, to its end. */
  readonly afterNext: (options: RunOptions) => Promise<void>;
}

/** Runs the command to its end once, for how long it takes; then kills it at moments that sweep all of that. */
export async function killAtMoments({ args, prepare, afterKill, afterNext }: Killing): Promise<void> {
  const trial = await prepare("trial");
  const started = performance.now();
  succeed(await runTastic(args, trial));
  const duration = performance.now() - started;
  await afterNext(trial);
  let killed = 0;
  for (let i = 0; i < KILL_MOMENTS; i++) {
    const at = Math.round((duration * (i + Math.random())) / KILL_MOMENTS);
    try {
      const options = await prepare(i);
      const running = await startTastic(args, options);
      await sleep(at);
      running.child.kill("SIGKILL");
      if ((await running.finished).signal === "SIGKILL") killed++;
      const other = (await afterKill(options)) ?? {};
      const next = { ...options, ...other.options };
      succeed(await runTasticMostlyHere(other.args ?? args, next));
      await afterNext(next);
    } catch (cause) {
      throw new Error(`killed after ${at} ms: ${String(cause)}`, { cause });
    }
  }
  console.log(
    `${args.slice(0, 2).join(" ")}: killed ${killed} of ${KILL_MOMENTS} runs of ${Math.round(duration)} ms before they ended`,
  );
  expect(killed).toBeGreaterThan(KILL_MOMENTS / 3);
}
