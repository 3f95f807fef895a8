/**
 * When progress is shown: ten times a second at a terminal, and in JSON where restic does so, too; as often as
 * RESTIC_PROGRESS_FPS says, anywhere; and whenever SIGUSR1 asks for it.
 */
import type { Context } from "../command.js";

const USUAL_RATE = 10;

/** How many times a second progress is shown; undefined if it is shown only when asked for. */
function progressRate({ output, environment }: Context): number | undefined {
  if (output.verbosity === 0) return undefined;
  return environment.progressRate ?? (output.onTerminal || output.json ? USUAL_RATE : undefined);
}

/** Does anyone see progress, so that counting ahead is worth its time and memory? */
export function showsProgress(context: Context): boolean {
  return progressRate(context) !== undefined;
}

export interface ProgressTickerOptions {
  /**
   * With `--json`, show progress to those who ask for it by RESTIC_PROGRESS_FPS or SIGUSR1 alone. For commands that print
   * nothing but their result in restic: who takes all of it for one value of JSON must not be surprised.
   */
  readonly jsonOnRequest?: boolean;
}

export class ProgressTicker {
  readonly #context: Context;
  readonly #lines: () => readonly string[];
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onSignal = (): void => this.#show(true);

  /**
   * @param lines what to show now: at a terminal all of it, elsewhere the first line
   */
  constructor(
    context: Context,
    lines: () => readonly string[],
    { jsonOnRequest = false }: ProgressTickerOptions = {},
  ) {
    this.#context = context;
    this.#lines = lines;
    const isAsked = context.environment.progressRate !== undefined;
    const rate = jsonOnRequest && context.output.json && !isAsked ? undefined : progressRate(context);
    if (rate !== undefined) {
      this.#timer = setInterval(() => this.#show(false), 1000 / rate);
      this.#timer.unref();
    }
    // Windows has no such signal.
    if (process.platform !== "win32") process.on("SIGUSR1", this.#onSignal);
  }

  /** Shows nothing any more. */
  stop(): void {
    clearInterval(this.#timer);
    if (process.platform !== "win32") process.off("SIGUSR1", this.#onSignal);
    this.#context.output.status([]);
  }

  #show(asked: boolean): void {
    const { output } = this.#context;
    const lines = this.#lines();
    if (output.onTerminal && !output.json && output.verbosity > 0) output.status(lines);
    else if (lines[0] !== undefined && (asked || output.verbosity > 0)) output.result(lines[0]);
  }
}
