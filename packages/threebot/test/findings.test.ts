import { TasticError, type ErrorCode } from "@tastic/errors";
import { expect, it } from "vitest";
import { findingOf } from "../dist/owner/findings.js";

it.each<[ErrorCode, Record<string, unknown>, string]>([
  ["no-repository", {}, "new"],
  ["wrong-password", {}, "wrong-password"],
  ["access-denied", { type: "config", status: 403, serverCode: "InvalidAccessKeyId" }, "wrong-keys"],
  ["access-denied", { type: "config", status: 403, serverCode: "SignatureDoesNotMatch" }, "wrong-keys"],
  // The answer to HEAD has no body, and so no code.
  ["access-denied", { type: "config", status: 403 }, "wrong-keys"],
  ["access-denied", { type: "config", status: 403, serverCode: "RequestTimeTooSkewed" }, "refused"],
  ["access-denied", { type: "config", status: 409, serverCode: "BucketAlreadyExists" }, "refused"],
  ["access-denied", {}, "refused"],
  // That the engine says on what it was does not make it an answer.
  ["access-denied", { type: "config", name: "" }, "refused"],
  ["invalid-argument", {}, "refused"],
  ["invalid-argument", { type: "config", status: 400 }, "unreachable"],
  ["storage-failed", { type: "config", status: 500 }, "unreachable"],
])("%s with %j is found as %s, whatever its words are", (code, data, found) => {
  for (const message of ["the access key is not right", "the address is not allowed", ""])
    expect(findingOf(new TasticError(code, message, { data })).found).toBe(found);
});

it("at the marketplace there are no keys", () => {
  const refused = new TasticError("access-denied", "no", { data: { status: 401 } });
  expect(findingOf(refused, "marketplace")).toMatchObject({
    found: "refused",
    problem: { code: "access-denied" },
  });
});
