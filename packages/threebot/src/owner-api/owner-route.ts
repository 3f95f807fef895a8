/** A route of the owner's interface: what is not in the shape of its answer does not leave the service. */
import { TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Context } from "hono";
import * as v from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import type { OwnerService } from "../owner/service.js";
import type { Access } from "./access.js";

/** What routes are made with. */
export interface OwnerRoutesOptions {
  readonly owner: OwnerService;
  readonly access: Access;
  /** Aborted when the service stops: answers that go on for long come to an end. */
  readonly stopping: AbortSignal;
  readonly log: Log;
}

export interface OwnerRoute<Input extends v.GenericSchema, Output extends v.GenericSchema> extends Omit<
  Route<Input>,
  "handle" | "output"
> {
  readonly output: Output;
  handle(
    input: v.InferOutput<Input>,
    context: Context,
  ): Promise<Loose<v.InferInput<Output>>> | Loose<v.InferInput<Output>>;
}

/** The same, but nobody promises not to change it: the service's own types are all readonly. */
export type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Loose<T[Key]> }
    : T;

export function ownerRoute<Input extends v.GenericSchema, Output extends v.GenericSchema>(
  route: OwnerRoute<Input, Output>,
): Route {
  return defineRoute<Input, unknown>({
    ...route,
    handle: async (input, context) => {
      const result = v.safeParse(route.output, await route.handle(input, context));
      if (result.success) return result.output;
      const [issue] = result.issues;
      throw new TasticError(
        "internal",
        `${route.path} would answer ${v.getDotPath(issue) ?? "what it may not"}`,
      );
    },
  });
}
