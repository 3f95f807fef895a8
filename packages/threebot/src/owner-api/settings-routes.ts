/** What the owner sees first, and what can be set. */
import * as v from "valibot";
import type { Route } from "../http/route.js";
import type { Settings } from "../owner/service.js";
import { audited } from "./audited.js";
import { ownerRoute, type OwnerRoutesOptions } from "./owner-route.js";
import { settingsChange } from "./requests.js";
import { nothing, settingsSchema, statusSchema } from "./schemas.js";

export function settingsRoutes({ owner, access }: OwnerRoutesOptions): Route[] {
  // A change of some of the notifications is made to all of them: one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  return [
    ownerRoute({
      method: "GET",
      path: "/api/v1/status",
      access: "session",
      summary: "Is everything backed up, and where?",
      output: statusSchema,
      handle: () => owner.status(),
    }),
    ownerRoute({
      method: "GET",
      path: "/api/v1/settings",
      access: "session",
      summary: "What is backed up, when, and who hears of it.",
      output: settingsSchema,
      handle: () => owner.settings(),
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/settings",
      access: "session",
      summary: "Changes what is given, and leaves the rest; null takes a value of the notifications away.",
      input: settingsChange,
      output: settingsSchema,
      handle: async ({ automatic, notifications, smtpPassword, ...change }, context) => {
        const changed = [
          ...Object.keys(change),
          ...(automatic === undefined ? [] : ["automatic"]),
          ...(notifications === undefined ? [] : ["notifications"]),
          ...(smtpPassword === undefined ? [] : ["smtpPassword"]),
        ];
        const makeChange = async (): Promise<Settings> => {
          const now = await owner.settings();
          return owner.changeSettings({
            ...defined(change),
            ...(automatic && { automatic: { ...now.automatic, ...defined(automatic) } }),
            ...(notifications && { notifications: { ...now.notifications, ...notifications } }),
            ...(smtpPassword === undefined ? {} : { smtpPassword }),
          });
        };
        return audited(access, context, "settings", { changed: changed.join(" ") }, () => inTurn(makeChange));
      },
    }),
    ownerRoute({
      method: "POST",
      path: "/api/v1/notifications/test",
      access: "session",
      summary: "Sends a notification by all ways that are set.",
      input: v.strictObject({}),
      output: nothing,
      handle: async () => {
        await owner.testNotifications();
        return {};
      },
    }),
  ];
}

/** Without what is undefined, so that it takes the place of nothing. */
function defined<T extends object>(given: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
