/** Logging in and out, the first password, the second factor. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import { actionRoute, ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { password, text } from "./requests.js";
import { sessionRoutes } from "./session-routes.js";
import { tokenRoutes } from "./token-routes.js";

/** Six digits, as people type them. */
const code = text(20);

export function accountRoutes(options: Pick<OwnerRoutesOptions, "access">): Route[] {
  const { access } = options;
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/session",
      access: "public",
      summary: "Is somebody logged in, is there a password yet, and is a second factor asked for?",
      output: v.object({
        loggedIn: v.boolean(),
        fresh: v.boolean(),
        secondFactor: v.optional(v.literal(true)),
        expires: v.optional(v.string()),
      }),
      handle: async (_input, context) => {
        const session = await access.sessionOf(context);
        const isOn = await access.secondFactor.isOn();
        const state = {
          fresh: !(await access.password.isSet()),
          ...(isOn && { secondFactor: true as const }),
        };
        if (session === undefined) return { loggedIn: false, ...state };
        const expires = new Date(access.sessions.expiry(session)).toISOString();
        return { loggedIn: true, ...state, expires };
      },
    }),
    actionRoute(
      {
        path: "/api/v1/session",
        access: "public",
        summary: "Logs in, with a code if a second factor is asked for; the session is a cookie.",
        input: v.strictObject({ password, code: v.optional(code) }),
      },
      (input, context) => access.login(context, input.password, input.code),
    ),
    actionRoute(
      {
        path: "/api/v1/session/first",
        access: "public",
        summary:
          "Sets the first password, with the code that the service printed when it started, and logs in.",
        input: v.strictObject({ setupCode: text(100), password }),
      },
      (input, context) => access.setUp(context, input.setupCode, input.password),
    ),
    actionRoute(
      {
        path: "/api/v1/session/end",
        summary: "Logs out: the session is over, whatever cookie is still about.",
        input: v.strictObject({}),
      },
      (_input, context) => access.logout(context),
    ),
    actionRoute(
      {
        path: "/api/v1/password",
        summary: "Changes the password of the page, and ends all other sessions.",
        input: v.strictObject({ old: password, new: password }),
      },
      (input, context) => access.changePassword(context, input.old, input.new),
    ),
    ownerRoute({
      method: "POST",
      path: "/api/v1/second-factor/begin",
      access: "session",
      summary:
        "Makes the secret of an authenticator (TOTP), which is shown once; it is on with a first code.",
      input: v.strictObject({ password }),
      output: v.object({ secret: v.string(), uri: v.string() }),
      handle: (input, context) => access.beginSecondFactor(context, input.password),
    }),
    actionRoute(
      {
        path: "/api/v1/second-factor/confirm",
        summary: "Asks for codes from now on, and ends all other sessions.",
        input: v.strictObject({ code }),
      },
      (input, context) => access.confirmSecondFactor(context, input.code),
    ),
    actionRoute(
      {
        path: "/api/v1/second-factor/end",
        summary: "Asks for no codes any more.",
        input: v.strictObject({ password, code }),
      },
      (input, context) => access.endSecondFactor(context, input.password, input.code),
    ),
    ...sessionRoutes(options),
    ...tokenRoutes(options),
  ];
}
