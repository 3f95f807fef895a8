/**
 * A 3Bot that commands of the operator start and end: over ssh, in Docker, by systemd. Each command is a list of
 * arguments with {name} in it; there is no shell. `prepare` reads the handover, JSON, from its standard input. `start`
 * prints the URL of the page as its last line, unless `address` says it. `status` ends with 0 for one that runs, 3 for one
 * that does not, 4 for one that is not there, as systemd's does. Each may be called again.
 */
import { TasticError } from "@tastic/errors";
import { runCommand, type CommandResult } from "./run-command.js";
import type { Handover, Target } from "./target.js";
import { fillTemplate } from "./template.js";

export interface CommandTargetOptions {
  readonly id: string;
  readonly prepare: readonly string[];
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly status: readonly string[];
  readonly remove: readonly string[];
  /** "https://{name}.example/". */
  readonly address?: string;
  /** Of each command, in milliseconds; 10 minutes if not given. */
  readonly timeout?: number;
}

const usualTimeout = 10 * 60_000;

export class CommandTarget implements Target {
  readonly id: string;
  readonly #options: CommandTargetOptions;

  constructor(options: CommandTargetOptions) {
    this.id = options.id;
    this.#options = options;
    for (const key of ["prepare", "start", "stop", "status", "remove"] as const) {
      if (options[key].length > 0) continue;
      throw new TasticError("invalid-argument", `the target ${options.id} has no command to ${key}`);
    }
  }

  async prepare(given: Handover): Promise<void> {
    await this.#done("prepare", given.name, JSON.stringify(given), [given.password, given.apiToken]);
  }

  async start(name: string): Promise<{ readonly address: string }> {
    const { output } = await this.#done("start", name);
    const said = output.trimEnd().split("\n").at(-1)?.trim() ?? "";
    const address =
      this.#options.address === undefined ? said : fillTemplate([this.#options.address], { name })[0]!;
    if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return { address };
    throw new TasticError(
      "invalid-format",
      `the target ${this.id} does not say where the page of ${name} is`,
      {
        guidance: "Let its start command print the URL as its last line, or give it an address.",
      },
    );
  }

  async stop(name: string): Promise<void> {
    await this.#done("stop", name);
  }

  async status(name: string): Promise<"running" | "stopped" | "absent"> {
    const { code, problem } = await this.#run("status", name);
    if (code === 0) return "running";
    if (code === 3) return "stopped";
    if (code === 4) return "absent";
    throw this.#failed("status", name, code, problem);
  }

  async remove(name: string): Promise<void> {
    await this.#done("remove", name);
  }

  async #done(
    what: "prepare" | "start" | "stop" | "remove",
    name: string,
    input = "",
    secrets: readonly string[] = [],
  ): Promise<CommandResult> {
    const result = await this.#run(what, name, input, secrets);
    if (result.code !== 0) throw this.#failed(what, name, result.code, result.problem);
    return result;
  }

  #run(
    what: "prepare" | "start" | "stop" | "status" | "remove",
    name: string,
    input = "",
    secrets: readonly string[] = [],
  ): Promise<CommandResult> {
    const command = fillTemplate(this.#options[what], { name });
    return runCommand(command, { input, secrets, timeout: this.#options.timeout ?? usualTimeout });
  }

  #failed(what: string, name: string, code: number | undefined, problem: string): TasticError {
    const how = code === undefined ? "did not end" : `ended with ${code}`;
    const said = problem === "" ? "" : `: ${problem}`;
    return new TasticError("storage-failed", `the command to ${what} ${name} at ${this.id} ${how}${said}`);
  }
}
