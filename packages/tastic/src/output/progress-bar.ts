/**
 * How far something countable is: "[0:03]  45.00%  9 / 20 snapshots".
 */
import { formatDuration, formatPercent } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { ProgressTicker } from "./progress-ticker.js";
import { countedStatus } from "./status-json.js";

export interface ProgressBarOptions {
  /** Say nothing to a file or a pipe, not even at the end. */
  readonly onlyAtTerminal?: boolean;
  /** Of a command that says with `--json` what it says without. */
  readonly alsoWithJson?: boolean;
  /** What `--json` calls it in lines of status, for who asks for them; without it, there are none. */
  readonly phase?: string;
}

export class ProgressBar {
  readonly #context: Context;
  readonly #unit: string;
  readonly #options: ProgressBarOptions;
  readonly #ticker: ProgressTicker;
  readonly #started = performance.now();
  #done = 0;
  #total = 0;

  constructor(context: Context, unit: string, options: ProgressBarOptions = {}) {
    this.#context = context;
    this.#unit = unit;
    this.#options = options;
    const lines = (): string[] => (context.output.json ? this.#json() : [this.line()]);
    this.#ticker = new ProgressTicker(context, lines, { jsonOnRequest: true });
  }

  update(done: number, total: number): void {
    this.#done = done;
    this.#total = total;
  }

  /** Stops, and leaves nothing. */
  stop(): void {
    this.#ticker.stop();
  }

  /** Stops, and leaves the last state on a line. */
  finish(): void {
    this.stop();
    const { output } = this.#context;
    if (this.#options.onlyAtTerminal === true) output.terminalInfo(this.line());
    else if (this.#options.alsoWithJson !== true) output.info(this.line());
    else if (output.verbosity >= 1) output.result(this.line());
  }

  line(): string {
    return barLine(this.#seconds(), this.#done, this.#total, this.#unit);
  }

  #json(): string[] {
    const { phase } = this.#options;
    if (phase === undefined) return [];
    return [countedStatus({ phase, seconds: this.#seconds(), done: this.#done, total: this.#total })];
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

export function barLine(seconds: number, done: number, total: number, unit: string): string {
  const time = `[${formatDuration(seconds)}]`;
  if (total === 0) return `${time}          ${done} ${unit}`;
  return `${time} ${formatPercent(done, total)}  ${done} / ${total} ${unit}`;
}
