/** What the service did and does. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { queryNumber, recordId, text } from "./requests.js";
import { runSchema } from "./schemas.js";

export function runRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/runs",
      access: "session",
      summary: "Runs, newest first; `before` is the id of the last that one has seen.",
      input: v.object({ limit: queryNumber(1, 1_000, 50), before: v.optional(text(100)) }),
      output: v.object({ runs: v.array(runSchema) }),
      handle: async (input) => ({ runs: await owner.runs(input) }),
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/runs/:id",
      access: "session",
      summary: "A run.",
      input: v.object({ id: recordId }),
      output: runSchema,
      handle: ({ id }) => owner.run(id),
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/runs/:id/log",
      access: "session",
      summary: "What a run did, step by step.",
      input: v.object({ id: recordId }),
      output: v.object({ log: v.string() }),
      handle: async ({ id }) => ({ log: await owner.log(id) }),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/runs/:id/cancel",
      access: "session",
      summary: "Ends a run in order.",
      input: v.strictObject({ id: recordId }),
      output: runSchema,
      handle: async ({ id }, context) => {
        await access.record(context, "cancel", { run: id });
        return owner.cancel(id);
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/runs/:id/read",
      access: "session",
      summary: "The owner has seen that a run failed.",
      input: v.strictObject({ id: recordId }),
      output: runSchema,
      handle: ({ id }) => owner.markRead(id),
    }),
  ];
}
