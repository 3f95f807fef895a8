/**
 * A route of the service: what it is called, who may call it, what goes in and what comes out. A file of a route exports
 * one of these; the app that serves them, the description of the interface and the test that enumerates them read it.
 */
import type { Context } from "hono";
import type { GenericSchema, InferOutput } from "valibot";
import type { Failure, FailureStatus } from "./failure.js";

export interface Route<Input extends GenericSchema = GenericSchema, Output = unknown> {
  /** GET changes nothing, ever; what changes something is POST. */
  readonly method: "GET" | "POST";
  /** As Hono writes it: "/api/v1/snapshots/:id". */
  readonly path: string;
  /** `public` needs no session; everything else is refused without one. */
  readonly access: "public" | "session";
  /** One sentence for the description of the interface. */
  readonly summary: string;
  /** The parameters of the path, with the query of a GET, or with the JSON body of a POST. */
  readonly input?: Input;
  /** Of the answer, for the description. */
  readonly output?: GenericSchema;
  /** Bytes that a body may have; 64 KiB if not given. */
  readonly maximumBody?: number;
  /** How its errors look, where they look different from those of all others. */
  failure?(failure: Failure): { readonly status: FailureStatus; readonly body: object };
  /** What it returns is sent as JSON, unless it is a Response. */
  handle(input: InferOutput<Input>, context: Context): Promise<Output | Response> | Output | Response;
}

/** Gives a route its types. */
export function defineRoute<Input extends GenericSchema, Output>(route: Route<Input, Output>): Route {
  // The app parses with `input` before it calls `handle`, which is why one type will do for all.
  return route;
}
