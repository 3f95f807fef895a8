/** The names that the prompt has from the beginning, as in the original's shell: `j.tools.restic` and `j.sals.backupjob`. */
import type { Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { argument, folder, method, name, text, texts, truth, whole, type Given } from "./arguments.js";
import { instances } from "./instances.js";
import { jobObjects } from "./job-objects.js";
import { createResticRepo, type ResticRepo } from "./restic-repo.js";
import { ShellError } from "./shell-error.js";
import { ShellMethod, ShellObject, type Value } from "./value.js";

export function jumpscaleNames(
  owner: RemoteOwner,
  told?: (run: Run) => void,
): Readonly<Record<string, Value>> {
  const repos = Object.fromEntries(
    [...instances].map(([called, place]) => [
      called,
      repoObject(called, createResticRepo(owner, place, told === undefined ? {} : { told })),
    ]),
  );
  const get = new ShellMethod("get", ["name!"], async (given) => {
    const called = argument(given, "name", name);
    const found = Object.hasOwn(repos, called) ? repos[called] : undefined;
    if (found === undefined) throw new ShellError("ValueError", `there is no repository '${called}'`);
    return found;
  });
  const listAll = method("list_all", [], () => Promise.resolve([...instances.keys()]));
  const restic = new ShellObject("j.tools.restic", { ...repos, get, list_all: listAll });
  const sals = new ShellObject("j.sals", { backupjob: jobObjects(owner, told) });
  return { j: new ShellObject("j", { tools: new ShellObject("j.tools", { restic }), sals }) };
}

function repoObject(called: string, repo: ResticRepo): ShellObject {
  const all = [
    method("init_repo", [], () => repo.initRepo()),
    method("backup", ["path", "tags", "exclude"], async (given) => {
      const paths = argument(given, "path", texts) ?? undefined;
      if (paths?.length === 0) throw new ShellError("ValueError", "Please specify path/s to backup");
      const tags = argument(given, "tags", texts) ?? undefined;
      await repo.backup({ paths, tags, exclude: argument(given, "exclude", texts) ?? undefined });
    }),
    method("restore", ["target_path!", "snapshot_id", "latest", "path", "host", "tags"], async (given) => {
      await repo.restore(argument(given, "target_path", folder), {
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
  return new ShellObject(`j.tools.restic.${called}`, Object.fromEntries(all.map((one) => [one.name, one])));
}

function pathOf(given: Given): string | undefined {
  return argument(given, "path", text) ?? undefined;
}
