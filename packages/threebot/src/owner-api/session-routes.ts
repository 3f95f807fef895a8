/** Who is logged in. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { actionRoute, ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { recordId } from "./requests.js";

const sessionSchema = v.object({
  id: v.string(),
  created: v.string(),
  seen: v.string(),
  expires: v.string(),
  address: v.string(),
  agent: v.string(),
  own: v.boolean(),
});

export function sessionRoutes({ access }: Pick<OwnerRoutesOptions, "access">): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/sessions",
      access: "session",
      summary: "Who is logged in.",
      output: v.object({ sessions: v.array(sessionSchema) }),
      handle: async (_input, context) => {
        const own = access.ownerOf(context).session.id;
        const sessions = (await access.sessions.list()).map((session) => ({
          ...{ id: session.id, address: session.address, agent: session.agent },
          created: timeOf(session.created),
          seen: timeOf(session.seen),
          expires: timeOf(access.sessions.expiry(session)),
          own: session.id === own,
        }));
        return { sessions };
      },
    }),
    actionRoute(
      {
        path: "/api/v1/sessions/:id/end",
        summary: "Ends a session.",
        input: v.strictObject({ id: recordId }),
      },
      async ({ id }, context) => {
        access.ownerOf(context);
        if (!(await access.sessions.endById(id)))
          throw new TasticError("not-found", "there is no such session");
        await access.record(context, "session-ended", { session: id });
      },
    ),
  ];
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
