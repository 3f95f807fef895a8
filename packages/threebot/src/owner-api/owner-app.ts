/** The whole HTTP side of a 3Bot: its interface, the original's routes, and the page. */
import type { Hono } from "hono";
import { createApp } from "../http/app.js";
import type { Route } from "../http/route.js";
import { originalRoutes } from "../original-api/original-routes.js";
import type { OwnerRoutesOptions } from "./owner-route.js";
import { ownerRoutes } from "./owner-routes.js";
import { pageOf } from "./page.js";

export interface OwnerAppOptions extends OwnerRoutesOptions {
  /** The folder of the page's files; no page if not given. */
  readonly page?: string | undefined;
  /** See `AppOptions`. */
  readonly origin?: string | undefined;
  readonly isOwnHost?: ((host: string) => boolean) | undefined;
}

export function allOwnerRoutes(options: OwnerRoutesOptions): readonly Route[] {
  return [...ownerRoutes(options), ...originalRoutes(options)];
}

export function createOwnerApp(options: OwnerAppOptions): Hono {
  const { access, log, page, origin, isOwnHost } = options;
  return createApp({
    routes: allOwnerRoutes(options),
    admit: (context) => access.admit(context),
    log,
    origin,
    isOwnHost,
    page: page === undefined ? undefined : pageOf(page),
  });
}
