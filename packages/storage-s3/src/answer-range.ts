/** Is the answer to a load what was asked for? From its headers, before its body is read ("Range Requests", RFC 9110). */
import { TasticError } from "@tastic/errors";
import { type ByteRange, checkLength, checkWithin, describeFile, type StorageFile } from "@tastic/storage";
import { badAnswer, type Failed } from "./s3-error.js";
import { headerOf } from "./service-error.js";

/** How long the body of an answer to a load has to be; undefined where nobody says. */
export function expectedLength(
  file: StorageFile,
  range: ByteRange | undefined,
  answer: { readonly ContentLength?: number | undefined; readonly ContentRange?: string | undefined },
  failed: Failed,
): number | undefined {
  const { ContentLength: length, ContentRange: contentRange } = answer;
  if (range === undefined) {
    if (length !== undefined) checkLength(file, length);
    return length;
  }
  const [, first] = /^bytes (\d+)-\d+\//.exec(contentRange ?? "") ?? [];
  const whole = contentRange === undefined && range.offset === 0 && length === range.length;
  if (first === undefined && !whole)
    throw badAnswer(failed, "the answer is not the range that was asked for");
  const total = totalOf(contentRange);
  if (total !== undefined) checkWithin(file, range, total);
  if ((first !== undefined && Number(first) !== range.offset) || (length ?? range.length) !== range.length) {
    throw badAnswer(failed, "the answer is another range than was asked for");
  }
  return range.length;
}

/** The size of the whole object, from the header of a range of it. */
export function totalOf(contentRange: string | undefined): number | undefined {
  const [, total] = /\/(\d+)$/.exec(contentRange ?? "") ?? [];
  return total === undefined ? undefined : Number(total);
}

/** The error for a range that begins beyond the end of its object (status 416). */
export function beyond(file: StorageFile, range: ByteRange, error: unknown): TasticError {
  const size = totalOf(headerOf(error, "content-range"));
  if (size !== undefined) checkWithin(file, range, size);
  return new TasticError(
    "invalid-format",
    `${describeFile(file)} is too short: nothing from ${range.offset} on, where ${range.length} bytes were asked for`,
    {
      guidance: "The object is damaged, or what refers to it is; check the repository.",
      data: { ...file, ...range },
    },
  );
}
