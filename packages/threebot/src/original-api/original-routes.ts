/**
 * The routes of the original, `/backup/actors/…`, for programs and people that know them. What changes something is done
 * by POST alone: by GET, a picture in a page of others would have been enough. The seed's way to restore, a visit of
 * `/backup/actors/minio/restore`, leads to the page that shows what would happen and asks.
 */
import { TasticError } from "@tastic/errors";
import type { Context } from "hono";
import * as v from "valibot";
import type { Failure, FailureStatus } from "../http/failure.js";
import { defineRoute, type Route } from "../http/route.js";
import type { Place } from "../owner/service.js";
import { audited } from "../owner-api/audited.js";
import type { OwnerRoutesOptions } from "../owner-api/owner-route.js";
import { filePath, password, tagList, text } from "../owner-api/requests.js";
import { OriginalActor, type OriginalAnswer } from "./original-actor.js";

interface Method<Input extends v.GenericSchema = v.GenericSchema> {
  readonly name: string;
  readonly summary: string;
  readonly changes: boolean;
  readonly input: Input;
  call(actor: OriginalActor, input: v.InferOutput<Input>): Promise<OriginalAnswer>;
}

const noArguments = v.strictObject({});
const tagArgument = v.pipe(
  v.nullish(v.union([v.literal(""), tagList])),
  v.transform((given) => (given === "" ? [] : (given ?? []))),
);
const tagsOnly = v.strictObject({ tags: v.optional(tagArgument) });

const pathsArgument = v.pipe(
  v.nullish(v.pipe(v.array(filePath), v.maxLength(1_000))),
  v.transform((given) => given ?? []),
);

const sharedMethods = [
  method({
    name: "repos_exist",
    summary: "Is it set up?",
    changes: false,
    input: noArguments,
    call: (actor) => actor.reposExist(),
  }),
  method({
    name: "snapshots",
    summary: "Snapshots, newest first.",
    changes: false,
    input: tagsOnly,
    call: (actor, { tags }) => actor.snapshots(tags ?? []),
  }),
  method({
    name: "restore",
    summary: "Restores the newest snapshot, and answers when it is done.",
    changes: true,
    input: tagsOnly,
    call: (actor, { tags }) => actor.restore(tags ?? []),
  }),
  method({
    name: "enable_auto_backup",
    summary: "Switches automatic backups on.",
    changes: true,
    input: noArguments,
    call: (actor) => actor.setAutomatic(true),
  }),
  method({
    name: "check_auto_backup",
    summary: "Are automatic backups on?",
    changes: false,
    input: noArguments,
    call: (actor) => actor.checkAutomatic(),
  }),
  method({
    name: "disable_auto_backup",
    summary: "Switches automatic backups off.",
    changes: true,
    input: noArguments,
    call: (actor) => actor.setAutomatic(false),
  }),
];

const backupSummary = "Makes a backup, and answers when it is done.";
const backupMinio = method({
  name: "backup",
  summary: backupSummary,
  changes: true,
  input: tagsOnly,
  call: (actor, { tags }) => actor.backup(tags ?? []),
});
const backupMarketplace = method({
  name: "backup",
  summary: backupSummary,
  changes: true,
  input: v.strictObject({ ...tagsOnly.entries, paths: v.optional(pathsArgument) }),
  call: (actor, { tags, paths }) => actor.backup(tags ?? [], paths),
});

const initMinio = method({
  name: "init",
  summary: "Sets Minio up; what worked before stays if it fails.",
  changes: true,
  input: v.strictObject({
    minio_url: text(2_048),
    password,
    access_key: text(200),
    secret_key: text(200),
  }),
  call: (actor, input) => actor.initMinio(input),
});

const initMarketplace = method({
  name: "init",
  summary: "Sets the marketplace up.",
  changes: true,
  input: v.strictObject({
    password,
    new: v.optional(v.boolean(), true),
    // Not in the original, where the 3Bot knew them from elsewhere.
    name: v.optional(text(100)),
    token: v.optional(text(200)),
  }),
  call: (actor, input) => actor.initMarketplace(input),
});

const actors: readonly {
  readonly actor: string;
  readonly place: Place;
  readonly methods: readonly Method[];
}[] = [
  { actor: "minio", place: "minio", methods: [...sharedMethods, backupMinio, initMinio] },
  {
    actor: "threebot_deployer",
    place: "marketplace",
    methods: [...sharedMethods, backupMarketplace, initMarketplace],
  },
  // As it was called first.
  {
    actor: "marketplace",
    place: "marketplace",
    methods: [...sharedMethods, backupMarketplace, initMarketplace],
  },
];

export function originalRoutes(options: OwnerRoutesOptions): Route[] {
  const routes = actors.flatMap(({ actor, place, methods }) =>
    methods.flatMap((one) => routesOf(options, actor, place, one)),
  );
  return [...routes, ...unknownRoutes()];
}

function routesOf({ owner, access }: OwnerRoutesOptions, actor: string, place: Place, of: Method): Route[] {
  const path = `/backup/actors/${actor}/${of.name}`;
  const call = async (input: unknown, context: Context): Promise<Response> => {
    const work = (): Promise<OriginalAnswer> => of.call(new OriginalActor(owner, place), input);
    const answer = of.changes
      ? await audited(access, context, `original-${of.name}`, { place }, work)
      : await work();
    return context.json(answer);
  };
  const shared = { path, summary: of.summary, failure: originalFailure };
  const post = defineRoute({ ...shared, method: "POST", access: "session", input: of.input, handle: call });
  if (!of.changes)
    return [
      post,
      defineRoute({ ...shared, method: "GET", access: "session", input: of.input, handle: call }),
    ];
  if (of.name !== "restore")
    return [post, defineRoute({ ...shared, method: "GET", access: "session", handle: onlyByPost })];
  const summary = "Leads a browser to the page that asks before it restores.";
  const lead = (_input: unknown, context: Context): Response => {
    refuseOtherSites(context);
    return context.redirect(`/#/restore?place=${place}&snapshot=latest`, 302);
  };
  return [post, defineRoute({ ...shared, summary, method: "GET", access: "public", handle: lead })];
}

/** As the original answered for actors and methods that it did not have. */
function unknownRoutes(): Route[] {
  const known = new Set(actors.map(({ actor }) => actor));
  const refuse = (_input: unknown, context: Context): never => {
    const actor = context.req.param("actor") ?? "";
    throw new TasticError("invalid-argument", known.has(actor) ? "method not found" : "actor not found");
  };
  const shared = {
    path: "/backup/actors/:actor/:method",
    access: "session",
    summary: "There is no such method.",
    failure: originalFailure,
    handle: refuse,
  } as const;
  return [defineRoute({ ...shared, method: "GET" }), defineRoute({ ...shared, method: "POST" })];
}

function onlyByPost(_input: unknown, context: Context): Response {
  return context.json({ error: "this changes something and is done by POST" }, 405, { allow: "POST" });
}

/** Not even the question is to come up because of a page of others. */
function refuseOtherSites(context: Context): void {
  const site = context.req.header("sec-fetch-site");
  if (site === undefined || site === "none" || site === "same-origin") return;
  throw new TasticError("access-denied", "a page of another site may not lead here");
}

/** The original knew these; everything else was 500. */
const knownStatus: readonly FailureStatus[] = [400, 401, 403, 404, 429];

function originalFailure({ status, body }: Failure): { status: FailureStatus; body: object } {
  return { status: knownStatus.includes(status) ? status : 500, body: { error: body.error.message } };
}

/** Gives a method its types, as `defineRoute` does for routes. */
function method<Input extends v.GenericSchema>(of: Method<Input>): Method {
  return of;
}
