/** Setting up where backups go, and making them. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { audited } from "./audited.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { minioFields, password, place, tags, text } from "./requests.js";
import { findingSchema, placeStatusSchema, runSchema } from "./schemas.js";

export function placeRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "POST",
      path: "/api/v1/marketplace/init",
      access: "session",
      summary: "Sets the marketplace up with name and password; with a token if the name is new.",
      input: v.strictObject({ name: text(100), password, token: v.optional(text(200)) }),
      output: placeStatusSchema,
      handle: (input, context) =>
        audited(access, context, "marketplace-init", { name: input.name }, () =>
          owner.setUpMarketplace(input),
        ),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/marketplace/decide",
      access: "session",
      summary: "There are older backups of this name, and this 3Bot is to be backed up nonetheless.",
      input: v.strictObject({ choice: v.literal("keep-this") }),
      output: placeStatusSchema,
      handle: ({ choice }, context) =>
        audited(access, context, "marketplace-decide", { choice }, () => owner.decide("marketplace", choice)),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/minio/test",
      access: "session",
      summary: "Looks what is at an S3 store, within ten seconds, and changes nothing.",
      input: v.strictObject(minioFields),
      output: findingSchema,
      handle: (input) => owner.testMinio(input),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/minio/init",
      access: "session",
      summary: "Begins to use an S3 store; what worked before stays if it fails.",
      input: v.strictObject(minioFields),
      output: placeStatusSchema,
      handle: (input, context) =>
        audited(access, context, "minio-init", { bucket: input.bucket }, () => owner.setUpMinio(input)),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/automatic",
      access: "session",
      summary: "Switches automatic backups on or off.",
      input: v.strictObject({ place, on: v.boolean() }),
      output: placeStatusSchema,
      handle: (input, context) =>
        audited(access, context, "automatic", input, () => owner.setAutomatic(input.place, input.on)),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/backup",
      access: "session",
      summary: "Begins a backup.",
      input: v.strictObject({ place, tags: v.optional(tags) }),
      output: runSchema,
      handle: (input) => owner.backup(input),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/drill",
      access: "session",
      summary: "Begins a drill: brings a sample back from each copy and compares it.",
      input: v.strictObject({ place }),
      output: runSchema,
      handle: (input) => owner.drill(input.place),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/places/:place/maintain",
      access: "session",
      summary: "Begins to bring the copies in step, forget, prune and check, without a backup.",
      input: v.strictObject({ place }),
      output: runSchema,
      handle: (input) => owner.maintain(input.place),
    }),
  ];
}
