/** A backup server on another machine, reached over its operator's interface with the operator's token. */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import * as v from "valibot";
import { operatedServer, type BackupServer } from "./backup-server.js";

export interface RemoteBackupServerOptions {
  readonly id: string;
  /** Where 3Bots reach it: "https://backup1.example/". */
  readonly url: string;
  /** Where its operator's interface is: "https://10.0.0.2:8001/". */
  readonly operatorUrl: string;
  readonly operatorToken: string;
  /** Nobody else is on the way to its operator's interface, which may do without TLS then. */
  readonly privateNetwork?: boolean | undefined;
}

/** In milliseconds; a 3Bot waits for it, and the other server is there. */
const usualTimeout = 10_000;
/** What somebody has stored may be much. It goes on when it was given up, and is asked for again. */
const eraseTimeout = 5 * 60_000;
const listed = v.array(v.object({ name: v.string() }));

export function remoteBackupServer(options: RemoteBackupServerOptions): BackupServer {
  const { id, url } = options;
  const account = (name: string): string => `v1/accounts/${encodeURIComponent(name)}`;
  return operatedServer(id, url, {
    provision: (name, request) => ask(options, "PUT", account(name), request),
    erase: (name, hash) => ask(options, "POST", `${account(name)}/erase`, { hash }, eraseTimeout),
    remove: (name) => ask(options, "DELETE", account(name)),
    get: (name) => ask(options, "GET", account(name)),
    async list() {
      const found = v.safeParse(listed, await ask(options, "GET", "v1/accounts"));
      if (found.success) return found.output;
      throw new TasticError("storage-failed", `the backup server ${id} does not say which accounts it has`);
    },
  });
}

/** Returns the JSON of the answer, undefined if it is none. */
async function ask(
  { id, operatorUrl, operatorToken }: RemoteBackupServerOptions,
  method: string,
  path: string,
  body?: object,
  timeout = usualTimeout,
): Promise<unknown> {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(new URL(path, operatorUrl.endsWith("/") ? operatorUrl : `${operatorUrl}/`), {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(timeout),
      headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    throw new TasticError("storage-failed", `the backup server ${id} cannot be reached: ${reason(error)}`, {
      cause: error,
    });
  }
  if (status >= 200 && status < 300) return parsed(text);
  throw refused(id, status);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of the answer is left out: it is the other machine's, and may say anything. */
function refused(id: string, status: number): TasticError {
  const about = `the backup server ${id} refused (${status})`;
  switch (status) {
    case 404:
      return new TasticError("not-found", about);
    case 403:
      return new TasticError("already-exists", about);
    case 400:
      return new TasticError("invalid-argument", about);
    case 401:
      return new TasticError("access-denied", about, { guidance: "Look at its operator's token." });
    default:
      return new TasticError("storage-failed", about);
  }
}

function reason(error: unknown): string {
  if (isTasticError(error)) return error.message;
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
  return messageOf(error) + cause;
}
