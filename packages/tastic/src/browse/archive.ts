/** A folder of a snapshot as a zip or tar archive, written while it is read: the same bytes that `dump` writes. */
import { refusal } from "@tastic/rest-server";
import { dump } from "@tastic/snapshots";
import type { BrowsedFolder } from "@tastic/snapshots";
import { shortId } from "@tastic/format";
import { disposition } from "./content.js";
import type { Visit } from "./handler.js";

const TYPES: Readonly<Record<"tar" | "zip", string>> = { tar: "application/x-tar", zip: "application/zip" };

export async function sendArchive(
  { request, response, browser, signal }: Visit,
  { inside }: BrowsedFolder,
  format: string,
): Promise<void> {
  if (inside === undefined || (format !== "tar" && format !== "zip"))
    throw refusal(404, "not-found", "there is no such archive", { text: "Not Found" });
  const { snapshot, path } = inside;
  const name = path === "/" ? shortId(snapshot.id) : path.slice(path.lastIndexOf("/") + 1);
  response.writeHead(200, {
    "content-type": TYPES[format],
    "content-disposition": disposition(true, `${name}.${format}`),
  });
  if (request.method !== "HEAD") {
    const source = { treeId: snapshot.tree };
    await dump(browser.repository, source, path, response, { archive: format, signal });
  }
  response.end();
}
