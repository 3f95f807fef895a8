/**
 * The other repositories of `backup --also-to`: which they are, what opens them, and bringing a snapshot there. The
 * source is read and cut once, for the first repository; the others get copies of what it has, one after the other.
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { copy, findSnapshots, createSnapshotFilter } from "@tastic/snapshots";
import type { StoredSnapshot } from "@tastic/snapshots";
import { resolve } from "node:path";
import type { Context } from "./command.js";
import { list, on } from "./flags.js";
import type { FlagValues } from "./flags.js";
import { shownLocation } from "./location.js";
import { loadIndex, openSource, withLock } from "./open-repository.js";
import { AlsoToReporter } from "./output/also-to-report.js";
import type { CopyOutcome } from "./output/also-to-report.js";
import type { PasswordSources } from "./password.js";
import { mainSource, readLocationFile } from "./repository-source.js";
import type { RepositorySource } from "./repository-source.js";
import { schemeOf } from "./stores/open-storage.js";
import { fatal, guidanceOf, textOf } from "./text-error.js";

export const alsoToFlags = {
  alsoTo: list("repository", "copy the new snapshot to this repository, too (may be repeated)"),
  alsoToInsecureNoPassword: on("the --also-to repositories have an empty password (insecure)"),
  alsoToKeyHint: list("key", "try the key with this ID first there (once for all, or for each in turn)"),
  alsoToPasswordCommand: list(
    "command",
    "run this to get the password of --also-to (once for all, or for each in turn)",
    { variable: "ALSO_TO_PASSWORD_COMMAND" },
  ),
  alsoToPasswordFile: list(
    "file",
    "read the password of --also-to from this file (once for all, or for each in turn)",
    { variable: "ALSO_TO_PASSWORD_FILE" },
  ),
  alsoToRepositoryFile: list("file", "read from this file which repository to copy to (may be repeated)"),
};
export type AlsoToValues = FlagValues<typeof alsoToFlags>;

/** What is copied, and from where. */
interface Copied {
  readonly first: Repository;
  readonly snapshot: StoredSnapshot;
  /** Made just now. */
  readonly isNew: boolean;
}

/** Another repository, and whether its password will be asked for. */
interface Target {
  readonly source: RepositorySource;
  /** As it may be shown. */
  readonly name: string;
  readonly asksPassword: boolean;
}

/**
 * The repositories that a snapshot goes to after the first.
 *
 * Made before the backup: what is wrong with the command line is told before anything is read.
 */
export class AlsoTo {
  readonly #context: Context;
  readonly #targets: readonly Target[];
  /** Those whose password somebody typed, which must not wait until a long backup is done; or why they do not open. */
  readonly #opened = new Map<Target, Repository | { readonly error: unknown }>();

  /** @throws TasticError invalid-argument where there are more or fewer passwords than repositories */
  constructor(context: Context, flags: AlsoToValues) {
    this.#context = context;
    this.#targets = targetsOf(context, flags);
  }

  get isEmpty(): boolean {
    return this.#targets.length === 0;
  }

  get asksPasswords(): boolean {
    return this.#targets.some(({ asksPassword }) => asksPassword);
  }

  /** Opens the repositories whose passwords have to be asked for. Errors wait for their turn, but for `cancelled`. */
  async askPasswords(): Promise<void> {
    for (const target of this.#targets.filter(({ asksPassword }) => asksPassword)) {
      try {
        this.#opened.set(target, await openSource(this.#context, target.source));
      } catch (error) {
        if (this.#context.signal.aborted) throw error;
        this.#opened.set(target, { error });
      }
    }
  }

  /** Says where copies would go, in a dry run. */
  sayWouldCopy(): void {
    for (const { name } of this.#targets) this.#context.output.info(`would copy the snapshot to ${name}`);
  }

  /**
   * Copies a snapshot to one repository after the other; one that fails keeps no other from its turn. `first` is open,
   * locked, and has its index. Errors: `storage-failed` that counts the copies that failed; `cancelled`.
   */
  async copyTo(
    first: Repository,
    snapshotId: SnapshotId,
    { isNew, signal }: { readonly isNew: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    const snapshot = { ...(await first.loadSnapshot(snapshotId)), id: snapshotId };
    const failed: string[] = [];
    for (const target of this.#targets) {
      const reporter = new AlsoToReporter(this.#context, target.name, snapshotId);
      try {
        reporter.finish(await this.#copy({ first, snapshot, isNew }, target, reporter, signal));
      } catch (error) {
        reporter.stop();
        if (signal.aborted) throw error;
        reporter.failed(textOf(error).replace(/^(Fatal: )+/, ""), guidanceOf(error));
        failed.push(target.name);
      }
    }
    if (failed.length === 0) return;
    throw fatal(
      `snapshot ${snapshotId.slice(0, 8)} is saved, but was not copied to ${failed.length} of ` +
        `${this.#targets.length} other repositories: ${failed.join(", ")}`,
      {
        code: "storage-failed",
        guidance: `Once the reason is removed, \`copy\` or the next backup with --also-to brings over what is missing.`,
      },
    );
  }

  async #copy(
    { first, snapshot, isNew: isFresh }: Copied,
    target: Target,
    reporter: AlsoToReporter,
    outer: AbortSignal,
  ): Promise<CopyOutcome> {
    const context = { ...this.#context, signal: outer };
    const repository = await this.#open(target, context);
    if (repository.config.chunkerPolynomial !== first.config.chunkerPolynomial) reporter.cutDifferently();
    return withLock(context, repository, "append", async (signal) => {
      const existing = await findSnapshots(repository, [], createSnapshotFilter({}), () => undefined);
      // A snapshot of just now can be nowhere else.
      if (isFresh && existing.some(({ id }) => id === snapshot.id)) throw itself(target.name);
      await loadIndex(context, repository, signal);
      let copyId: SnapshotId | undefined;
      let isNew = false;
      const result = await copy(first, repository, [snapshot], existing, {
        signal,
        onEvent(event) {
          reporter.onEvent(event);
          if (event.type === "skipped") copyId = event.existing;
          if (event.type !== "saved") return;
          copyId = event.id;
          isNew = true;
        },
      });
      if (copyId === undefined) throw new TasticError("internal", "the copy made no snapshot");
      return { ...result, copyId, isNew };
    });
  }

  async #open(target: Target, context: Context): Promise<Repository> {
    const opened = this.#opened.get(target);
    if (opened === undefined) return openSource(context, target.source);
    if ("error" in opened) throw opened.error;
    return opened;
  }
}

function targetsOf({ globals, environment }: Context, flags: AlsoToValues): Target[] {
  const locations = [...flags.alsoTo, ...flags.alsoToRepositoryFile.map(readLocationFile)];
  const count = locations.length;
  if (locations.includes("")) throw fatal("--also-to needs a repository");
  const commands = forEach(flags.alsoToPasswordCommand, "--also-to-password-command", count);
  const files = forEach(flags.alsoToPasswordFile, "--also-to-password-file", count);
  const keyHints = forEach(flags.alsoToKeyHint, "--also-to-key-hint", count);
  if (count === 0) return [];
  const main = mainSource(globals, environment);
  const same = locations.find((location) => placeOf(location) === placeOf(main.location));
  if (same !== undefined) throw itself(shownLocation(same));
  return locations.map((location, at) => {
    const own: PasswordSources = {
      command: commands[at]!,
      file: files[at]!,
      variable: environment.get(`ALSO_TO_PASSWORD_${at + 1}`) ?? environment.get("ALSO_TO_PASSWORD"),
      insecureNoPassword: flags.alsoToInsecureNoPassword,
    };
    // Who says nothing of a password has the same everywhere.
    const password = isGiven(own) ? own : main.password;
    const name = shownLocation(location);
    return {
      name,
      source: { location, password, keyHint: keyHints[at]!, prompt: `enter password for ${name}: ` },
      asksPassword: !isGiven(password),
    };
  });
}

/** Local paths are one place however they are written. */
function placeOf(location: string): string {
  return schemeOf(location) === "local" ? resolve(location.replace(/^local:/, "")) : location;
}

function itself(name: string): TasticError {
  return fatal(`${name} is the repository of the backup itself`, {
    guidance: "Name another repository after --also-to.",
  });
}

function isGiven({ command, file, variable, insecureNoPassword }: PasswordSources): boolean {
  return command !== "" || file !== "" || variable !== undefined || insecureNoPassword;
}

/** A value for each repository: none, one for all, or as many as there are, where an empty one is none. */
function forEach(values: readonly string[], flag: string, count: number): string[] {
  if (values.length <= 1) return Array<string>(count).fill(values[0] ?? "");
  if (values.length === count) return [...values];
  throw fatal(`${values.length} times ${flag} for ${count} times --also-to`, {
    guidance: `Give ${flag} once for all repositories, or once for each, in their order ("" for none).`,
  });
}
