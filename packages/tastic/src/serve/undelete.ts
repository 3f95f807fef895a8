/** `serve rest --undelete`: what clients have deleted, listed, or brought back with `--restore`. */
import { repositoryFolders } from "@tastic/rest-server";
import type { RestServer, TrashSelection } from "@tastic/rest-server";
import { formatBytes } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { plain } from "../text-error.js";
import type { ServeValues } from "./flags.js";

export async function undelete(
  context: Context,
  flags: ServeValues,
  args: readonly string[],
  server: RestServer,
): Promise<void> {
  const { output } = context;
  // Without a name, all repositories; "/" is the one at the root.
  const repositories: (readonly string[] | undefined)[] =
    args.length === 0 ? [undefined] : args.map(repositoryFolders);
  await server.usage.load();
  const totals = { restored: 0, replaced: 0, bytes: 0, there: 0 };
  let listed = 0;
  for (const repository of repositories) {
    const selection: TrashSelection = {
      repository,
      since: flags.since,
      account: flags.deletedBy === "" ? undefined : flags.deletedBy,
    };
    if (!flags.restore) {
      listed += await listTrash(context, selection, server);
      continue;
    }
    const { restored, replaced, bytes, there } = await server.trash.restore(selection, {
      replace: flags.replace,
    });
    totals.restored += restored;
    totals.replaced += replaced;
    totals.bytes += bytes;
    totals.there += there;
  }
  if (!flags.restore) {
    output.info(listed === 0 ? "nothing has been deleted" : `${listed} objects; --restore brings them back`);
    return;
  }
  await server.usage.flush();
  if (output.json) return output.value({ message_type: "summary", ...totals });
  output.info(`${totals.restored} objects brought back, ${formatBytes(totals.bytes)}`);
  if (totals.replaced > 0) output.info(`${totals.replaced} in place of others, which are in the trash now`);
  if (totals.there > 0)
    output.info(`${totals.there} left in the trash, since an object of the name is there`);
  if (totals.restored === 0 && totals.there === 0)
    throw plain("there is nothing to bring back", { code: "not-found" });
}

async function listTrash(
  { output }: Context,
  selection: TrashSelection,
  server: RestServer,
): Promise<number> {
  let count = 0;
  for await (const { folders, object } of server.trash.find(selection)) {
    const { file, size, deleted, account } = object;
    const repository = folders.join("/");
    const time = new Date(deleted).toISOString();
    count++;
    if (output.json) {
      output.value({
        message_type: "trashed",
        repository,
        type: file.type,
        name: file.name,
        size,
        time,
        account,
      });
    } else {
      const by = account === "" ? "" : ` by ${account}`;
      output.result(
        `${time}  ${repository === "" ? "/" : repository}  ${file.type} ${file.name.slice(0, 16)}  ${formatBytes(size)}${by}`,
      );
    }
  }
  return count;
}
