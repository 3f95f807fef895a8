/**
 * The files of the page: what a build has named by its content is kept by browsers for a year, the page itself never, so
 * that a new version is there at once.
 */
import { serveStatic } from "@hono/node-server/serve-static";
import type { MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { compress } from "hono/compress";

/** Whatever a build puts there has its content's hash in its name. */
const named = /[/\\]assets[/\\][^/\\]+$/;

/**
 * @param folder which must be there
 * @param index the file that "/" stands for
 */
export function pageOf(folder: string, index = "index.html"): MiddlewareHandler {
  const files = serveStatic({
    root: folder,
    index,
    precompressed: true,
    onFound: (path, context) => {
      const plain = path.replace(/\.(?:br|gz|zst)$/, "");
      context.header(
        "cache-control",
        named.test(plain)
          ? "public, max-age=31536000, immutable"
          : plain.endsWith(".html")
            ? "no-store"
            : "no-cache",
      );
    },
  });
  // Only these: how well an answer with secrets in it compresses may say what is in it.
  const compressed = every(compress({ encoding: "gzip" }), files);
  return (context, next) => {
    // A route that is not there is an error, and never the page.
    if (/^\/(?:api|backup)\//.test(context.req.path)) return next();
    return compressed(context, next);
  };
}
