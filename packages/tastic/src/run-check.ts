/** How a check ends, whoever asked for it: with what it found, or with the error that damage is. */
import { isTasticError } from "@tastic/errors";
import { check } from "@tastic/snapshots";
import type { CheckResult } from "@tastic/snapshots";
import type { Repository } from "@tastic/repository";
import type { Context } from "./command.js";
import { CheckReporter } from "./output/check-report.js";
import { fatal } from "./text-error.js";

/** Sums up what `run` finds. Errors: `damaged-repository` if that is damage; those of `run`. */
export async function sumUp(
  { output }: Context,
  reporter: CheckReporter,
  run: () => Promise<CheckResult>,
): Promise<void> {
  let result: CheckResult;
  try {
    result = await run();
  } catch (error) {
    reporter.stop();
    if (output.json && isTasticError(error)) reporter.summary(FAILED);
    throw error;
  }
  reporter.stop();
  reporter.summary(result);
  if (result.errorCount > 0) throw fatal("repository contains errors", { code: "damaged-repository" });
  output.info("no errors were found");
}

/** Looks for damage without reading contents, in a repository that is locked. Its index is loaded anew for that. */
export async function runCheck(context: Context, repository: Repository, signal: AbortSignal): Promise<void> {
  repository.forgetIndex();
  const reporter = new CheckReporter(context, undefined);
  await reporter.prepare(repository);
  await sumUp(context, reporter, () =>
    check(repository, { signal, onEvent: (event) => reporter.onEvent(event) }),
  );
}

/** What restic sums up when it could not even begin. */
const FAILED: CheckResult = {
  errorCount: 1,
  brokenPacks: [],
  suggestRepairIndex: false,
  suggestPrune: false,
};
