/**
 * Symbolic links over WebDAV, which knows none. A link `x` is shown as a small file `x.rclonelink` that holds where it
 * leads: with `--links`, rclone makes a link of that again. A real file of that name comes first.
 */
import type { BrowsedFile, BrowsedFolder, BrowsedOther, SnapshotBrowser } from "@tastic/snapshots";

const SUFFIX = ".rclonelink";

export interface ShownLink {
  readonly kind: "link";
  /** With the ending. */
  readonly name: string;
  readonly modified: string;
  readonly linkTarget: string;
}

/** What WebDAV shows. */
export type ShownItem = BrowsedFolder | BrowsedFile | ShownLink;

/** What a path names over WebDAV; undefined where there is no such thing. */
export async function findForWebdav(
  browser: SnapshotBrowser,
  names: readonly string[],
): Promise<ShownItem | undefined> {
  const item = await browser.find(names);
  if (item !== undefined) return item.kind === "other" ? undefined : item;
  const last = names.at(-1) ?? "";
  if (!last.endsWith(SUFFIX)) return undefined;
  const link = await browser.find([...names.slice(0, -1), last.slice(0, -SUFFIX.length)]);
  return link?.kind === "other" ? shownLink(link) : undefined;
}

/** A link under the name that WebDAV has for it; undefined for FIFOs, sockets and devices. */
function shownLink({ name, modified, node }: BrowsedOther): ShownLink | undefined {
  if (node.type !== "symlink") return undefined;
  return { kind: "link", name: name + SUFFIX, modified, linkTarget: node.linkTarget ?? "" };
}

/** What WebDAV shows of a folder. FIFOs, sockets and devices have no place there. */
export async function* listForWebdav(
  browser: SnapshotBrowser,
  folder: BrowsedFolder,
  names: readonly string[],
): AsyncGenerator<ShownItem, void, undefined> {
  for (const item of await browser.list(folder)) {
    const shown = item.kind === "other" ? shownLink(item) : item;
    if (shown === undefined) continue;
    if (shown.kind === "link" && (await browser.find([...names, shown.name])) !== undefined) continue;
    yield shown;
  }
}
