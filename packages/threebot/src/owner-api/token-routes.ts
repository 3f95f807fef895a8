/** Tokens, with which programs get in. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { actionRoute, ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { recordId, text } from "./requests.js";

const tokenSchema = v.object({
  id: v.string(),
  name: v.string(),
  created: v.string(),
  used: v.optional(v.string()),
});

export function tokenRoutes({ access }: Pick<OwnerRoutesOptions, "access">): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/tokens",
      access: "session",
      summary: "The tokens of programs, without what is secret of them.",
      output: v.object({ tokens: v.array(tokenSchema) }),
      handle: async (_input, context) => {
        access.ownerOf(context);
        const tokens = (await access.tokens.list()).map(({ id, name, created, used }) => ({
          ...{ id, name, created: timeOf(created) },
          used: used === undefined ? undefined : timeOf(used),
        }));
        return { tokens };
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/tokens",
      access: "session",
      summary: "Makes a token for a program; it is shown once.",
      input: v.strictObject({ name: v.pipe(v.string(), v.trim(), text(100)) }),
      output: v.object({ token: v.string(), id: v.string() }),
      handle: async ({ name }, context) => {
        access.ownerOf(context);
        const made = await access.tokens.make(name);
        await access.record(context, "token-made", { token: made.id, name });
        return made;
      },
    }),
    actionRoute(
      {
        path: "/api/v1/tokens/:id/revoke",
        summary: "Revokes a token at once.",
        input: v.strictObject({ id: recordId }),
      },
      async ({ id }, context) => {
        access.ownerOf(context);
        const token = await access.tokens.revoke(id);
        if (token === undefined) throw new TasticError("not-found", "there is no such token");
        await access.record(context, "token-revoked", { token: id, name: token.name });
      },
    ),
  ];
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
