/** What requests are made of: the fields of bodies, queries and paths, with the bounds that each has. */
import * as v from "valibot";
import { placeSchema } from "./schemas.js";

/** No field of a person's needs more, and no path of a file system has more. */
const longest = 8_192;

export const text = (maximum: number): v.GenericSchema<string> =>
  v.pipe(v.string(), v.nonEmpty(), v.maxLength(maximum));

/** A password that somebody has already: its length was checked when it was made. */
export const password = text(1_024);

export const place = placeSchema;

/** Of a snapshot: an id, the beginning of one, or the newest. */
export const snapshotId = v.pipe(v.string(), v.regex(/^(?:latest|[0-9a-f]{6,64})$/, "an id of a snapshot"));

/** Of a run, a session, a token: what records are called. */
export const recordId = v.pipe(v.string(), v.regex(/^[\w.:-]{1,100}$/, "an id"));

/** Of a file in a snapshot, or of a folder to write to. */
export const path = v.pipe(
  v.string(),
  v.maxLength(longest),
  v.check((given) => !given.includes("\0"), "a path"),
);

export const filePath = v.pipe(path, v.nonEmpty());

/** A comma would make two of it, and what is not seen is no label. */
export const tag = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty(),
  v.maxLength(100),
  v.regex(/^[^,\p{Cc}]+$/u, "a tag without commas and control characters"),
);

export const tags = v.pipe(v.array(tag), v.maxLength(32));

/** As a query has them: "init,daily". */
export const tagList = v.pipe(
  v.string(),
  v.transform((list) => list.split(",").filter((one) => one.trim() !== "")),
  tags,
);

export const snapshotIds = v.pipe(v.array(snapshotId), v.minLength(1), v.maxLength(10_000));

/** A whole number in a query. */
export function queryNumber(least: number, most: number, usual: number): v.GenericSchema<unknown, number> {
  return v.optional(
    v.pipe(v.string(), v.digits(), v.transform(Number), v.integer(), v.minValue(least), v.maxValue(most)),
    String(usual),
  ) as v.GenericSchema<unknown, number>;
}

export const whole = (least: number, most: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

export const url = v.pipe(v.string(), v.maxLength(2_048), v.url());

export const minioFields = {
  url,
  accessKey: text(200),
  secretKey: text(200),
  password,
  // A field that was left empty is one that was not given.
  bucket: v.optional(v.pipe(v.string(), v.maxLength(63))),
  prefix: v.optional(v.pipe(v.string(), v.maxLength(500))),
};

export const retention = v.strictObject({
  last: whole(0, 10_000),
  daily: whole(0, 10_000),
  weekly: whole(0, 10_000),
  monthly: whole(0, 10_000),
  yearly: whole(0, 10_000),
});

export const recoverFrom = v.variant("place", [
  v.strictObject({ place: v.literal("marketplace"), name: text(100), password }),
  v.strictObject({ place: v.literal("minio"), ...minioFields }),
]);

export const restoreRequest = v.strictObject({
  place,
  snapshot: snapshotId,
  paths: v.pipe(v.array(filePath), v.maxLength(10_000)),
  target: v.optional(filePath),
  existing: v.picklist(["replace", "replace-older", "replace-changed", "keep"]),
});

/** Null takes a value away: JSON has no other word for it. */
const takenAway = <Schema extends v.GenericSchema<string>>(
  schema: Schema,
): v.GenericSchema<string | null | undefined, string | undefined> =>
  v.pipe(
    v.nullish(schema),
    v.transform((given) => given ?? undefined),
  );

export const notificationsChange = v.partial(
  v.object({
    smtpUrl: takenAway(text(2_048)),
    smtpUser: takenAway(text(320)),
    from: takenAway(text(320)),
    to: v.pipe(v.array(text(320)), v.maxLength(20)),
    webhook: takenAway(url),
    ping: takenAway(url),
    weeklyReport: v.boolean(),
  }),
);

export const settingsChange = v.strictObject({
  paths: v.optional(v.pipe(v.array(filePath), v.minLength(1), v.maxLength(1_000))),
  excludes: v.optional(v.pipe(v.array(filePath), v.maxLength(1_000))),
  automatic: v.optional(
    v.strictObject({ marketplace: v.optional(v.boolean()), minio: v.optional(v.boolean()) }),
  ),
  everyHours: v.optional(whole(1, 24 * 366)),
  retention: v.optional(retention),
  overdueDays: v.optional(whole(1, 366)),
  drillDays: v.optional(whole(0, 366)),
  notifications: v.optional(notificationsChange),
  /** Set apart, and never read back; null and "" take it away. */
  smtpPassword: v.optional(
    v.union([
      v.pipe(
        v.null(),
        v.transform(() => ""),
      ),
      v.pipe(v.string(), v.maxLength(1_024)),
    ]),
  ),
});
