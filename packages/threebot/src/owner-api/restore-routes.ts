/** Getting files back: from the places that are set up, and on a fresh 3Bot from name and password. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { audited } from "./audited.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { filePath, recoverFrom, restoreRequest, snapshotId } from "./requests.js";
import { recoverableSchema, restorePreviewSchema, runSchema } from "./schemas.js";

/** For paths of ten thousand chosen files. */
const maximumBody = 4 * 1024 * 1024;

export function restoreRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "POST",
      path: "/api/v1/restore/preview",
      access: "session",
      summary: "What a restore would make and replace; changes nothing.",
      input: restoreRequest,
      output: restorePreviewSchema,
      maximumBody,
      handle: (input) => owner.previewRestore(withTarget(input)),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/restore",
      access: "session",
      summary: "Begins a restore. In place, a safety snapshot is made before.",
      input: restoreRequest,
      output: runSchema,
      maximumBody,
      handle: (input, context) => {
        const { place, snapshot, target, existing, paths } = input;
        const details = { place, snapshot, existing, inPlace: target === undefined, paths: paths.length };
        return audited(access, context, "restore", details, () => owner.restore(withTarget(input)));
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/recover/find",
      access: "session",
      summary: "What can be recovered with a name and a password, or with the fields of a store.",
      input: recoverFrom,
      output: recoverableSchema,
      handle: (input) => owner.findRecoverable(input),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/recover",
      access: "session",
      summary: "Begins to bring everything back, and goes on backing up to there.",
      input: v.strictObject({
        from: recoverFrom,
        snapshot: v.optional(snapshotId),
        target: v.optional(filePath),
      }),
      output: runSchema,
      handle: (input, context) => {
        const details = {
          place: input.from.place,
          snapshot: input.snapshot,
          inPlace: input.target === undefined,
        };
        return audited(access, context, "recover", details, () => owner.recover(input));
      },
    }),
  ];
}

function withTarget(
  input: v.InferOutput<typeof restoreRequest>,
): v.InferOutput<typeof restoreRequest> & { readonly target: string | undefined } {
  return { ...input, target: input.target };
}
