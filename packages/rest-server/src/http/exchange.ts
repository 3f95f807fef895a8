/** One request and its answer, with what the server has found out about it on the way. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestPath, Target } from "./request-path.js";
import type { ObjectStore } from "../stores/object-store.js";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly path: RequestPath;
  /** The name that logged in; "" where nobody logs in. */
  readonly account: string;
  readonly policy: Policy;
  readonly store: ObjectStore;
  /** For logs, such as "alice/laptop"; "" for the repository at the root. */
  readonly repository: string;
}

/** What an account may do. */
export interface Policy {
  readonly appendOnly: boolean;
  /** So many days deleted objects stay in the trash; 0 removes them at once. */
  readonly trashDays: number;
  /** Bytes that the account may store; undefined for no limit. */
  readonly quota: number | undefined;
}

export type TargetOf<K extends Target["kind"]> = Extract<Target, { kind: K }>;
