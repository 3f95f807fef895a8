/** Logging in and out, the first password, sessions, tokens for programs. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { password, recordId, text } from "./requests.js";
import { nothing } from "./schemas.js";

const sessionState = v.object({
  loggedIn: v.boolean(),
  /** There is no password yet. */
  fresh: v.boolean(),
  expires: v.optional(v.string()),
});

const sessionSchema = v.object({
  id: v.string(),
  created: v.string(),
  seen: v.string(),
  expires: v.string(),
  address: v.string(),
  agent: v.string(),
  own: v.boolean(),
});

const tokenSchema = v.object({
  id: v.string(),
  name: v.string(),
  created: v.string(),
  used: v.optional(v.string()),
});

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function accountRoutes({ access }: Pick<OwnerRoutesOptions, "access">): Route[] {
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/session",
      access: "public",
      summary: "Is somebody logged in, and is there a password yet?",
      output: sessionState,
      handle: async (_input, context) => {
        const session = await access.sessionOf(context);
        const fresh = !(await access.password.isSet());
        if (session === undefined) return { loggedIn: false, fresh };
        return { loggedIn: true, fresh, expires: timeOf(access.sessions.expiry(session)) };
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/session",
      access: "public",
      summary: "Logs in; the session is a cookie.",
      input: v.strictObject({ password }),
      output: nothing,
      handle: async (input, context) => {
        await access.login(context, input.password);
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/session/first",
      access: "public",
      summary:
        "Sets the first password, with the code that the service printed when it started, and logs in.",
      input: v.strictObject({ setupCode: text(100), password }),
      output: nothing,
      handle: async (input, context) => {
        await access.setUp(context, input.setupCode, input.password);
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/session/end",
      access: "session",
      summary: "Logs out: the session is over, whatever cookie is still about.",
      input: v.strictObject({}),
      output: nothing,
      handle: async (_input, context) => {
        await access.logout(context);
        return {};
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/password",
      access: "session",
      summary: "Changes the password of the page, and ends all other sessions.",
      input: v.strictObject({ old: password, new: password }),
      output: nothing,
      handle: async (input, context) => {
        await access.changePassword(context, input.old, input.new);
        return {};
      },
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/sessions",
      access: "session",
      summary: "Who is logged in.",
      output: v.object({ sessions: v.array(sessionSchema) }),
      handle: async (_input, context) => {
        const own = access.ownerOf(context).session.id;
        const sessions = (await access.sessions.list()).map((session) => ({
          id: session.id,
          created: timeOf(session.created),
          seen: timeOf(session.seen),
          expires: timeOf(access.sessions.expiry(session)),
          address: session.address,
          agent: session.agent,
          own: session.id === own,
        }));
        return { sessions };
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/sessions/:id/end",
      access: "session",
      summary: "Ends a session.",
      input: v.strictObject({ id: recordId }),
      output: nothing,
      handle: async ({ id }, context) => {
        access.ownerOf(context);
        if (!(await access.sessions.endById(id)))
          throw new TasticError("not-found", "there is no such session");
        await access.record(context, "session-ended", { session: id });
        return {};
      },
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/tokens",
      access: "session",
      summary: "The tokens of programs, without what is secret of them.",
      output: v.object({ tokens: v.array(tokenSchema) }),
      handle: async (_input, context) => {
        access.ownerOf(context);
        const tokens = (await access.tokens.list()).map(({ id, name, created, used }) => ({
          id,
          name,
          created: timeOf(created),
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
    ownerRoute({
      method: "POST",
      path: "/api/v1/tokens/:id/revoke",
      access: "session",
      summary: "Revokes a token at once.",
      input: v.strictObject({ id: recordId }),
      output: nothing,
      handle: async ({ id }, context) => {
        access.ownerOf(context);
        const token = await access.tokens.revoke(id);
        if (token === undefined) throw new TasticError("not-found", "there is no such token");
        await access.record(context, "token-revoked", { token: id, name: token.name });
        return {};
      },
    }),
  ];
}
