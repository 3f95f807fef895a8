import { TasticError } from "@tastic/errors";
import { expect, it } from "vitest";
import { problemOf } from "../dist/owner/problem.js";

it("a problem says what an owner can do, in words of an owner", () => {
  const refused = new TasticError("access-denied", "the server does not accept it", {
    guidance: "Look at RESTIC_REST_USERNAME.",
    data: { status: 401 },
  });
  expect(problemOf(refused)).toMatchObject({
    code: "access-denied",
    guidance: expect.stringContaining("tell whoever runs the marketplace") as string,
  });
  const full = new TasticError("no-space", "the disk is full", {
    guidance: "Make room.",
    data: { problem: "special" },
  });
  expect(problemOf(full)).toEqual({ code: "special", message: "the disk is full", guidance: "Make room." });
});

it("a defect's words are not for the owner", () => {
  expect(JSON.stringify(problemOf(new TypeError("secret of the inside")))).not.toContain("secret");
});
