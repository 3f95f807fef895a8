/**
 * Answers requests for what snapshots hold: pages of folders, files, folders as archives, and for WebDAV (RFC 4918, class 1)
 * the properties of both. Nothing can be changed.
 *
 * Class 2 (locks) is not spoken: macOS mounts a server without it for reading only, which is what this is, and Windows and
 * Linux do not need it to read.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { messageOf } from "@tastic/errors";
import { refusal, refusalOf, sendRefusal, sendText } from "@tastic/rest-server";
import type { Answer, Log } from "@tastic/rest-server";
import type { BrowsedFolder, SnapshotBrowser } from "@tastic/snapshots";
import type { Access } from "./access.js";
import { sendArchive } from "./archive.js";
import { contentOf, sendContent } from "./content.js";
import { findForWebdav } from "./links.js";
import { sendPage } from "./page.js";
import { answerPropfind } from "./propfind.js";
import { STYLE, STYLE_PATH } from "./style.js";
import { parseTarget, pathTo, type Target } from "./target.js";

export interface BrowseHandlerOptions {
  readonly browser: SnapshotBrowser;
  readonly access: Access;
  readonly webdav: boolean;
  readonly log: Log;
}

/** One request on its way. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
  readonly browser: SnapshotBrowser;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A client that takes nothing for so long, in milliseconds, is let go. */
const PATIENCE = 5 * 60_000;

const failure: Answer = { status: 500, text: "Internal Server Error", headers: {} };

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export class BrowseHandler {
  readonly handle: RequestListener;
  readonly #options: BrowseHandlerOptions;
  #draining = false;

  constructor(options: BrowseHandlerOptions) {
    this.#options = options;
    this.handle = (request, response) => void this.#respond(request, response);
  }

  /** From now on connections are closed after each answer. */
  drain(): void {
    this.#draining = true;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    // What cannot be sent any more is noticed where it is written.
    response.on("error", () => gone.abort());
    response.setTimeout(PATIENCE, () => response.destroy());
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (this.#draining) response.setHeader("connection", "close");
    try {
      await this.#options.access.check(request);
      const target = parseTarget(request.url ?? "");
      if (target === undefined) throw notFound();
      const { browser } = this.#options;
      await this.#answer({ request, response, target, browser, signal: gone.signal });
    } catch (error) {
      if (gone.signal.aborted) {
        response.destroy();
        return;
      }
      // Everything else went wrong here, even where the store says that something is not there.
      const { status, text, headers } = refusalOf(error) ?? failure;
      if (status >= 500) this.#options.log.error(`${request.method} ${request.url}: ${messageOf(error)}`);
      sendRefusal(request, response, status, text, headers);
    }
  }

  async #answer(visit: Visit): Promise<void> {
    const { request, response } = visit;
    const { webdav } = this.#options;
    const { method } = request;
    if (method === "GET" || method === "HEAD") return this.#get(visit);
    if (method === "PROPFIND" && webdav) return answerPropfind(visit);
    if (method === "OPTIONS") {
      response.writeHead(200, {
        allow: this.#allowed,
        "content-length": 0,
        // Without the second, Windows does not take it for WebDAV.
        ...(webdav ? { dav: "1", "ms-author-via": "DAV" } : {}),
      });
      response.end();
      return;
    }
    throw refusal(405, "unsupported", "only reading is allowed", {
      text: "Snapshots can only be read here.",
      headers: { allow: this.#allowed },
    });
  }

  get #allowed(): string {
    return this.#options.webdav ? "OPTIONS, GET, HEAD, PROPFIND" : "OPTIONS, GET, HEAD";
  }

  async #get(visit: Visit): Promise<void> {
    const { request, response, target, browser } = visit;
    const { names } = target;
    const { webdav } = this.#options;
    if (pathTo(names, false) === STYLE_PATH) {
      return sendText(response, 200, request.method === "HEAD" ? "" : STYLE, {
        "content-type": "text/css; charset=utf-8",
      });
    }
    const item = await (webdav ? findForWebdav(browser, names) : browser.find(names));
    if (item?.kind === "folder") return this.#getFolder(visit, item);
    // With a slash behind it, a file is none.
    if (item === undefined || target.slash) throw notFound();
    const content = contentOf(browser, item);
    if (content === undefined) throw notFound();
    await sendContent(visit, content);
  }

  async #getFolder(visit: Visit, folder: BrowsedFolder): Promise<void> {
    const { response, target } = visit;
    const { names, slash, query } = target;
    const archive = query.get("archive");
    if (archive !== null) return sendArchive(visit, folder, archive);
    // Another name of a folder leads there, so that what is remembered of its page stays the same.
    const elsewhere = this.#options.webdav ? undefined : folder.target;
    if (elsewhere !== undefined || !slash) {
      const to = elsewhere === undefined ? names : [...names.slice(0, -1), ...elsewhere.split("/")];
      response.writeHead(302, { location: pathTo(to, true), "content-length": 0 });
      response.end();
      return;
    }
    await sendPage(visit, folder);
  }
}

function notFound(): Error {
  return refusal(404, "not-found", "there is no such thing", { text: "Not Found" });
}
