/** Backup jobs: what else is backed up, beside the 3Bot itself. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { audited } from "./audited.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { filePath, place, retention, text, whole } from "./requests.js";
import { jobSchema, nothing, runSchema } from "./schemas.js";

const jobName = text(40);
const job = v.strictObject({
  name: jobName,
  paths: v.pipe(v.array(filePath), v.minLength(1), v.maxLength(1_000)),
  excludes: v.optional(v.pipe(v.array(filePath), v.maxLength(1_000)), []),
  places: v.pipe(v.array(place), v.minLength(1), v.maxLength(10)),
  everyHours: whole(0, 24 * 366),
  retention,
});

export function jobRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/jobs",
      access: "session",
      summary: "The backup jobs, and how each went the last time.",
      input: v.object({}),
      output: v.object({ jobs: v.array(jobSchema) }),
      handle: async () => ({ jobs: await owner.jobs() }),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/jobs",
      access: "session",
      summary:
        "Makes a job, or changes the one of this name; with 0 hours it is done only when somebody asks.",
      input: job,
      output: jobSchema,
      handle: (input, context) =>
        audited(access, context, "job", { job: input.name, places: input.places.join(" ") }, () =>
          owner.setJob(input),
        ),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/jobs/:name/run",
      access: "session",
      summary: "Does a job now; with `allowLess`, although there are far fewer files than the last time.",
      input: v.strictObject({ name: jobName, allowLess: v.optional(v.boolean()) }),
      output: v.object({ runs: v.array(runSchema) }),
      handle: async (input) => ({ runs: await owner.runJob(input) }),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/jobs/:name/remove",
      access: "session",
      summary: "Removes a job; its snapshots stay.",
      input: v.strictObject({ name: jobName }),
      output: nothing,
      handle: async ({ name }, context) => {
        await audited(access, context, "job-remove", { job: name }, () => owner.removeJob(name));
        return {};
      },
    }),
  ];
}
