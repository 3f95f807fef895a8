/** `init`: a new repository. */
import { messageOf } from "@tastic/errors";
import { Repository } from "@tastic/repository";
import { defineCommand } from "../command.js";
import type { Context, Invocation } from "../command.js";
import { on, text } from "../flags.js";
import { openStorage, shownLocation } from "../location.js";
import { openSource, repositoryOptions } from "../open-repository.js";
import { givenPassword, promptForNewPassword, refuseEmpty } from "../password.js";
import { fromFlags, mainSource, namesSecondSource, secondSource } from "../repository-source.js";
import { fatal } from "../text-error.js";

const flags = {
  copyChunkerParams: on(
    "cut files as the source repository does, so that snapshots can be copied without waste",
  ),
  repositoryVersion: text("version", "the version of the format: 1, 2, stable or latest", {
    initial: "stable",
  }),
  ...fromFlags,
};

const VERSIONS: Readonly<Record<string, 1 | 2>> = { "": 2, "1": 1, "2": 2, stable: 2, latest: 2 };

export const command = defineCommand({
  usage: "[flags]",
  description: "Makes a new, empty repository.",
  flags,
  async run(context, { flags: given, args }) {
    if (args.length > 0) {
      throw fatal(
        "the init command expects no arguments, only options - please see `restic help init` for usage and flags",
      );
    }
    const version = versionOf(given.repositoryVersion);
    const chunkerPolynomial = await polynomialOf(context, given);
    const source = mainSource(context.globals, context.environment);
    const { insecureNoPassword } = source.password;
    const password = refuseEmpty(
      givenPassword(source.password) ??
        (await promptForNewPassword("enter password for new repository: ", context.signal)),
      insecureNoPassword,
      "Fatal: ",
    );
    const shown = shownLocation(source.location);
    const storage = await openStorage(context, source.location);
    const repository = await Repository.init(storage, {
      ...repositoryOptions(context),
      password,
      version,
      ...(chunkerPolynomial === undefined ? {} : { chunkerPolynomial }),
    }).catch((error: unknown) => {
      throw fatal(`Fatal: create repository at ${shown} failed: ${messageOf(error)}`, { cause: error });
    });
    report(context, repository.config.id, shown, given.copyChunkerParams);
  },
});

function report({ output }: Context, id: string, location: string, copiedChunker: boolean): void {
  if (output.json) {
    output.value({ message_type: "initialized", id, repository: location });
    return;
  }
  output.info(`created restic repository ${id.slice(0, 10)} at ${location}`);
  if (copiedChunker) output.info(" with chunker parameters copied from secondary repository");
  output.info("");
  output.info("Please note that knowledge of your password is required to access");
  output.info("the repository. Losing your password means that your data is");
  output.info("irrecoverably lost.");
}

function versionOf(given: string): 1 | 2 {
  const version = Object.hasOwn(VERSIONS, given) ? VERSIONS[given] : undefined;
  if (version !== undefined) return version;
  if (/^\d+$/.test(given)) throw fatal("Fatal: only repository versions between 1 and 2 are allowed");
  throw fatal("invalid repository version");
}

/** The polynomial of the source repository, if it is asked for. */
async function polynomialOf(
  context: Context,
  { copyChunkerParams, ...from }: Invocation<typeof flags>["flags"],
): Promise<string | undefined> {
  if (copyChunkerParams) {
    const repository = await openSource(context, secondSource(from, context.environment));
    return repository.config.chunkerPolynomial;
  }
  if (namesSecondSource(from)) {
    throw fatal("Secondary repository must only be specified when copying the chunker parameters");
  }
  return undefined;
}
