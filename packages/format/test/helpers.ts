// What the tests of this package share.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isTasticError, type ErrorCode } from "@tastic/errors";
import { forgetLocalOffsets } from "@tastic/format";
import { expect } from "vitest";

/** Bytes of a file that `fixtures/make.mjs` made with the real restic. */
export function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, "fixtures", name));
}

/** Runs `work` and gives the code of the TasticError it throws; fails if it throws nothing or anything else. */
export function codeOf(work: () => unknown): ErrorCode {
  try {
    work();
  } catch (error) {
    if (isTasticError(error)) return error.code;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

/** Runs `work` with the process in another time zone. */
export function inZone<T>(zone: string, work: () => T): T {
  const before = process.env.TZ;
  try {
    process.env.TZ = zone;
    forgetLocalOffsets();
    return work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
    forgetLocalOffsets();
  }
}

/** The time zones in which the fixtures were made. */
export const ZONES = [
  ["utc", "UTC"],
  ["kolkata", "Asia/Kolkata"],
  ["monrovia", "Africa/Monrovia"],
  ["new-york", "America/New_York"],
] as const;
