/** The deployer over HTTP, for the person at its page. */
import type { Context } from "hono";
import * as v from "valibot";
import { defineRoute, type Route } from "../http/route.js";
import { retryLater } from "../marketplace/routes.js";
import type { Deployer } from "./deployer.js";
import { deployment } from "./deployment.js";

const name = v.pipe(v.string(), v.maxLength(100));
const password = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000));
const target = v.optional(v.pipe(v.string(), v.maxLength(100)));
const named = v.object({ name });
const withPassword = v.strictObject({ name, password });
const created = v.strictObject({ name, password, target });

const copies = v.object({
  copies: v.array(
    v.object({
      url: v.string(),
      snapshots: v.number(),
      newest: v.optional(v.string()),
      problem: v.optional(v.object({ code: v.string(), message: v.string() })),
    }),
  ),
});

export function deployerRoutes(deployer: Deployer, addressOf: (context: Context) => string): Route[] {
  const route = <Input extends v.GenericSchema>(
    method: "GET" | "POST",
    path: string,
    summary: string,
    input: Input,
    output: v.GenericSchema,
    work: (input: v.InferOutput<Input>, from: string) => Promise<unknown>,
  ): Route =>
    defineRoute({
      method,
      path: `/api/v1/deployer/${path}`,
      access: "session",
      summary,
      input,
      output,
      handle: (given: v.InferOutput<Input>, context) =>
        retryLater(context, () => work(given, addressOf(context))),
    });
  return [
    route(
      "POST",
      "check",
      "Can a 3Bot of this name be created or recovered?",
      named,
      v.object({
        known: v.boolean(),
        running: v.boolean(),
        allowed: v.boolean(),
        problem: v.optional(v.string()),
      }),
      (given) => deployer.check(given.name),
    ),
    route(
      "POST",
      "strength",
      "How hard is this password to guess?",
      v.strictObject({ password: v.pipe(v.string(), v.maxLength(1_000)), name: v.optional(name) }),
      v.object({ score: v.number(), guidance: v.string(), enough: v.boolean() }),
      (given) => deployer.strength(given.password, given.name),
    ),
    route("POST", "find", "What there is in the two copies.", withPassword, copies, async (given, from) => ({
      copies: await deployer.find(given.name, given.password, from),
    })),
    route("POST", "create", "Makes a new 3Bot.", created, deployment, (given, from) =>
      deployer.create(given.name, given.password, from, given.target),
    ),
    route("POST", "recover", "Brings a 3Bot back.", created, deployment, (given, from) =>
      deployer.recover(given.name, given.password, from, given.target),
    ),
    route(
      "GET",
      "deployments",
      "All 3Bots here.",
      v.strictObject({}),
      v.object({ deployments: v.array(deployment) }),
      async () => ({ deployments: await deployer.list() }),
    ),
    route("GET", "deployments/:name", "One of them.", named, deployment, (given) => deployer.get(given.name)),
    route(
      "GET",
      "targets",
      "Where 3Bots can run.",
      v.strictObject({}),
      v.object({ targets: v.array(v.string()) }),
      () => Promise.resolve({ targets: deployer.targets }),
    ),
    route("POST", "deployments/:name/stop", "Ends a 3Bot; its data stay.", named, deployment, (given) =>
      deployer.stopThreebot(given.name),
    ),
    route("POST", "deployments/:name/start", "Starts it again.", named, deployment, (given) =>
      deployer.startThreebot(given.name),
    ),
    route(
      "POST",
      "deployments/:name/move",
      "Backs it up, and brings it back at another target.",
      v.strictObject({ name, password, target: v.pipe(v.string(), v.maxLength(100)) }),
      deployment,
      (given, from) => deployer.move(given.name, given.target, given.password, from),
    ),
    route(
      "POST",
      "deployments/:name/destroy",
      "Ends it; removes it and its backups in seven days. `confirm` is the name, typed again.",
      v.strictObject({ name, password, confirm: name }),
      deployment,
      (given, from) => deployer.destroy(given.name, given.confirm, given.password, from),
    ),
    route("POST", "deployments/:name/undo", "Undoes that, in time.", named, deployment, (given, from) =>
      deployer.undo(given.name, from),
    ),
  ];
}
