/**
 * What restic's REST protocol needs of HTTP, whichever way it goes: over sockets (`http-transport.ts`) or over the
 * standard input and output of rclone (`http2-transport.ts`). One request, one answer, bodies in memory.
 */

import type { Traffic } from "@tastic/storage";

export interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  /** Below the repository's URL, without a slash in front: "config", "data/3f0a…", "?create=true". */
  readonly path: string;
  /** Names in lowercase. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body in pieces, which must not change until the answer is there. */
  readonly body?: readonly Uint8Array[];
  /** Told of the bytes of both bodies; what it returns is waited for. */
  readonly traffic?: Traffic | undefined;
  /** Sees the answer before its body is taken or memory for it is allocated; what it throws refuses the answer. */
  readonly onHead?: (head: Head) => void;
}

/** An answer without its body. */
export interface Head {
  readonly status: number;
  /** Names in lowercase. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** How many bytes the body has, where the server says so. */
  readonly length: number | undefined;
}

export interface Answer extends Head {
  /** Whole and exact where the status says success; else the beginning of what the server has to say. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface Transport {
  /**
   * Sends a request and resolves with the whole answer, whatever its status. Rejects with what `onHead` throws, and
   * with the system's or Node's error where the exchange broke, also when `signal` is aborted.
   *
   * A body that was sent whole when the signal is aborted is not called back: it is the server's by then, so its answer
   * is waited for, for a moment (`afterwards`).
   */
  send(request: Request, signal?: AbortSignal): Promise<Answer>;

  /** Breaks off what is under way and lets go of every connection. */
  close(): Promise<void>;
}

/** How long an answer is waited for after the signal was aborted, in milliseconds. */
export const afterwards = 3000;

/** The first value of a header. */
export function headerOf(head: Head, name: string): string | undefined {
  const value = head.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** The number that a Content-Length states, if it is one. */
export function lengthOf(value: string | undefined): number | undefined {
  return value !== undefined && /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
}
