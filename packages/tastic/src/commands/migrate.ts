/** `migrate`: brings a repository of an older version up to date. */
import { messageOf } from "@tastic/errors";
import type { Repository } from "@tastic/repository";
import type { Context } from "../command.js";
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { withRepository } from "../open-repository.js";
import { say } from "../output/say.js";
import { runCheck } from "../run-check.js";
import { plain } from "../text-error.js";

/** The only one that there has ever been a need for. */
const UPGRADE = "upgrade_repo_v2";

export const command = defineCommand({
  usage: "[flags] [migration name] [...]",
  description:
    "Lists what can be done to bring the repository up to date, or does what is named. upgrade_repo_v2 makes version 2\nof version 1, so that new data is compressed; restic before 0.14 cannot open it then.",
  flags: {
    force: on("apply a migration a second time", { short: "f" }),
  },
  async run(context, { flags, args }) {
    await withRepository(context, "exclusive", async (repository, signal) => {
      if (args.length === 0) {
        list(context, repository);
        return;
      }
      let failed: Error | undefined;
      for (const name of args) {
        try {
          await migrate(context, repository, name, flags.force, signal);
        } catch (error) {
          failed ??= error instanceof Error ? error : new Error(messageOf(error));
        }
      }
      if (failed !== undefined) throw failed;
    });
  },
});

function list({ output }: Context, { config }: Repository): void {
  say(output, 1, "available migrations:");
  say(
    output,
    1,
    config.version === 1 ? `  ${UPGRADE}\tupgrade a repository to version 2` : "no migrations found",
  );
}

async function migrate(
  context: Context,
  repository: Repository,
  name: string,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { output } = context;
  if (name !== UPGRADE) {
    output.error(`unknown migration ${name}`);
    return;
  }
  if (repository.config.version !== 1) {
    if (!force) {
      output.error(
        `migration ${name} cannot be applied: repository is already upgraded to version 2\n` +
          "If you want to apply this migration anyway, re-run with option --force",
      );
      return;
    }
    output.error(`check for migration ${name} failed, continuing anyway`);
  }
  say(output, 1, "checking repository integrity...");
  await runCheck(context, repository, signal);
  say(output, 1, `applying migration ${name}...`);
  try {
    await repository.upgrade();
  } catch (error) {
    output.error(`migration ${name} failed: ${messageOf(error)}`);
    throw plain(messageOf(error), { cause: error });
  }
  say(output, 1, `migration ${name}: success`);
}
