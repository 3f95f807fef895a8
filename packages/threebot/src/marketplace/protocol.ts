/**
 * What a 3Bot and the marketplace say to each other: JSON by POST, below `/api/v1/`. Only login secrets go over the wire;
 * the password of the repositories stays with the 3Bot, and what the marketplace is told is not what a backup server is.
 */
import * as v from "valibot";

const secret = v.pipe(v.string(), v.minLength(8), v.maxLength(72));
const name = v.pipe(v.string(), v.maxLength(100));

/** `POST /api/v1/register`: with a token that was issued for this name. The same request again gives the same answer. */
export const registerRequest = v.strictObject({
  name,
  token: v.pipe(v.string(), v.maxLength(200)),
  loginSecret: secret,
});

/** `POST /api/v1/login`: is this the secret of a registered 3Bot, and where are its backups? */
export const loginRequest = v.strictObject({ name, loginSecret: secret });

/** `POST /api/v1/destroy`: `confirm` is the name, typed again. Both copies go when the time to undo it is over. */
export const destroyRequest = v.strictObject({ name, loginSecret: secret, confirm: name });

/** `POST /api/v1/restore-backups`: undoes a destruction whose time is not over. */
export const undoRequest = loginRequest;

/** Where the backups of a 3Bot are. To log in: the account, and `serverSecret` of what the marketplace was told. */
export const backupPlaces = v.object({
  name,
  /** Of the two copies; `url` is that of the repository, without credentials: "https://backup1.example/alice/". */
  copies: v.pipe(
    v.array(
      v.object({
        url: v.pipe(v.string(), v.url()),
        account: v.string(),
        /** The id of the backup server; none where the login secret itself is the account's. */
        server: v.optional(v.string()),
      }),
    ),
    v.minLength(1),
  ),
});

export const destroyAnswer = v.object({
  status: v.picklist(["destroying", "destroyed", "active"]),
  /** Until when it can be undone, RFC 3339. */
  undoUntil: v.optional(v.string()),
});

/** Every error of every route. */
export const failure = v.object({
  error: v.object({ code: v.string(), message: v.string(), guidance: v.optional(v.string()) }),
});

export type RegisterRequest = v.InferOutput<typeof registerRequest>;
export type LoginRequest = v.InferOutput<typeof loginRequest>;
export type DestroyRequest = v.InferOutput<typeof destroyRequest>;
export type BackupPlaces = v.InferOutput<typeof backupPlaces>;
export type DestroyAnswer = v.InferOutput<typeof destroyAnswer>;
