/**
 * The files of the page: what a build has named by its content is kept by browsers for a year, the page itself never, so
 * that a new version is there at once.
 */
import { serveStatic } from "@hono/node-server/serve-static";
import type { MiddlewareHandler } from "hono";

const named = /-[\w-]{8,}\.\w+$/;

/** @param folder which must be there */
export function pageOf(folder: string): MiddlewareHandler {
  const files = serveStatic({
    root: folder,
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
  return (context, next) => {
    // A route that is not there is an error, and never the page.
    if (/^\/(?:api|backup)\//.test(context.req.path)) return next();
    return files(context, next);
  };
}
