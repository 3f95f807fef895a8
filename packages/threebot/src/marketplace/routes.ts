/** The marketplace over HTTP: what 3Bots ask of it. All of it is public, and asks for a secret or a token itself. */
import { isTasticError } from "@tastic/errors";
import type { Context } from "hono";
import * as v from "valibot";
import type { GenericSchema, InferOutput } from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import type { Marketplace } from "./marketplace.js";
import {
  backupPlaces,
  destroyAnswer,
  destroyRequest,
  loginRequest,
  registerRequest,
  undoRequest,
} from "./protocol.js";

const maximumBody = 4 * 1024;

export function marketplaceRoutes(
  marketplace: Marketplace,
  addressOf: (context: Context) => string,
): Route[] {
  const route = <Input extends GenericSchema>(
    name: string,
    summary: string,
    input: Input,
    output: GenericSchema,
    work: (input: InferOutput<Input>, address: string) => Promise<unknown>,
  ): Route =>
    defineRoute({
      method: "POST",
      path: `/api/v1/${name}`,
      access: "public",
      summary,
      input,
      output,
      maximumBody,
      handle: (request: InferOutput<Input>, context) =>
        retryLater(context, () => work(request, addressOf(context))),
    });
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/health",
      access: "public",
      summary: "Is it there, and how many 3Bots wait for a backup server that is down?",
      output: v.object({ status: v.literal("ok"), unsettled: v.number() }),
      handle: () => ({ status: "ok", unsettled: marketplace.unsettled }),
    }),
    route(
      "register",
      "Registers a 3Bot with a one-time token.",
      registerRequest,
      backupPlaces,
      (given, from) => marketplace.register(given, from),
    ),
    route("login", "Says where the backups of a 3Bot are.", loginRequest, backupPlaces, (given, from) =>
      marketplace.login(given, from),
    ),
    route(
      "destroy",
      "Removes the backups of a 3Bot, in seven days.",
      destroyRequest,
      destroyAnswer,
      (given, from) => marketplace.destroy(given, from),
    ),
    route(
      "restore-backups",
      "Undoes a removal whose time is not over.",
      undoRequest,
      destroyAnswer,
      (given, from) => marketplace.restoreBackups(given, from),
    ),
  ];
}

/** Says when to come again, to those who are told to. */
export async function retryLater<T>(context: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const seconds = isTasticError(error, "limit-exceeded") ? error.data["retryAfter"] : undefined;
    if (typeof seconds === "number") context.header("retry-after", String(seconds));
    throw error;
  }
}
