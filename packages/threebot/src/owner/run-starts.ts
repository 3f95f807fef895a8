/** How each kind of run is begun: what has to be so before, and what it does. */
import { refuseUndecided, runBackup } from "../runs/backup-run.js";
import type { ReadingRoom } from "../copies/reading-room.js";
import { runDrill } from "../runs/drill.js";
import { runRecover, type RecoverRequest } from "../runs/recover-run.js";
import { checkRestore, runRestore, type RestoreContext } from "../runs/restore-run.js";
import type { RunOutcome, RunRequest, Runs, RunTask } from "../runs/runs.js";
import { refuseJobTags } from "./jobs.js";
import type { Place, RestoreRequest, Run } from "./service.js";
import type { JobRecord } from "./state-schemas.js";

export interface RunStartsOptions {
  readonly context: RestoreContext;
  readonly runs: Runs;
  readonly room: ReadingRoom;
  readonly jitter: () => number;
  /** Told of each run that has begun. */
  readonly begun: (run: Run) => void;
}

/** Every method throws TasticError locked where another run works on the place. */
export class RunStarts {
  readonly #options: RunStartsOptions;

  constructor(options: RunStartsOptions) {
    this.#options = options;
  }

  /** @throws TasticError invalid-argument while it is not decided whether to recover */
  async backup(place: Place, by: Run["by"], tags: readonly string[]): Promise<Run> {
    const { context } = this.#options;
    refuseJobTags(tags);
    await this.#mustBeReady(place);
    return this.#begin({ kind: "backup", place, by }, (task) => runBackup(context, task, { tags }));
  }

  async job(
    { name, paths, excludes }: JobRecord,
    place: Place,
    by: Run["by"],
    allowLess: boolean,
  ): Promise<Run> {
    const { context } = this.#options;
    await this.#mustBeReady(place);
    const job = { name, paths, excludes, allowLess };
    return this.#begin({ kind: "job", job: name, place, by }, (task) =>
      runBackup(context, task, { tags: [], job }),
    );
  }

  /** All that a backup does, without one. */
  async inStep(kind: "catch-up" | "maintenance", place: Place, by: Run["by"]): Promise<Run> {
    const { context } = this.#options;
    await context.state.needPlace(place);
    return this.#begin({ kind, place, by }, (task) => runBackup(context, task, { tags: undefined }));
  }

  async drill(place: Place, by: Run["by"]): Promise<Run> {
    const { context, jitter: random } = this.#options;
    await context.state.needPlace(place);
    return this.#begin({ kind: "drill", place, by }, (task) => runDrill({ ...context, random }, task));
  }

  async restore(request: RestoreRequest): Promise<Run> {
    const { context, room } = this.#options;
    await checkRestore(context, room, request);
    // In place, what is there is kept in a snapshot first.
    const alone = request.target === undefined;
    return this.#begin({ kind: "restore", place: request.place, by: "owner", alone }, (task) =>
      runRestore(context, task, request),
    );
  }

  recover(request: RecoverRequest): Promise<Run> {
    const { place } = request.from;
    return this.#begin({ kind: "recover", place, by: "owner" }, (task) =>
      runRecover(this.#options.context, task, request),
    );
  }

  async #mustBeReady(place: Place): Promise<void> {
    refuseUndecided(await this.#options.context.state.needPlace(place), {});
  }

  async #begin(
    request: Omit<RunRequest, "alone"> & Partial<RunRequest>,
    work: (task: RunTask) => Promise<RunOutcome>,
  ): Promise<Run> {
    const run = await this.#options.runs.begin({ alone: true, ...request }, work);
    this.#options.begun(run);
    return run;
  }
}
