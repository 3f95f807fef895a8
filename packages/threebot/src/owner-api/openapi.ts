/** The interface described for programs and people: OpenAPI 3.1, made of the routes themselves. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { defineRoute, type Route } from "../http/route.js";

type JsonObject = Record<string, unknown>;

export interface OpenapiInfo {
  readonly title: string;
  readonly version: string;
}

export function openapiRoute(info: OpenapiInfo, routes: () => readonly Route[]): Route {
  let document: JsonObject | undefined;
  return defineRoute({
    method: "GET",
    path: "/api/v1/openapi.json",
    access: "session",
    summary: "This description.",
    handle: () => (document ??= openapiOf(info, routes())),
  });
}

export function openapiOf(info: OpenapiInfo, routes: readonly Route[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info,
    paths,
    components: {
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "3bot-session" },
        token: { type: "http", scheme: "bearer" },
      },
      schemas: { Failure: failureSchema },
    },
  };
}

const failureSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        guidance: { type: "string", description: "What to do now." },
      },
    },
  },
};

function operationOf(route: Route): JsonObject {
  const input = schemaOf(route.input, "input");
  const names = Object.keys(input?.["properties"] ?? {});
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  const rest = names.filter((name) => !inPath.includes(name));
  const body = route.method === "POST" && input !== undefined ? withoutNames(input, inPath) : undefined;
  const parameters = [
    ...inPath.map((name) => parameterOf(input, name, "path")),
    ...(route.method === "GET" ? rest.map((name) => parameterOf(input, name, "query")) : []),
  ];
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    security: route.access === "public" ? [] : [{ session: [] }, { token: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      "200": { description: "Done.", content: contentOf(route) },
      default: {
        description: "What is wrong, and what to do.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Failure" } } },
      },
    },
  };
}

function contentOf(route: Route): JsonObject {
  if (route.path.endsWith("/events")) return { "text/event-stream": { schema: { type: "string" } } };
  if (route.output === undefined && /\/(?:file|zip)$/.test(route.path))
    return { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
  return { "application/json": { schema: schemaOf(route.output, "output") ?? { type: "object" } } };
}

function parameterOf(input: JsonObject | undefined, name: string, place: "path" | "query"): JsonObject {
  const properties = (input?.["properties"] ?? {}) as JsonObject;
  const required = ((input?.["required"] ?? []) as string[]).includes(name);
  return {
    name,
    in: place,
    required: place === "path" || required,
    schema: properties[name] ?? { type: "string" },
  };
}

function withoutNames(schema: JsonObject, names: readonly string[]): JsonObject {
  const { properties, required } = schema as { properties?: JsonObject; required?: string[] };
  if (properties === undefined) return schema;
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name))),
    required: (required ?? []).filter((name) => !names.includes(name)),
  };
}

/** What is asked of the values themselves (no NUL in a path) has no word in JSON Schema and is left out. */
function schemaOf(schema: GenericSchema | undefined, side: "input" | "output"): JsonObject | undefined {
  if (schema === undefined) return undefined;
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore", typeMode: side });
  return rest;
}

/** "postPlacesSnapshotsPin" of "/api/v1/places/:place/snapshots/:id/pin", "getRunsById" of "/api/v1/runs/:id". */
function operationIdOf({ method, path }: Route): string {
  const words = path.replace(/^\/api\/v1/, "").match(/(?<![:\w])\w+/g) ?? [];
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  const [, last] = /:(\w+)$/.exec(path) ?? [];
  const end = last === undefined ? "" : `By${capital(last)}`;
  return method.toLowerCase() + words.map(capital).join("") + end;
}
