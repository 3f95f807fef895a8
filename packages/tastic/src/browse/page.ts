/** The page of a folder: plain HTML, of which nothing needs a script or anything inline. */
import { formatBytes } from "@tastic/snapshots";
import type { BrowsedFolder, BrowsedItem, SnapshotBrowser } from "@tastic/snapshots";
import { writePiece } from "@tastic/rest-server";
import { quoteUnprintable } from "../output/file-name.js";
import { formatLocalTime } from "../output/local-time.js";
import type { Visit } from "./handler.js";
import { escapeMarkup } from "./markup.js";
import { STYLE_PATH } from "./style.js";
import { pathTo } from "./target.js";

const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Characters that are collected before they are sent. */
const PIECE = 32 * 1024;

export async function sendPage(
  { request, response, browser, target }: Visit,
  folder: BrowsedFolder,
): Promise<void> {
  const items = await browser.list(folder);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  let text = begin(target.names, folder);
  let count = 0;
  for (const item of items) {
    text += row(browser, target.names, item);
    count++;
    if (text.length < PIECE) continue;
    await writePiece(response, text);
    text = "";
  }
  const empty = count === 0 ? "<p>This folder is empty.</p>\n" : "";
  response.end(`${text}</tbody></table>\n${empty}</main>\n</body>\n</html>\n`);
}

function begin(names: readonly string[], folder: BrowsedFolder): string {
  const title = names.length === 0 ? "Snapshots" : shown(names.at(-1) ?? "");
  return (
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<nav aria-label="Path"><ol>${crumbs(names)}</ol></nav>
<main>
<h1>${title}</h1>
${actions(names, folder)}<table>
<caption>${caption(folder)}</caption>
<thead><tr><th scope="col">Name</th><th scope="col" class="number">Size</th>` +
    `<th scope="col" class="modified">Modified</th></tr></thead>
<tbody>
`
  );
}

function crumbs(names: readonly string[]): string {
  const parts = [
    ["Snapshots", pathTo([], true)],
    ...names.map((name, i) => [shown(name), pathTo(names.slice(0, i + 1), true)]),
  ];
  return parts
    .map(([name, path], i) =>
      i === parts.length - 1
        ? `<li><a href="${path}" aria-current="page">${name}</a></li>`
        : `<li><a href="${path}">${name}</a></li>`,
    )
    .join("");
}

function actions(names: readonly string[], { inside }: BrowsedFolder): string {
  if (inside === undefined) return "";
  const path = pathTo(names, true);
  const one = (format: string): string =>
    `<li><a href="${path}?archive=${format}" download>Download this folder as ${format}</a></li>`;
  return `<ul class="actions">${one("zip")}${one("tar")}</ul>\n`;
}

function caption({ inside }: BrowsedFolder): string {
  if (inside === undefined) return "Snapshots and the folders they are in";
  const { id, hostname = "", time } = inside.snapshot;
  const host = hostname === "" ? "" : ` of ${escapeMarkup(quoteUnprintable(hostname))}`;
  return `Snapshot ${id.slice(0, 8)}${host} from ${formatLocalTime(time)}`;
}

function row(browser: SnapshotBrowser, names: readonly string[], item: BrowsedItem): string {
  const { modified } = item;
  const size = item.kind === "file" ? formatBytes(browser.sizeOf(item)) : "";
  const time = `<time datetime="${escapeMarkup(modified)}">${formatLocalTime(modified)}</time>`;
  return (
    `<tr><th scope="row">${label([...names, item.name], item)}</th>` +
    `<td class="number">${size}</td><td class="modified">${time}</td></tr>\n`
  );
}

function label(path: readonly string[], item: BrowsedItem): string {
  const name = shown(item.name);
  if (item.kind === "file") return `<a href="${pathTo(path, false)}">${name}</a>`;
  if (item.kind === "folder") {
    const target = item.target === undefined ? "" : ` → ${shown(item.target)}`;
    return `<a href="${pathTo(path, true)}">${name}/</a>${target}`;
  }
  const { type, linkTarget = "" } = item.node;
  return type === "symlink" ? `${name} → ${shown(linkTarget)}` : `${name} (${type})`;
}

/** A name as people can read it: in quotes with escapes where a part of it cannot be printed. */
function shown(name: string): string {
  return escapeMarkup(quoteUnprintable(name));
}
