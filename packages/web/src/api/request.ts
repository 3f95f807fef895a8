/**
 * Requests to the service of the page. When the session is over, a request waits until there is one again and is then
 * sent anew, so that nothing is lost that somebody was typing.
 */
import { ApiError } from "./api-error.js";
import { encodePart } from "./encode-part.js";

export type Query = Readonly<Record<string, string | number | undefined>>;

const gatewayFailures: ReadonlySet<number> = new Set([502, 503, 504]);

let loginAgain: () => Promise<void> = () => Promise.resolve();

/** What to wait for when the service says that a login is needed. */
export function whenLoggedOut(handler: () => Promise<void>): void {
  loginAgain = handler;
}

export function get<T>(path: string, query: Query = {}): Promise<T> {
  return send(() => fetch(addressOf(path, query), { headers: { accept: "application/json" } }));
}

/** A file, whole. */
export async function getBytes(address: string): Promise<Uint8Array> {
  return sendRaw(
    () => fetch(address),
    async (response) => new Uint8Array(await response.arrayBuffer()),
  );
}

export function post<T>(path: string, body: object = {}): Promise<T> {
  return send(() => fetchPost(path, body));
}

/** For logging in itself: a 401 is an answer here. */
export function postOnce<T>(path: string, body: object): Promise<T> {
  return answerOf(fetchPost(path, body));
}

export function getOnce<T>(path: string): Promise<T> {
  return answerOf(fetch(addressOf(path), { headers: { accept: "application/json" } }));
}

/** Where a browser fetches a download from. */
export function addressOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = given.map(([key, value]) => `${key}=${encodePart(String(value))}`).join("&");
  return `/api/v1/${path}${search === "" ? "" : `?${search}`}`;
}

function fetchPost(path: string, body: object): Promise<Response> {
  return fetch(addressOf(path), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
}

async function sendRaw<T>(
  request: () => Promise<Response>,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  for (;;) {
    const response = await request();
    if (response.ok) return read(response);
    if (response.status !== 401) return answerOf(Promise.resolve(response));
    await loginAgain();
  }
}

async function send<T>(request: () => Promise<Response>): Promise<T> {
  for (;;) {
    try {
      return await answerOf<T>(request());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      await loginAgain();
    }
  }
}

async function answerOf<T>(request: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch {
    throw new ApiError(0, "unreachable", "", undefined);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  // Whoever stands in front of the service says that it does not answer; the service itself would say more.
  if (body === undefined && gatewayFailures.has(response.status))
    throw new ApiError(response.status, "unreachable", "", undefined);
  const { code, message, guidance } = failureIn(body);
  throw new ApiError(response.status, code, message, guidance);
}

function failureIn(body: unknown): { code: string; message: string; guidance: string | undefined } {
  const error: unknown = typeof body === "object" && body !== null && "error" in body ? body.error : {};
  const { code, message, guidance } = (error ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return { code: text(code) ?? "internal", message: text(message) ?? "", guidance: text(guidance) };
}
