/** `tastic serve rest`, started for a test on a port of its own, and plain HTTP to talk to it and to other servers. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { request as tlsRequest } from "node:https";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startTastic, temporaryFolder, type Running } from "./peers.js";
import { whenServing } from "./serving.js";

export interface ServedOptions {
  readonly args?: readonly string[];
  /** Where the repositories are; a folder of the test's if not given. */
  readonly folder?: string;
  /** Let everybody in; true if not given. */
  readonly noAuth?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Served {
  /** Such as "http://127.0.0.1:43211/". */
  readonly url: string;
  readonly folder: string;
  readonly running: Running;
  /** What it has printed on standard error so far. */
  said(): string;
  /** Milliseconds from its start until it listened. */
  readonly startedIn: number;
  stop(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
}

export async function serveRest(options: ServedOptions = {}): Promise<Served> {
  const folder = options.folder ?? join(await temporaryFolder(), "served");
  await mkdir(folder, { recursive: true });
  const args = ["serve", "rest", "--path", folder, "--listen", "127.0.0.1:0", ...(options.args ?? [])];
  if (options.noAuth ?? true) args.push("--no-auth");
  const before = performance.now();
  const running = await startTastic(args, { timeout: 600_000, ...(options.env ? { env: options.env } : {}) });
  const serving = await whenServing(running);
  const stop = async (signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> => {
    running.child.kill(signal);
    await running.finished.catch(() => undefined);
  };
  try {
    onTestFinished(() => stop("SIGKILL"));
  } catch {
    // In a hook: whoever called stops it.
  }
  const scheme = args.includes("--tls") ? "https" : "http";
  return {
    url: `${scheme}://${serving.address}/`,
    folder,
    running,
    said: () => serving.said(),
    startedIn: performance.now() - before,
    stop,
  };
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly user?: string;
  readonly password?: string;
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** One request; `path` goes out as it is, without being put in order. */
export function call(base: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { hostname, port, protocol } = new URL(base);
  const authorization =
    options.user === undefined
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${options.user}:${options.password ?? ""}`).toString("base64")}`,
        };
  return new Promise((resolve, reject) => {
    const sent = (protocol === "https:" ? tlsRequest : request)(
      {
        host: hostname,
        port,
        method,
        path,
        agent: false,
        headers: { ...authorization, ...options.headers },
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(pieces);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            text: body.toString(),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

export const media1 = "application/vnd.x.restic.rest.v1";
export const media2 = "application/vnd.x.restic.rest.v2";
