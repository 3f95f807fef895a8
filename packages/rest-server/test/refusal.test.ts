/** Which status an error becomes. */
import { TasticError } from "@tastic/errors";
import { refusal } from "@tastic/rest-server";
import { expect, it } from "vitest";
import { answerOf } from "../dist/http/refusal.js";

it("a refusal is answered with its own status, text and headers", () => {
  expect(answerOf(refusal(405, "unsupported", "secret", { headers: { allow: "GET" } }))).toEqual({
    status: 405,
    text: "Method Not Allowed",
    headers: { allow: "GET" },
  });
  expect(answerOf(refusal(412, "invalid-argument", "secret", { text: "said" }))).toMatchObject({
    text: "said",
  });
});

it("a store's own status is not passed on: its login is none of the client's", () => {
  for (const status of [401, 403, 404]) {
    const error = new TasticError("access-denied", "the store refuses us", { data: { status } });
    expect(answerOf(error)).toEqual({ status: 500, text: "Internal Server Error", headers: {} });
  }
  // What a store does not have, a client may know.
  expect(answerOf(new TasticError("not-found", "no such object", { data: { status: 404 } })).status).toBe(
    404,
  );
});
