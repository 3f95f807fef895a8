/** Looking into snapshots: folders, files, versions, differences. */
import * as v from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import { attachment, preview } from "./download.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { filePath, path, place, queryNumber, snapshotId, text } from "./requests.js";
import { entrySchema, versionSchema } from "./schemas.js";

const versions = v.object({ versions: v.array(versionSchema) });

export function fileRoutes({ owner, log }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/places/:place/snapshots/:id/entries",
      access: "session",
      summary: "What is in a folder of a snapshot.",
      input: v.object({
        place,
        id: snapshotId,
        path: v.optional(path, "/"),
        offset: queryNumber(0, 1e9, 0),
        limit: queryNumber(1, 10_000, 1_000),
      }),
      output: v.object({ total: v.number(), entries: v.array(entrySchema) }),
      handle: ({ place: of, id, path: folder, offset, limit }) =>
        owner.list(of, id, folder, { offset, limit }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/places/:place/snapshots/:id/file",
      access: "session",
      summary: "A file to store; with `preview=1` its beginning, to be looked at in a sandbox.",
      input: v.object({
        place,
        id: snapshotId,
        path: filePath,
        preview: v.optional(v.picklist(["0", "1"]), "0"),
      }),
      handle: async (input, context) => {
        const content = await owner.read(input.place, input.id, input.path);
        return input.preview === "1"
          ? preview(input.path, content)
          : attachment(context, input.path, content, log);
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/places/:place/snapshots/:id/zip",
      access: "session",
      summary: "A folder as a zip file.",
      input: v.object({ place, id: snapshotId, path: v.optional(path, "/") }),
      handle: async (input, context) => {
        const content = await owner.archive(input.place, input.id, input.path);
        const name = input.path.replaceAll("/", "") === "" ? `snapshot-${input.id.slice(0, 8)}` : input.path;
        return attachment(context, `${name.replace(/\/+$/, "")}.zip`, content, log);
      },
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/places/:place/search",
      access: "session",
      summary: "Files by name in all snapshots.",
      input: v.object({ place, pattern: text(1_000), limit: queryNumber(1, 10_000, 200) }),
      output: versions,
      handle: async (input) => ({ versions: await owner.search(input.place, input.pattern, input.limit) }),
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/places/:place/versions",
      access: "session",
      summary: "The versions of a file in all snapshots.",
      input: v.object({ place, path: filePath }),
      output: versions,
      handle: async (input) => ({ versions: await owner.versions(input.place, input.path) }),
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/places/:place/diff",
      access: "session",
      summary: "What differs between two snapshots.",
      input: v.object({
        place,
        older: snapshotId,
        newer: snapshotId,
        limit: queryNumber(1, 100_000, 1_000),
      }),
      output: v.object({
        changes: v.array(v.object({ path: v.string(), change: v.picklist(["added", "removed", "changed"]) })),
      }),
      handle: async ({ place: of, older, newer, limit }) => ({
        changes: await owner.diff(of, older, newer, limit),
      }),
    }),
  ];
}
