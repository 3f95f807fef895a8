/** `j.sals.backupjob` at the prompt. */
import type { Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { argument, folder, method, name, text, texts, truth, whole } from "./arguments.js";
import { BackupJob, clientOf, needJob, setBackupJob } from "./backup-job.js";
import { ShellMethod, ShellObject, valueOf } from "./value.js";

export function jobObjects(owner: RemoteOwner, told?: (run: Run) => void): ShellObject {
  const object = async (called: string): Promise<ShellObject> => {
    const job = await needJob(owner, called);
    return jobObject(called, new BackupJob(owner, called, told), {
      instance_name: called,
      paths: job.paths,
      paths_to_exclude: job.excludes,
      clients: job.places.map(clientOf),
    });
  };
  const all = [
    new ShellMethod("new", ["name!", "paths!", "paths_to_exclude", "clients!"], async (given) => {
      const job = await setBackupJob(owner, {
        name: argument(given, "name", name),
        paths: argument(given, "paths", texts) ?? [],
        excludes: argument(given, "paths_to_exclude", texts) ?? undefined,
        clients: argument(given, "clients", texts) ?? [],
      });
      return object(job.name);
    }),
    new ShellMethod("get", ["name!"], (given) => object(argument(given, "name", name))),
    method("list_all", [], async () => (await owner.jobs()).map((job) => job.name)),
    method("delete", ["name!"], (given) => owner.removeJob(argument(given, "name", name))),
  ];
  return new ShellObject("j.sals.backupjob", Object.fromEntries(all.map((one) => [one.name, one])));
}

function jobObject(called: string, job: BackupJob, is: Readonly<Record<string, unknown>>): ShellObject {
  const all = [
    method("execute", ["block"], (given) => job.execute(argument(given, "block", truth) ?? undefined)),
    method("list_all_snapshots", ["last", "path"], (given) =>
      job.listAllSnapshots(
        argument(given, "last", truth) ?? undefined,
        argument(given, "path", text) ?? undefined,
      ),
    ),
    method("list_snapshots", ["client!", "last", "path"], (given) =>
      job.listSnapshots(
        argument(given, "client", name),
        argument(given, "last", truth) ?? undefined,
        argument(given, "path", text) ?? undefined,
      ),
    ),
    method("restore", ["client!", "target_path", "snapshot_id", "host"], (given) =>
      job.restore(
        argument(given, "client", name),
        given.has("target_path") ? argument(given, "target_path", folder) : "/",
        argument(given, "snapshot_id", text) ?? undefined,
        argument(given, "host", text) ?? undefined,
      ),
    ),
    method("clean_snapshots", ["client!", "keep_last", "prune"], async (given) => {
      await job.cleanSnapshots(
        argument(given, "client", name),
        argument(given, "keep_last", whole) ?? undefined,
        argument(given, "prune", truth) ?? undefined,
      );
    }),
  ];
  const values = Object.entries(is).map(([key, value]) => [key, valueOf(value)] as const);
  return new ShellObject(
    `j.sals.backupjob.${called}`,
    Object.fromEntries([...values, ...all.map((one) => [one.name, one] as const)]),
  );
}
