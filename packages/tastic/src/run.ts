/**
 * Running one command line: finds the command, reads its flags, runs it, and says what went wrong.
 */
import type { Context } from "./command.js";
import { findCommand } from "./command-name.js";
import { commands } from "./commands.js";
import { Environment } from "./environment.js";
import { exitCodeOf } from "./exit-code.js";
import { globalFlags, verbosityOf } from "./global-flags.js";
import { NO_READER } from "./interruption.js";
import { Output } from "./output/output.js";
import type { Sink } from "./output/output.js";
import { parseFlags } from "./parse-flags.js";
import { programName } from "./program.js";

export interface RunOptions {
  /** The command line without Node and the program. */
  readonly argv: readonly string[];
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  readonly signal: AbortSignal;
}

/** Runs a command line to its end. Returns the exit code. */
export async function run({
  argv,
  variables = process.env,
  stdout = process.stdout,
  stderr = process.stderr,
  signal,
}: RunOptions): Promise<number> {
  const environment = new Environment(variables);
  let output = new Output({ json: false, verbosity: 1, stdout, stderr });
  try {
    const context = { environment, signal, stdout, stderr };
    await runCommand(argv, context, (chosen) => (output = chosen));
    return 0;
  } catch (error) {
    if (signal.reason !== NO_READER) output.failure(error, environment.debug);
    return exitCodeOf(error);
  } finally {
    output.flush();
  }
}

interface Surroundings {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

async function runCommand(
  argv: readonly string[],
  { environment, signal, stdout, stderr }: Surroundings,
  useOutput: (output: Output) => void,
): Promise<void> {
  const features = environment.get("FEATURES");
  if (features !== undefined) {
    const { checkFeatures } = await import("./features.js");
    checkFeatures(features, (notice) => stderr.write(`${notice}\n`));
  }
  const program = programName();
  const helpWords = argv[0] === "help" ? argv.slice(1) : undefined;
  const found = findCommand(helpWords ?? argv, globalFlags, program);
  const entry = commands[found.name];
  if (entry === undefined) {
    const { groupHelp, programHelp } = await import("./help.js");
    if (found.name === "") parseFlags(globalFlags, found.argv);
    stdout.write(`${found.name === "" ? programHelp(program) : groupHelp(program, found.name)}\n`);
    return;
  }
  const { command } = await entry.load();
  const flags = { ...globalFlags, ...command.flags };
  const line = parseFlags(
    flags,
    found.argv,
    (name) => environment.get(name),
    (key, value) => {
      // A wrong flag behind `--json` is told as JSON, as restic does; one in front of it is not.
      if (key === "json") useOutput(new Output({ json: value === true, verbosity: 1, stdout, stderr }));
    },
  );
  if (helpWords !== undefined || line.values.help) {
    const { commandHelp } = await import("./help.js");
    stdout.write(`${commandHelp(program, found.name, command)}\n`);
    return;
  }
  const usesProfile = line.values.profile !== "" && !found.name.startsWith("profile ");
  const applied = usesProfile
    ? await (await import("./profiles/apply-profile.js")).applyProfile(line, found.name, environment)
    : undefined;
  const { values, args } =
    applied === undefined
      ? line
      : {
          ...parseFlags(
            flags,
            found.argv,
            (name) => applied.environment.get(name),
            undefined,
            applied.defaults,
          ),
          args: applied.args,
        };
  const output = new Output({ json: values.json, verbosity: verbosityOf(values), stdout, stderr });
  useOutput(output);
  for (const warning of line.warnings) output.error(warning);
  const context: Context = {
    output,
    environment: applied?.environment ?? environment,
    globals: values,
    signal,
  };
  const work = (): Promise<void> => command.run(context, { flags: values, args });
  await (applied === undefined ? work() : applied.withHooks(context, work));
}
