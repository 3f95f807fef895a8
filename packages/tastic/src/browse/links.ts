/**
 * Symbolic links over WebDAV, which knows none. A link `x` is shown as a small file `x.rclonelink` that holds where it
 * leads: with `--links`, rclone makes a link of that again. A real file of that name comes first.
 */
import type { BrowsedFolder, BrowsedItem, SnapshotBrowser } from "@tastic/snapshots";

export const LINK_SUFFIX = ".rclonelink";

/** The link that a name stands for which is none of a real item. */
export async function linkName(
  { browser }: { readonly browser: SnapshotBrowser },
  names: readonly string[],
): Promise<BrowsedItem | undefined> {
  const last = names.at(-1) ?? "";
  if (!last.endsWith(LINK_SUFFIX)) return undefined;
  const item = await browser.find([...names.slice(0, -1), last.slice(0, -LINK_SUFFIX.length)]);
  return item?.kind === "other" && item.node.type === "symlink" ? { ...item, name: last } : undefined;
}

/** What WebDAV shows of a folder. FIFOs, sockets and devices have no place there. */
export async function* listForWebdav(
  browser: SnapshotBrowser,
  folder: BrowsedFolder,
  names: readonly string[],
): AsyncGenerator<BrowsedItem, void, undefined> {
  for (const item of await browser.list(folder)) {
    if (item.kind !== "other") yield item;
    else if (item.node.type === "symlink") {
      const name = item.name + LINK_SUFFIX;
      if ((await browser.find([...names, name])) === undefined) yield { ...item, name };
    }
  }
}
