/** All routes of the owner's interface: the list that is served, described and tested. */
import type { Route } from "../http/route.js";
import { accountRoutes } from "./account-routes.js";
import { eventRoute } from "./event-route.js";
import { fileRoutes } from "./file-routes.js";
import { jobRoutes } from "./job-routes.js";
import { openapiRoute } from "./openapi.js";
import type { OwnerRoutesOptions } from "./owner-route.js";
import { placeRoutes } from "./place-routes.js";
import { restoreRoutes } from "./restore-routes.js";
import { runRoutes } from "./run-routes.js";
import { settingsRoutes } from "./settings-routes.js";
import { snapshotRoutes } from "./snapshot-routes.js";

export function ownerRoutes(options: OwnerRoutesOptions): readonly Route[] {
  const routes: readonly Route[] = [
    ...accountRoutes(options),
    ...settingsRoutes(options),
    ...placeRoutes(options),
    ...snapshotRoutes(options),
    ...fileRoutes(options),
    ...restoreRoutes(options),
    ...runRoutes(options),
    ...jobRoutes(options),
    eventRoute(options),
    openapiRoute({ title: "3Bot Backup", version: "1" }, () => routes),
  ];
  return routes;
}
