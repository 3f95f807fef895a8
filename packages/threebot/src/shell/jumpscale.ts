/** The names that the prompt has from the beginning: `j.tools.restic`, as in the original's shell, and what helps. */
import * as v from "valibot";
import type { Place, Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { createResticRepo, type ResticRepo } from "./restic-repo.js";
import { ShellError } from "./shell-error.js";
import { ShellMethod, ShellObject, valueOf, type Value } from "./value.js";

/** What the original called its repositories; the two of the marketplace hold the same. */
const instances: Readonly<Record<string, Place>> = {
  minio_backup: "minio",
  config_backup_1: "marketplace",
  config_backup_2: "marketplace",
  marketplace: "marketplace",
};

const texts = v.nullish(
  v.union([
    v.pipe(
      v.string(),
      v.transform((one) => [one]),
    ),
    v.array(v.string()),
  ]),
);
const text = v.nullish(v.string());
const truth = v.nullish(v.boolean());
const whole = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0)));

export function jumpscaleNames(
  owner: RemoteOwner,
  told?: (run: Run) => void,
): Readonly<Record<string, Value>> {
  const repos = Object.fromEntries(
    Object.entries(instances).map(([name, place]) => [
      name,
      repoObject(name, createResticRepo(owner, place, told === undefined ? {} : { told })),
    ]),
  );
  const get = new ShellMethod("get", ["name!"], async (given) => {
    const name = argument(given, "name", v.string());
    const found = Object.hasOwn(repos, name) ? repos[name] : undefined;
    if (found === undefined) throw new ShellError("ValueError", `there is no repository '${name}'`);
    return found;
  });
  const listAll = new ShellMethod("list_all", [], () => Promise.resolve(Object.keys(instances)));
  const restic = new ShellObject("j.tools.restic", { ...repos, get, list_all: listAll });
  return { j: new ShellObject("j", { tools: new ShellObject("j.tools", { restic }) }) };
}

function repoObject(name: string, repo: ResticRepo): ShellObject {
  const method = (
    called: string,
    parameters: readonly string[],
    call: (given: ReadonlyMap<string, Value>) => Promise<unknown>,
  ): ShellMethod => new ShellMethod(called, parameters, async (given) => valueOf(await call(given)));
  const all = [
    method("init_repo", [], () => repo.initRepo()),
    method("backup", ["path", "tags", "exclude"], async (given) => {
      const paths = argument(given, "path", texts) ?? undefined;
      if (paths?.length === 0) throw new ShellError("ValueError", "Please specify path/s to backup");
      const tags = argument(given, "tags", texts) ?? undefined;
      await repo.backup({ paths, tags, exclude: argument(given, "exclude", texts) ?? undefined });
    }),
    method("restore", ["target_path!", "snapshot_id", "latest", "path", "host", "tags"], async (given) => {
      await repo.restore(argument(given, "target_path", v.pipe(v.string(), v.nonEmpty())), {
        snapshotId: argument(given, "snapshot_id", text) ?? undefined,
        latest: argument(given, "latest", truth) ?? undefined,
        path: argument(given, "path", text) ?? undefined,
        host: argument(given, "host", text) ?? undefined,
        tags: argument(given, "tags", texts) ?? undefined,
      });
    }),
    method("list_snapshots", ["tags", "last", "path"], (given) =>
      repo.listSnapshots({
        tags: argument(given, "tags", texts) ?? undefined,
        last: argument(given, "last", truth) ?? undefined,
        path: argument(given, "path", text) ?? undefined,
      }),
    ),
    method("forget", ["keep_last", "prune", "snapshots", "tags"], async (given) => {
      await repo.forget({
        prune: argument(given, "prune", truth) ?? undefined,
        keepLast: argument(given, "keep_last", whole) ?? undefined,
        snapshots: argument(given, "snapshots", texts) ?? undefined,
        tags: argument(given, "tags", texts) ?? undefined,
      });
    }),
    method("auto_backup", ["path", "keep_last"], (given) =>
      repo.autoBackup({ path: pathOf(given), keepLast: argument(given, "keep_last", whole) ?? undefined }),
    ),
    method("auto_backup_running", ["path"], (given) => repo.autoBackupRunning(pathOf(given))),
    method("disable_auto_backup", ["path"], (given) => repo.disableAutoBackup(pathOf(given))),
    method("start_watch_backup", ["path"], async (given) => {
      const path = pathOf(given);
      if (await repo.isWatched(path)) return null;
      throw new ShellError("ValueError", `'${path}' is not backed up: there is nothing to watch`);
    }),
    method("backup_watchdog_running", ["path"], (given) => repo.isWatched(pathOf(given))),
  ];
  return new ShellObject(`j.tools.restic.${name}`, Object.fromEntries(all.map((one) => [one.name, one])));
}

function pathOf(given: ReadonlyMap<string, Value>): string | undefined {
  return argument(given, "path", text) ?? undefined;
}

function argument<Schema extends v.GenericSchema>(
  given: ReadonlyMap<string, Value>,
  name: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, given.get(name));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ShellError(
    "TypeError",
    `argument '${name}' is not valid: ${issue.expected ?? "another value"} was expected`,
  );
}
