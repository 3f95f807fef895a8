/** `snapshots`: the list of snapshots. */
import {
  encodeGroupKey,
  formatGroupHeader,
  groupSnapshots,
  isGrouping,
  latestPerGroup,
  latestPerHostAndPaths,
  parseGroupBy,
} from "@tastic/snapshots";
import type { GroupBy, SnapshotGroup, StoredSnapshot } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { integer, on, parsed } from "../flags.js";
import { lookAtRepository } from "../open-repository.js";
import { snapshotJson } from "../output/snapshot-json.js";
import { snapshotTable } from "../output/snapshot-table.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";

const NO_GROUPS: GroupBy = { host: false, paths: false, tags: false };

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Lists all snapshots of the repository, or those that are named or match the flags, oldest first.",
  flags: {
    compact: on("fewer columns", { short: "c" }),
    groupBy: parsed(
      "group",
      "a table for each host, paths and/or tags, separated by commas",
      NO_GROUPS,
      parseGroupBy,
      {
        short: "g",
      },
    ),
    latest: integer("n", "only the last n snapshots of each host and paths"),
    // What `--latest 1` was called once.
    last: on("only the last snapshot of each host and paths", { deprecated: "use --latest 1" }),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const snapshots = await lookAtRepository(context, (repository) =>
      findNamedSnapshots(context, repository, args, filterOf(flags)),
    );
    const count = flags.last ? 1 : flags.latest;
    const { compact, groupBy } = flags;
    // Grouping puts paths in order, also where there is but one group.
    const groups = groupSnapshots(snapshots, groupBy);
    if (isGrouping(groupBy)) {
      printGroups(context, latestPerGroup(groups, count), compact);
    } else {
      const all = groups.flatMap((group) => group.snapshots);
      printAll(context, count > 0 ? latestPerHostAndPaths(all, count) : all, compact);
    }
  },
});

function printAll({ output }: Context, snapshots: readonly StoredSnapshot[], compact: boolean): void {
  if (output.json) output.result(`[${snapshots.map((snapshot) => snapshotJson(snapshot)).join(",")}]`);
  else for (const line of snapshotTable(snapshots, { compact })) output.result(line);
}

function printGroups({ output }: Context, groups: readonly SnapshotGroup[], compact: boolean): void {
  if (output.json) {
    const json = groups.map(({ key, snapshots }) => {
      const members = snapshots.map((snapshot) => snapshotJson(snapshot)).join(",");
      return `{"group_key":${encodeGroupKey(key)},"snapshots":[${members}]}`;
    });
    output.result(`[${json.join(",")}]`);
    return;
  }
  for (const { key, snapshots } of groups) {
    const header = formatGroupHeader(key);
    if (header !== undefined) output.result(header);
    for (const line of snapshotTable(snapshots, { compact })) output.result(line);
  }
}
