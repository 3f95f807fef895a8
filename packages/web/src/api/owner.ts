/** The routes of a 3Bot's service, as functions; the types are those of the service itself. */
import type {
  Entry,
  Finding,
  MinioFields,
  OwnedSnapshot,
  Place,
  PlaceStatus,
  Recoverable,
  RecoverFrom,
  RestorePreview,
  RestoreRequest,
  Retention,
  Run,
  SessionInfo,
  SessionState,
  Settings,
  Status,
  TokenInfo,
  Version,
} from "@tastic/threebot";
import { addressOf, get, getOnce, post, postOnce } from "./request.js";

export type * from "@tastic/threebot";

export interface Change {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
}

export interface Restored {
  readonly from: RecoverFrom;
  readonly snapshot?: string | undefined;
  readonly target?: string | undefined;
}

const at = (place: Place, ...rest: readonly string[]): string =>
  ["places", place, ...rest.map(encodeURIComponent)].join("/");
/** JSON has no word for a value that is taken away but null. */
function withNulls({ notifications, ...change }: Partial<Settings> & { smtpPassword?: string }): object {
  if (notifications === undefined) return change;
  const { smtpPasswordSet: _, ...told } = notifications;
  const entries = Object.entries(told).map(([name, value]) => [name, value ?? null]);
  return { ...change, notifications: Object.fromEntries(entries) as object };
}

const inSnapshot = (place: Place, id: string, what: string): string => at(place, "snapshots", id, what);

export const session = {
  read: () => getOnce<SessionState>("session"),
  logIn: (password: string, code?: string) => postOnce<object>("session", { password, code }),
  first: (setupCode: string, password: string) => postOnce<object>("session/first", { setupCode, password }),
  end: () => postOnce<object>("session/end", {}),
};

export const owner = {
  status: () => get<Status>("status"),
  settings: () => get<Settings>("settings"),
  changeSettings: (change: Partial<Settings> & { smtpPassword?: string }) =>
    post<Settings>("settings", withNulls(change)),
  testNotifications: () => post<object>("notifications/test"),

  setUpMarketplace: (request: { name: string; password: string; token?: string | undefined }) =>
    post<PlaceStatus>("marketplace/init", request),
  keepThis: () => post<PlaceStatus>("marketplace/decide", { choice: "keep-this" }),
  testMinio: (fields: MinioFields) => post<Finding>("minio/test", fields),
  setUpMinio: (fields: MinioFields) => post<PlaceStatus>("minio/init", fields),

  setAutomatic: (place: Place, on: boolean) => post<PlaceStatus>(at(place, "automatic"), { on }),
  backup: (place: Place, tags: readonly string[]) => post<Run>(at(place, "backup"), { tags }),
  drill: (place: Place) => post<Run>(at(place, "drill")),

  snapshots: (place: Place) => get<{ snapshots: OwnedSnapshot[] }>(at(place, "snapshots")),
  tag: (place: Place, id: string, change: { add: readonly string[]; remove: readonly string[] }) =>
    post<object>(inSnapshot(place, id, "tag"), change),
  pin: (place: Place, id: string, pinned: boolean) => post<object>(inSnapshot(place, id, "pin"), { pinned }),
  forget: (place: Place, ids: readonly string[]) => post<object>(at(place, "forget"), { ids }),
  simulate: (place: Place, retention: Retention) =>
    post<{ snapshots: OwnedSnapshot[] }>(at(place, "retention"), retention),

  entries: (place: Place, id: string, path: string, offset: number, limit: number) =>
    get<{ total: number; entries: Entry[] }>(inSnapshot(place, id, "entries"), { path, offset, limit }),
  search: (place: Place, pattern: string, limit: number) =>
    get<{ versions: Version[] }>(at(place, "search"), { pattern, limit }),
  versions: (place: Place, path: string) => get<{ versions: Version[] }>(at(place, "versions"), { path }),
  diff: (place: Place, older: string, newer: string, limit: number) =>
    get<{ changes: Change[] }>(at(place, "diff"), { older, newer, limit }),
  fileAddress: (place: Place, id: string, path: string, preview = false) =>
    addressOf(inSnapshot(place, id, "file"), { path, preview: preview ? 1 : undefined }),
  zipAddress: (place: Place, id: string, path: string) => addressOf(inSnapshot(place, id, "zip"), { path }),

  previewRestore: (request: RestoreRequest) => post<RestorePreview>("restore/preview", request),
  restore: (request: RestoreRequest) => post<Run>("restore", request),
  findRecoverable: (from: RecoverFrom) => post<Recoverable>("recover/find", from),
  recover: (request: Restored) => post<Run>("recover", request),

  runs: (limit: number, before?: string) => get<{ runs: Run[] }>("runs", { limit, before }),
  run: (id: string) => get<Run>(`runs/${encodeURIComponent(id)}`),
  log: (id: string) => get<{ log: string }>(`runs/${encodeURIComponent(id)}/log`),
  cancel: (id: string) => post<Run>(`runs/${encodeURIComponent(id)}/cancel`),
  markRead: (id: string) => post<Run>(`runs/${encodeURIComponent(id)}/read`),

  tokens: () => get<{ tokens: TokenInfo[] }>("tokens"),
  createToken: (name: string) => post<{ token: string }>("tokens", { name }),
  revokeToken: (id: string) => post<object>(`tokens/${encodeURIComponent(id)}/revoke`),
  sessions: () => get<{ sessions: SessionInfo[] }>("sessions"),
  endSession: (id: string) => post<object>(`sessions/${encodeURIComponent(id)}/end`),
  beginSecondFactor: (password: string) =>
    post<{ secret: string; uri: string }>("second-factor/begin", { password }),
  confirmSecondFactor: (code: string) => post<object>("second-factor/confirm", { code }),
  endSecondFactor: (password: string, code: string) => post<object>("second-factor/end", { password, code }),
  changePassword: (old: string, next: string) => post<object>("password", { old, new: next }),
};
