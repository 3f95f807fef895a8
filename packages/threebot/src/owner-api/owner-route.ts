/** A route of the owner's interface: what is not in the shape of its answer does not leave the service. */
import { TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Context } from "hono";
import * as v from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import type { OwnerService } from "../owner/service.js";
import type { Access } from "./access.js";
import { nothing } from "./schemas.js";

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

/** A route that does something, and has nothing to say but that it is done. */
export function actionRoute<Input extends v.GenericSchema>(
  route: Omit<OwnerRoute<Input, typeof nothing>, "method" | "output" | "handle" | "access"> &
    Partial<Pick<Route, "access">>,
  act: (input: v.InferOutput<Input>, context: Context) => Promise<void>,
): Route {
  return ownerRoute<Input, typeof nothing>({
    access: "session",
    ...route,
    method: "POST",
    output: nothing,
    handle: async (input, context) => {
      await act(input, context);
      return {};
    },
  });
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
