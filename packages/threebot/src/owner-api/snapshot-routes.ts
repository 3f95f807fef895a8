/** Snapshots: which there are, what they are called, which stay. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { audited } from "./audited.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { place, retention, snapshotId, snapshotIds, tagList, tags } from "./requests.js";
import { nothing, snapshotsSchema } from "./schemas.js";

export function snapshotRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/places/:place/snapshots",
      access: "session",
      summary: "The snapshots of a place, newest first; with `tags`, those that have one of them.",
      input: v.object({ place, tags: v.optional(tagList) }),
      output: snapshotsSchema,
      handle: async (input) => ({ snapshots: await owner.snapshots(input.place, input.tags) }),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/snapshots/:id/tag",
      access: "session",
      summary: "Adds and removes tags of a snapshot.",
      input: v.strictObject({
        place,
        id: snapshotId,
        add: v.optional(tags, []),
        remove: v.optional(tags, []),
      }),
      output: nothing,
      handle: async (input) => {
        await owner.tag(input.place, input.id, { add: input.add, remove: input.remove });
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/snapshots/:id/pin",
      access: "session",
      summary: "Keeps a snapshot whatever the retention says, or no longer.",
      input: v.strictObject({ place, id: snapshotId, pinned: v.boolean() }),
      output: nothing,
      handle: async (input) => {
        await owner.pin(input.place, input.id, input.pinned);
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/forget",
      access: "session",
      summary: "Removes snapshots.",
      input: v.strictObject({ place, ids: snapshotIds }),
      output: nothing,
      // Ids of 64 characters.
      maximumBody: 1024 * 1024,
      handle: async (input, context) => {
        const details = {
          place: input.place,
          snapshots: input.ids.slice(0, 20).join(" "),
          count: input.ids.length,
        };
        await audited(access, context, "forget", details, () => owner.forget(input.place, input.ids));
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/retention",
      access: "session",
      summary: "What each snapshot would be kept for by a retention; changes nothing.",
      input: v.strictObject({ place, ...retention.entries }),
      output: snapshotsSchema,
      handle: async ({ place: of, ...rules }) => ({ snapshots: await owner.simulateRetention(of, rules) }),
    }),
  ];
}
