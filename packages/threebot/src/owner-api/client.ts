/**
 * The interface of a 3Bot from outside: the same `OwnerService`, over HTTP, for the page, for programs with a token and
 * for the shell. Runs in browsers, too.
 */
import { TasticError, type ErrorCode } from "@tastic/errors";
import { encodePart } from "../http/query.js";
import type { OwnerEvent, OwnerService, Place } from "../owner/service.js";
import { eventsOf } from "./event-stream.js";

/** What of a service can be had from outside: not its beginning and end. */
export type RemoteOwner = Omit<OwnerService, "start" | "stop">;

export interface SessionState {
  readonly loggedIn: boolean;
  /** There is no password yet. */
  readonly fresh: boolean;
  /** To log in, a code is needed, too. */
  readonly secondFactor?: true | undefined;
  readonly expires?: string | undefined;
}

export interface SessionInfo {
  readonly id: string;
  readonly created: string;
  readonly seen: string;
  readonly expires: string;
  readonly address: string;
  readonly agent: string;
  /** The one that asks. */
  readonly own: boolean;
}

export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly used?: string | undefined;
}

export interface Client extends RemoteOwner {
  readonly session: {
    state(): Promise<SessionState>;
    login(password: string, code?: string): Promise<void>;
    setUp(setupCode: string, password: string): Promise<void>;
    end(): Promise<void>;
    changePassword(old: string, next: string): Promise<void>;
    list(): Promise<readonly SessionInfo[]>;
    endOther(id: string): Promise<void>;
  };
  readonly secondFactor: {
    begin(password: string): Promise<{ readonly secret: string; readonly uri: string }>;
    confirm(code: string): Promise<void>;
    end(password: string, code: string): Promise<void>;
  };
  readonly tokens: {
    list(): Promise<readonly TokenInfo[]>;
    make(name: string): Promise<{ readonly token: string; readonly id: string }>;
    revoke(id: string): Promise<void>;
  };
  /** Where a browser finds a file to store or, as `preview`, to show. */
  fileUrl(place: Place, snapshot: string, path: string, preview?: boolean): string;
  /** Where a browser finds a folder as a zip file. */
  zipUrl(place: Place, snapshot: string, path: string): string;
}

export interface ClientOptions {
  /** For a program; a browser has its session. */
  readonly token?: string;
  readonly fetch?: typeof globalThis.fetch;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * @param url of the 3Bot: "http://127.0.0.1:8700", or "" for where a page came from
 * Every method throws the TasticError that the service answered with; storage-failed where it cannot be reached.
 */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const { fetch = globalThis.fetch, token } = options;
  const base = url.replace(/\/+$/, "");
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(base + path, { ...init, redirect: "error" });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      throw new TasticError("storage-failed", "the 3Bot cannot be reached", {
        guidance: "Is its service running?",
        cause,
      });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  async function get<T>(path: string, query: Query = {}): Promise<T> {
    return (await (await send(path + queryString(query), { headers })).json()) as T;
  }
  async function post<T = unknown>(path: string, body: object = {}): Promise<T> {
    const init = {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    return (await (await send(path, init)).json()) as T;
  }
  async function content(path: string): Promise<AsyncIterable<Uint8Array>> {
    return partsOf(await send(path.slice(base.length), { headers }));
  }
  const at = (place: Place): string => `/api/v1/places/${place}`;
  const of = (place: Place, snapshot: string): string =>
    `${at(place)}/snapshots/${encodeURIComponent(snapshot)}`;
  const run = (id: string): string => `/api/v1/runs/${encodeURIComponent(id)}`;
  const fileUrl: Client["fileUrl"] = (place, snapshot, path, preview = false) =>
    `${base}${of(place, snapshot)}/file${queryString({ path, preview: preview ? "1" : undefined })}`;
  const zipUrl: Client["zipUrl"] = (place, snapshot, path) =>
    `${base}${of(place, snapshot)}/zip${queryString({ path })}`;

  return {
    session: {
      state: () => get("/api/v1/session"),
      login: (password, code) => done(post("/api/v1/session", { password, code })),
      setUp: (setupCode, password) => done(post("/api/v1/session/first", { setupCode, password })),
      end: () => done(post("/api/v1/session/end")),
      changePassword: (old, next) => done(post("/api/v1/password", { old, new: next })),
      list: async () => (await get<{ sessions: SessionInfo[] }>("/api/v1/sessions")).sessions,
      endOther: (id) => done(post(`/api/v1/sessions/${encodeURIComponent(id)}/end`)),
    },
    secondFactor: {
      begin: (password) => post("/api/v1/second-factor/begin", { password }),
      confirm: (code) => done(post("/api/v1/second-factor/confirm", { code })),
      end: (password, code) => done(post("/api/v1/second-factor/end", { password, code })),
    },
    tokens: {
      list: async () => (await get<{ tokens: TokenInfo[] }>("/api/v1/tokens")).tokens,
      make: (name) => post("/api/v1/tokens", { name }),
      revoke: (id) => done(post(`/api/v1/tokens/${encodeURIComponent(id)}/revoke`)),
    },
    fileUrl,
    zipUrl,

    status: () => get("/api/v1/status"),
    settings: () => get("/api/v1/settings"),
    changeSettings: (change) => post("/api/v1/settings", withNulls(change)),
    testNotifications: () => done(post("/api/v1/notifications/test")),
    setUpMarketplace: (request) => post("/api/v1/marketplace/init", request),
    decide: (place, choice) =>
      place === "marketplace"
        ? post("/api/v1/marketplace/decide", { choice })
        : Promise.reject(new TasticError("unsupported", `there is nothing to decide at ${place}`)),
    testMinio: (fields) => post("/api/v1/minio/test", fields),
    setUpMinio: (fields) => post("/api/v1/minio/init", fields),
    setAutomatic: (place, on) => post(`${at(place)}/automatic`, { on }),
    backup: ({ place, tags }) => post(`${at(place)}/backup`, { tags }),
    jobs: async () => (await get<{ jobs: [] }>("/api/v1/jobs")).jobs,
    setJob: (job) => post("/api/v1/jobs", job),
    removeJob: (name) => done(post(`/api/v1/jobs/${encodeURIComponent(name)}/remove`)),
    runJob: async ({ name, allowLess }) =>
      (await post<{ runs: [] }>(`/api/v1/jobs/${encodeURIComponent(name)}/run`, { allowLess })).runs,
    drill: (place) => post(`${at(place)}/drill`),
    maintain: (place) => post(`${at(place)}/maintain`),
    cancel: (id) => post(`${run(id)}/cancel`),
    run: (id) => get(run(id)),
    runs: async (query) => (await get<{ runs: [] }>("/api/v1/runs", query)).runs,
    log: async (id) => (await get<{ log: string }>(`${run(id)}/log`)).log,
    markRead: (id) => post(`${run(id)}/read`),
    snapshots: async (place, tags) =>
      (await get<{ snapshots: [] }>(`${at(place)}/snapshots`, { tags: tags?.join(",") })).snapshots,
    tag: (place, id, change) => done(post(`${of(place, id)}/tag`, change)),
    pin: (place, id, pinned) => done(post(`${of(place, id)}/pin`, { pinned })),
    forget: (place, ids) => done(post(`${at(place)}/forget`, { ids })),
    simulateRetention: async (place, retention) =>
      (await post<{ snapshots: [] }>(`${at(place)}/retention`, retention)).snapshots,
    list: (place, snapshot, path, page) => get(`${of(place, snapshot)}/entries`, { path, ...page }),
    search: async (place, pattern, limit) =>
      (await get<{ versions: [] }>(`${at(place)}/search`, { pattern, limit })).versions,
    versions: async (place, path) =>
      (await get<{ versions: [] }>(`${at(place)}/versions`, { path })).versions,
    diff: async (place, older, newer, limit) =>
      (await get<{ changes: [] }>(`${at(place)}/diff`, { older, newer, limit })).changes,
    read: (place, snapshot, path) => content(fileUrl(place, snapshot, path)),
    archive: (place, snapshot, path) => content(zipUrl(place, snapshot, path)),
    previewRestore: (request) => post("/api/v1/restore/preview", request),
    restore: (request) => post("/api/v1/restore", request),
    findRecoverable: (from) => post("/api/v1/recover/find", from),
    recover: (request) => post("/api/v1/recover", request),
    async *events(signal): AsyncGenerator<OwnerEvent, void, undefined> {
      try {
        yield* eventsOf(partsOf(await send("/api/v1/events", { headers, signal })));
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

function queryString(query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodePart(String(value))}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}

/** JSON has no word for a value that is taken away but null. */
function withNulls({ notifications, ...change }: Parameters<OwnerService["changeSettings"]>[0]): object {
  if (notifications === undefined) return change;
  const entries = Object.entries<unknown>({ ...notifications }).map(([name, value]): [string, unknown] => [
    name,
    value ?? null,
  ]);
  return { ...change, notifications: Object.fromEntries(entries) };
}

async function* partsOf(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const part = await reader.read();
      if (part.done) return;
      yield part.value;
    }
  } finally {
    await reader.cancel();
  }
}

async function errorOf(response: Response): Promise<TasticError> {
  const { status } = response;
  let said: { code?: unknown; message?: unknown; guidance?: unknown } = {};
  try {
    said = ((await response.json()) as { error?: object }).error ?? {};
  } catch (cause) {
    return new TasticError("storage-failed", `the 3Bot answered ${status}`, { cause });
  }
  const { code, message, guidance } = said;
  return new TasticError(
    typeof code === "string" ? (code as ErrorCode) : "storage-failed",
    typeof message === "string" ? message : `the 3Bot answered ${status}`,
    { ...(typeof guidance === "string" ? { guidance } : {}), data: { status } },
  );
}
