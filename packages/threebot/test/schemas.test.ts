/** The shapes of answers are those of the service's types: what one has and the other has not does not compile. */
import type * as Service from "@tastic/threebot";
import type { InferInput, GenericSchema } from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as schemas from "../dist/owner-api/schemas.js";
import { createSite } from "./support/owner-site.js";

/** Without `readonly`, and what may be undefined may be left out, as JSON leaves it out. */
type Plain<T> = T extends string
  ? string extends T
    ? string
    : T extends `${infer Literal}`
      ? Literal
      : string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? Simple<
          { -readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: Plain<T[Key]> } & {
            -readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Plain<T[Key]>;
          }
        >
      : T;
type Simple<T> = { [Key in keyof T]: T[Key] };
type Shape<Schema extends GenericSchema> = Plain<InferInput<Schema>>;

it("types and shapes are the same", () => {
  expectTypeOf<Shape<typeof schemas.problemSchema>>().toEqualTypeOf<Plain<Service.Problem>>();
  expectTypeOf<Shape<typeof schemas.progressSchema>>().toEqualTypeOf<Plain<Service.Progress>>();
  expectTypeOf<Shape<typeof schemas.runSchema>>().toEqualTypeOf<Plain<Service.Run>>();
  expectTypeOf<Shape<typeof schemas.copySchema>>().toEqualTypeOf<Plain<Service.Copy>>();
  expectTypeOf<Shape<typeof schemas.placeStatusSchema>>().toEqualTypeOf<Plain<Service.PlaceStatus>>();
  expectTypeOf<Shape<typeof schemas.statusSchema>>().toEqualTypeOf<Plain<Service.Status>>();
  expectTypeOf<Shape<typeof schemas.settingsSchema>>().toEqualTypeOf<Plain<Service.Settings>>();
  expectTypeOf<Shape<typeof schemas.findingSchema>>().toEqualTypeOf<Plain<Service.Finding>>();
  expectTypeOf<Shape<typeof schemas.ownedSnapshotSchema>>().toEqualTypeOf<Plain<Service.OwnedSnapshot>>();
  expectTypeOf<Shape<typeof schemas.recoverableSchema>>().toEqualTypeOf<Plain<Service.Recoverable>>();
  expectTypeOf<Shape<typeof schemas.restorePreviewSchema>>().toEqualTypeOf<Plain<Service.RestorePreview>>();
  expectTypeOf<Shape<typeof schemas.versionSchema>>().toEqualTypeOf<Plain<Service.Version>>();
  expectTypeOf<Shape<typeof schemas.retentionSchema>>().toEqualTypeOf<Plain<Service.Retention>>();
  expect(Object.keys(schemas.statusSchema.entries)).toContain("verdict");
});

describe("the description", () => {
  it("has each parameter, and the shape of each answer", async () => {
    const { openapiOf } = await import("../dist/owner-api/openapi.js");
    const { ownerRoutes } = await import("../dist/owner-api/owner-routes.js");
    const routes = ownerRoutes(createSite().options);
    const { paths } = openapiOf({ title: "t", version: "1" }, routes) as {
      paths: Record<string, Record<string, Operation>>;
    };
    interface Operation {
      operationId: string;
      parameters?: { name: string; in: string; required: boolean }[];
      requestBody?: {
        content: { "application/json": { schema: { required: string[]; properties: object } } };
      };
      responses: { "200": { content: Record<string, { schema: { properties?: object } }> } };
    }
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const entries = paths["/api/v1/places/{place}/snapshots/{id}/entries"]!["get"]!;
    expect(entries.parameters?.map((one) => [one.name, one.in, one.required])).toEqual([
      ["place", "path", true],
      ["id", "path", true],
      ["path", "query", false],
      ["offset", "query", false],
      ["limit", "query", false],
    ]);
    const pin = paths["/api/v1/places/{place}/snapshots/{id}/pin"]!["post"]!;
    const body = pin.requestBody!.content["application/json"].schema;
    expect([body.required, Object.keys(body.properties)]).toEqual([["pinned"], ["pinned"]]);
    const status = paths["/api/v1/status"]!["get"]!.responses["200"].content["application/json"]!.schema;
    expect(Object.keys(status.properties ?? {})).toEqual(Object.keys(schemas.statusSchema.entries));
    const secret = paths["/api/v1/settings"]!["get"]!.responses;
    expect(JSON.stringify(secret)).not.toContain('"smtpPassword"');
  });
});
