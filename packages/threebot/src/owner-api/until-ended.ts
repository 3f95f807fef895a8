/** Waiting for a run, for callers that want its result and not its number. */
import { TasticError } from "@tastic/errors";
import type { OwnerService, Run } from "../owner/service.js";

export type RunWatcher = Pick<OwnerService, "run" | "events">;

/** The run as it ended; `told` hears how it goes on. */
export async function untilEnded(
  owner: RunWatcher,
  begun: Run,
  told?: (run: Run) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const over = new AbortController();
  const events = owner.events(AbortSignal.any([over.signal, signal]))[Symbol.asyncIterator]();
  try {
    // Listening begins before the run is looked at, so that its end is not missed between the two.
    let next = events.next();
    let run = await owner.run(begun.id);
    while (run.state === "running") {
      told?.(run);
      const event = await next;
      signal.throwIfAborted();
      next = events.next();
      if (event.done === true) run = await endWithoutEvents(owner, run, signal);
      else if (event.value.type === "run" && event.value.run.id === begun.id) run = event.value.run;
    }
    // That one is not waited for any more.
    next.catch(() => undefined);
    return run;
  } finally {
    over.abort();
  }
}

/** Did a recovery bring all of it back, whatever was wrong beside it? A server that is down cannot have its copy yet. */
export function isAllBack({ state, report }: Pick<Run, "state" | "report">): boolean {
  return state === "done" || (state === "incomplete" && report?.failed === 0);
}

/** The result of a run that is to have been good. @throws TasticError incomplete, cancelled, or what the run met */
export async function mustEndWell(
  owner: RunWatcher,
  begun: Run,
  told?: (run: Run) => void,
  signal?: AbortSignal,
): Promise<Run> {
  const run = await untilEnded(owner, begun, told, signal);
  if (run.state === "done") return run;
  const { problem } = run;
  const details = problem?.guidance === undefined ? {} : { guidance: problem.guidance };
  const message = problem?.message ?? `the ${run.kind} is ${run.state}`;
  throw new TasticError(run.state === "cancelled" ? "cancelled" : "incomplete", message, details);
}

/** The events are over (the service is being stopped, a connection is gone): looks again and again. */
async function endWithoutEvents(owner: RunWatcher, begun: Run, signal: AbortSignal): Promise<Run> {
  for (;;) {
    const run = await owner.run(begun.id);
    if (run.state !== "running") return run;
    await new Promise((resolve) => setTimeout(resolve, 500));
    signal.throwIfAborted();
  }
}
