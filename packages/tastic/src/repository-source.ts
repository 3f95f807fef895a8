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
  // What these were called once, when `copy` took them for the repository to copy to.
  keyHint2: text("key", "see --from-key-hint", {
    variable: "KEY_HINT2",
    hidden: true,
  }),
  passwordCommand2: text("command", "see --from-password-command", {
    variable: "PASSWORD_COMMAND2",
    hidden: true,
  }),
  passwordFile2: text("file", "see --from-password-file", {
    variable: "PASSWORD_FILE2",
    hidden: true,
  }),
  repo2: text("repository", "see --from-repo", {
    variable: "REPOSITORY2",
    deprecated: "use --repo or --from-repo instead",
  }),
  repositoryFile2: text("file", "see --from-repository-file", {
    variable: "REPOSITORY_FILE2",
    deprecated: "use --repository-file or --from-repository-file instead",
  }),
};

type FromValues = FlagValues<typeof fromFlags>;

/** The flags for the repository that a check takes blobs from: named by one of its own, opened as any other source. */
export const repairFlags = {
  repairFrom: text("repository", "replace what is damaged or missing with blobs of this repository"),
  fromInsecureNoPassword: fromFlags.fromInsecureNoPassword,
  fromKeyHint: fromFlags.fromKeyHint,
  fromPasswordCommand: fromFlags.fromPasswordCommand,
  fromPasswordFile: fromFlags.fromPasswordFile,
};

type OpeningValues = Pick<
  FromValues,
  "fromInsecureNoPassword" | "fromKeyHint" | "fromPasswordCommand" | "fromPasswordFile"
>;

/** The other repository of a command that has two. */
export interface SecondSource extends RepositorySource {
  /** It is named by a flag of old: `copy` writes to it. */
  readonly isTarget: boolean;
}

/** Is another repository named at all? */
export function namesSecondSource(flags: FromValues): boolean {
  return [flags.fromRepo, flags.fromRepositoryFile, flags.repo2, flags.repositoryFile2].some(
    (given) => given !== "",
  );
}

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
export function secondSource(flags: FromValues, environment: Environment): SecondSource {
  if (!namesSecondSource(flags)) {
    throw fatal("Please specify a source repository location (--from-repo or --from-repository-file)");
  }
  const { fromRepo, fromRepositoryFile, fromPasswordFile, fromPasswordCommand, fromKeyHint } = flags;
  const from = [fromRepo, fromRepositoryFile, fromPasswordFile, fromPasswordCommand, fromKeyHint];
  const isFrom = flags.fromInsecureNoPassword || from.some((given) => given !== "");
  const { repo2, repositoryFile2, passwordFile2, passwordCommand2, keyHint2 } = flags;
  const isOld = [repo2, repositoryFile2, passwordFile2, passwordCommand2, keyHint2].some(
    (given) => given !== "",
  );
  if (isFrom && isOld) {
    throw fatal("Option groups repo2 and from-repo are mutually exclusive, please specify only one");
  }
  return isOld ? oldSource(flags, environment) : fromSource(flags, environment);
}

function fromSource(flags: FromValues, environment: Environment): SecondSource {
  return {
    location: locationFrom(
      flags.fromRepo,
      flags.fromRepositoryFile,
      "Please specify a source repository location (--from-repo or --from-repository-file)",
      "Options --from-repo and --from-repository-file are mutually exclusive, please specify only one",
    ),
    ...openingOf(flags, environment),
    isTarget: false,
  };
}

/** The repository at `location`, opened as a source. */
export function sourceAt(location: string, flags: OpeningValues, environment: Environment): RepositorySource {
  return { location, ...openingOf(flags, environment) };
}

function openingOf(flags: OpeningValues, environment: Environment): Omit<RepositorySource, "location"> {
  return {
    password: {
      command: flags.fromPasswordCommand,
      file: flags.fromPasswordFile,
      variable: environment.get("FROM_PASSWORD"),
      insecureNoPassword: flags.fromInsecureNoPassword,
      isSecond: true,
    },
    keyHint: flags.fromKeyHint,
    prompt: "enter password for source repository: ",
  };
}

function oldSource(flags: FromValues, environment: Environment): SecondSource {
  return {
    location: locationFrom(
      flags.repo2,
      flags.repositoryFile2,
      "Please specify a source repository location (--from-repo or --from-repository-file)",
      "Options --repo2 and --repository-file2 are mutually exclusive, please specify only one",
    ),
    password: {
      command: flags.passwordCommand2,
      file: flags.passwordFile2,
      variable: environment.get("PASSWORD2"),
      insecureNoPassword: false,
      isSecond: true,
    },
    keyHint: flags.keyHint2,
    prompt: "enter password for destination repository: ",
    isTarget: true,
  };
}

function locationFrom(location: string, file: string, none: string, both: string): string {
  if (location !== "" && file !== "") throw fatal(both);
  if (location !== "") return location;
  if (file === "") throw fatal(none);
  return readLocationFile(file);
}

/** The location that a file names. */
export function readLocationFile(file: string): string {
  try {
    return decodePassword(readFileSync(file)).trim();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") throw fatal(`${file} does not exist`);
    throw fatal(`unable to read repository location from ${file}: ${messageOf(error)}`, { cause: error });
  }
}
