/** `PROPFIND` of a folder or file, and of what is in a folder (RFC 4918, section 9.1). */
import { refusal, sendText, writePiece } from "@tastic/rest-server";
import type { SnapshotBrowser } from "@tastic/snapshots";
import { contentOf, httpDate } from "./content.js";
import type { Visit } from "./handler.js";
import { findForWebdav, listForWebdav, type ShownItem } from "./links.js";
import { escapeMarkup } from "./markup.js";
import { typeOf } from "./media-types.js";
import { readPropfind, type PropertyName, type WantedProperties } from "./propfind-request.js";
import { pathTo } from "./target.js";

const BEGIN = '<?xml version="1.0" encoding="utf-8"?>\n';
/** Bytes that are collected before they are sent. */
const PIECE = 32 * 1024;

export async function answerPropfind(visit: Visit): Promise<void> {
  const { request, response, target, browser } = visit;
  const wanted = await readPropfind(request);
  const depth = request.headers["depth"] ?? "infinity";
  if (depth === "infinity") {
    const body = `${BEGIN}<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>`;
    return sendText(response, 403, body, { "content-type": "application/xml; charset=utf-8" });
  }
  if (depth !== "0" && depth !== "1") throw refusal(400, "invalid-argument", "a depth is 0 or 1");
  const { names } = target;
  const item = await findForWebdav(browser, names);
  // With a slash behind it, a file is none.
  if (item === undefined || (item.kind !== "folder" && target.slash))
    throw refusal(404, "not-found", "there is no such thing", { text: "Not Found" });
  response.writeHead(207, { "content-type": "application/xml; charset=utf-8" });
  let text = `${BEGIN}<D:multistatus xmlns:D="DAV:">\n${describe(browser, names, item, wanted)}`;
  if (item.kind === "folder" && depth === "1") {
    for await (const child of listForWebdav(browser, item, names)) {
      text += describe(browser, [...names, child.name], child, wanted);
      if (text.length < PIECE) continue;
      await writePiece(response, text);
      text = "";
    }
  }
  response.end(`${text}</D:multistatus>\n`);
}

function describe(
  browser: SnapshotBrowser,
  names: readonly string[],
  item: ShownItem,
  wanted: WantedProperties,
): string {
  const href = pathTo(names, item.kind === "folder");
  return `<D:response><D:href>${href}</D:href>${propstats(browser, item, wanted)}</D:response>\n`;
}

function propstats(browser: SnapshotBrowser, item: ShownItem, wanted: WantedProperties): string {
  const known = Object.entries(PROPERTIES);
  if (wanted.kind === "names") {
    const shown = known.filter(([, valueOf]) => valueOf(browser, item) !== undefined);
    return propstat("200 OK", shown.map(([name]) => `<D:${name}/>`).join(""));
  }
  if (wanted.kind === "all") {
    const shown = known.map(([name, valueOf]) => element(name, valueOf(browser, item)) ?? "");
    return propstat("200 OK", shown.join(""));
  }
  let found = "";
  let missing = "";
  for (const property of wanted.properties) {
    const { space, name } = property;
    const valueOf = space === "DAV:" && Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
    const shown = element(name, valueOf?.(browser, item));
    if (shown === undefined) missing += nameOf(property);
    else found += shown;
  }
  const both = found === "" && missing !== "" ? "" : propstat("200 OK", found);
  return missing === "" ? both : both + propstat("404 Not Found", missing);
}

function propstat(status: string, properties: string): string {
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`;
}

function element(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return value === "" ? `<D:${name}/>` : `<D:${name}>${value}</D:${name}>`;
}

/** A property that is not there, under the name that was asked for. */
function nameOf({ space, name }: PropertyName): string {
  if (space === "DAV:") return `<D:${name}/>`;
  return space === "" ? `<${name} xmlns=""/>` : `<X:${name} xmlns:X="${escapeMarkup(space)}"/>`;
}

/** The value of each property of WebDAV as XML; undefined for what an item has not. When things were made is not known. */
const PROPERTIES: Readonly<
  Record<string, (browser: SnapshotBrowser, item: ShownItem) => string | undefined>
> = {
  resourcetype: (_, { kind }) => (kind === "folder" ? "<D:collection/>" : ""),
  displayname: (_, { name }) => escapeMarkup(name),
  getlastmodified: (_, { modified }) => httpDate(modified),
  getcontentlength: (browser, item) => contentOf(browser, item)?.size.toString(),
  getcontenttype: (_, { kind, name }) => (kind === "folder" ? undefined : typeOf(name).type),
  getetag: (browser, item) => {
    const tag = contentOf(browser, item)?.tag;
    return tag && escapeMarkup(tag);
  },
};
