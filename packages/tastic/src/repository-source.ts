/**
 * Which repository a command works on and what opens it, as flags and variables say; the same for the second
 * repository of commands that have two.
 */
import { messageOf, systemErrorCode } from "@tastic/errors";
import { readFileSync } from "node:fs";
import type { Environment } from "./environment.js";
import { on, text } from "./flags.js";
import type { FlagValues } from "./flags.js";
import type { GlobalValues } from "./global-flags.js";
import { decodePassword } from "./password.js";
import type { PasswordSources } from "./password.js";
import { fatal } from "./text-error.js";

export interface RepositorySource {
  readonly location: string;
  readonly password: PasswordSources;
  readonly keyHint: string;
  /** What to ask at the terminal. */
  readonly prompt: string;
}

/** The flags for the repository that something is taken from. */
export const fromFlags = {
  fromInsecureNoPassword: on("the source repository has an empty password (insecure)"),
  fromKeyHint: text("key", "try the key with this ID first on the source repository", {
    variable: "FROM_KEY_HINT",
  }),
  fromPasswordCommand: text("command", "run this to get the source repository's password", {
    variable: "FROM_PASSWORD_COMMAND",
  }),
  fromPasswordFile: text("file", "read the source repository's password from this file", {
    variable: "FROM_PASSWORD_FILE",
  }),
  fromRepo: text("repository", "the source repository", { variable: "FROM_REPOSITORY" }),
  fromRepositoryFile: text("file", "read from this file which source repository to use", {
    variable: "FROM_REPOSITORY_FILE",
  }),
};

/** @throws TasticError invalid-argument where none is given, or two */
export function mainSource(globals: GlobalValues, environment: Environment): RepositorySource {
  return {
    location: locationFrom(
      globals.repo,
      globals.repositoryFile,
      "Please specify repository location (-r or --repository-file)",
      "Options -r and --repository-file are mutually exclusive, please specify only one",
    ),
    password: {
      command: globals.passwordCommand,
      file: globals.passwordFile,
      variable: environment.get("PASSWORD"),
      insecureNoPassword: globals.insecureNoPassword,
    },
    keyHint: globals.keyHint,
    prompt: "enter password for repository: ",
  };
}

/** @throws TasticError invalid-argument where none is given, or two */
export function fromSource(flags: FlagValues<typeof fromFlags>, environment: Environment): RepositorySource {
  return {
    location: locationFrom(
      flags.fromRepo,
      flags.fromRepositoryFile,
      "Please specify a source repository location (--from-repo or --from-repository-file)",
      "Options --from-repo and --from-repository-file are mutually exclusive, please specify only one",
    ),
    password: {
      command: flags.fromPasswordCommand,
      file: flags.fromPasswordFile,
      variable: environment.get("FROM_PASSWORD"),
      insecureNoPassword: flags.fromInsecureNoPassword,
    },
    keyHint: flags.fromKeyHint,
    prompt: "enter password for source repository: ",
  };
}

function locationFrom(location: string, file: string, none: string, both: string): string {
  if (location !== "" && file !== "") throw fatal(both);
  if (location !== "") return location;
  if (file === "") throw fatal(none);
  try {
    return decodePassword(readFileSync(file)).trim();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") throw fatal(`${file} does not exist`);
    throw fatal(`unable to read repository location from ${file}: ${messageOf(error)}`, { cause: error });
  }
}
