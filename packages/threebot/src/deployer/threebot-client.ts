/** What the deployer asks of a 3Bot that it has started: is it there, and please make a backup. */
import { setTimeout as sleep } from "node:timers/promises";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import { createClient, type Client } from "../owner-api/client.js";
import { isAllBack } from "../owner-api/until-ended.js";
import type { Run, RunKind } from "../owner/service.js";

/** Of a request, in milliseconds. */
const timeout = 15_000;
const pause = 250;
/** So long a run of the 3Bot itself may take, in milliseconds. */
const busyPatience = 60 * 60_000;

export class ThreebotClient {
  readonly #client: Client;

  /** @param token of its interface, from the handover */
  constructor(address: string, token: string) {
    this.#client = createClient(address, {
      token,
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(timeout) }),
    });
  }

  /** Does its page answer? */
  async answers(): Promise<boolean> {
    try {
      await this.#client.session.state();
      return true;
    } catch (error) {
      // Not yet, or not any more: that is the question.
      if (isTasticError(error)) return false;
      throw error;
    }
  }

  /** Begins a backup before a move, when the run that may be going on has ended. */
  async backup(signal: AbortSignal): Promise<Run> {
    const end = performance.now() + busyPatience;
    for (;;) {
      try {
        return await this.#client.backup({ place: "marketplace", tags: ["before-move"] });
      } catch (cause) {
        if (!isTasticError(cause, "locked") || performance.now() > end) {
          throw new TasticError("storage-failed", `the 3Bot cannot be backed up: ${messageOf(cause)}`, {
            guidance: "Look at its page. Nothing has been changed.",
            cause,
          });
        }
      }
      await sleep(pause, undefined, { signal });
    }
  }

  /** Waits until a run has ended. @throws TasticError incomplete if not well, and what the 3Bot says */
  async ended(id: string, signal: AbortSignal, isWell = isDone): Promise<void> {
    for (;;) {
      const run = await this.#client.run(id);
      if (isWell(run)) return;
      const { state, problem } = run;
      if (state !== "running") {
        throw new TasticError("incomplete", `the run ended as ${state}: ${problem?.message ?? "no reason"}`, {
          guidance: problem?.guidance ?? "The page of the 3Bot shows its log.",
        });
      }
      await sleep(pause, undefined, { signal });
    }
  }

  /** Waits until a recovery has ended. That a copy was away does not matter: its page says so. @throws TasticError incomplete */
  recovered(id: string, signal: AbortSignal): Promise<void> {
    return this.ended(id, signal, isAllBack);
  }

  /** Are its backups where they are to go, and is nothing left to be recovered or decided? */
  async isReady(): Promise<boolean> {
    const { places } = await this.#client.status();
    return places.some(({ place, state }) => place === "marketplace" && state === "ready");
  }

  /** The newest run of a kind. */
  async newest(kind: RunKind): Promise<Run | undefined> {
    return (await this.#client.runs({ limit: 50 })).find((run) => run.kind === kind);
  }
}

function isDone({ state }: Run): boolean {
  return state === "done";
}
