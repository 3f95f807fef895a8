/**
 * What a profile changes of a run: values for flags that are not on the command line, arguments, variables and hooks.
 *
 * The command line comes first, then the profile, then variables: a profile that names a repository means that one, also
 * where a variable of the shell names another.
 */
import type { Context } from "../command.js";
import { Environment } from "../environment.js";
import type { GlobalValues } from "../global-flags.js";
import type { CommandLine } from "../parse-flags.js";
import type { Flags } from "../flags.js";
import { withHooks } from "./hooks.js";
import { readProfile } from "./profile.js";
import type { CommandSettings, Profile } from "./profile.js";
import { profilesPath, readProfiles } from "./profiles-file.js";

export interface AppliedProfile {
  /** Values by key for flags that are not on the command line. */
  readonly defaults: ReadonlyMap<string, unknown>;
  readonly args: readonly string[];
  readonly environment: Environment;
  /** Runs the command between its hooks. */
  withHooks(context: Context, work: () => Promise<void>): Promise<void>;
}

/** Flags that say the same thing in several ways: whoever says one of them means none of the others. */
interface Group {
  readonly keys: readonly string[];
  /** Variables that say it, too, without their prefix. A name that ends in "_" stands for all that begin with it. */
  readonly variables: readonly string[];
}

const FIRST_GROUPS: readonly Group[] = [
  { keys: ["repo", "repositoryFile"], variables: ["REPOSITORY", "REPOSITORY_FILE"] },
  {
    keys: ["passwordFile", "passwordCommand", "insecureNoPassword"],
    variables: ["PASSWORD", "PASSWORD_FILE", "PASSWORD_COMMAND"],
  },
  { keys: ["fromRepo", "fromRepositoryFile"], variables: ["FROM_REPOSITORY", "FROM_REPOSITORY_FILE"] },
  {
    keys: ["fromPasswordFile", "fromPasswordCommand", "fromInsecureNoPassword"],
    variables: ["FROM_PASSWORD", "FROM_PASSWORD_FILE", "FROM_PASSWORD_COMMAND"],
  },
  {
    keys: [
      ...["alsoTo", "alsoToRepositoryFile", "alsoToPasswordFile", "alsoToPasswordCommand"],
      ...["alsoToKeyHint", "alsoToInsecureNoPassword"],
    ],
    variables: ["ALSO_TO_PASSWORD", "ALSO_TO_PASSWORD_FILE", "ALSO_TO_PASSWORD_COMMAND", "ALSO_TO_PASSWORD_"],
  },
];
/** What is backed up; paths on the command line say it, too. */
const SOURCES = ["filesFrom", "filesFromRaw", "filesFromVerbatim", "stdin", "stdinFromCommand"];

/** @throws TasticError invalid-argument for profiles that make no sense */
export async function applyProfile(
  line: CommandLine<Flags> & { readonly values: GlobalValues },
  command: string,
  environment: Environment,
): Promise<AppliedProfile> {
  const file = readProfiles(profilesPath(line.values.profilesFile, environment));
  const profile = await readProfile(file, line.values.profile);
  const settings = profile.commands.get(command);
  const defaults = new Map([...profile.flags, ...(settings?.flags ?? [])]);
  const secrets = new Map(Object.entries(profile.secrets));
  const inProfile = Object.keys(profile.environment).flatMap((name) => bareName(name) ?? []);
  // Of restic's name and ours, the one that the profile does not set must not win.
  const hidden = [...inProfile];
  for (const { keys, variables } of FIRST_GROUPS) {
    const belongs = (name: string): boolean => variables.some((one) => isNamed(name, one));
    const said = keys.some((key) => defaults.has(key)) || [...secrets.keys(), ...inProfile].some(belongs);
    if (keys.some((key) => line.given.has(key))) {
      for (const key of keys) defaults.delete(key);
      for (const name of [...secrets.keys()].filter(belongs)) secrets.delete(name);
    } else if (said) hidden.push(...variables);
  }
  const args = chosenArgs(line, settings, defaults);
  passOn(profile, environment);
  const hooked = {
    profile: profile.name,
    command,
    hooks: settings?.hooks ?? { before: [], after: [], onFailure: [] },
  };
  return {
    defaults,
    args,
    environment: new Environment(
      { ...without(environment.all, hidden), ...profile.environment },
      Object.fromEntries(secrets),
    ),
    withHooks: (context, work) => withHooks(context, hooked, work),
  };
}

/** Who names files on the command line, or a stream, means these alone. */
function chosenArgs(
  { args, given }: CommandLine<Flags>,
  settings: CommandSettings | undefined,
  defaults: Map<string, unknown>,
): readonly string[] {
  if (args.length === 0 && !SOURCES.some((key) => given.has(key))) return settings?.paths ?? [];
  for (const key of SOURCES) defaults.delete(key);
  return args;
}

/** Programs that fetch passwords inherit what this process has. */
function passOn({ environment: variables }: Profile, environment: Environment): void {
  if (environment.all === process.env) Object.assign(process.env, variables);
}

function without(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string | undefined> {
  const isHidden = (name: string): boolean => {
    const bare = bareName(name);
    return bare !== undefined && names.some((one) => isNamed(bare, one));
  };
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isHidden(name)));
}

/** The name of a variable of ours without its prefix. */
function bareName(name: string): string | undefined {
  return /^(?:TASTIC|RESTIC)_(.*)$/.exec(name)?.[1];
}

function isNamed(name: string, one: string): boolean {
  return one.endsWith("_") ? name.startsWith(one) : name === one;
}
