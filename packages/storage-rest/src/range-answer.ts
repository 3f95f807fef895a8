/** Does an answer hold exactly the range that was asked for (RFC 9110, 14.4)? */
import { TasticError } from "@tastic/errors";
import { checkWithin, describeFile, type ByteRange, type StorageFile } from "@tastic/storage";
import { headerOf, type Head } from "./transport.js";

/** Refuses an object that is too short (`invalid-format`) and a server that sends other bytes (`unsupported`). */
export function checkRangeAnswer(file: StorageFile, range: ByteRange, head: Head): void {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headerOf(head, "content-range") ?? "") ?? [];
  if (head.status === 206) {
    if (total !== undefined && total !== "*") checkWithin(file, range, Number(total));
    const starts = first === undefined || Number(first) === range.offset;
    if (starts && (head.length === undefined || head.length === range.length)) return;
    if (starts && head.length !== undefined && head.length < range.length) {
      checkWithin(file, range, range.offset + head.length);
    }
  } else {
    // The whole object, which may be what was asked for.
    if (head.length !== undefined) checkWithin(file, range, head.length);
    if (range.offset === 0 && head.length === range.length) return;
  }
  throw new TasticError(
    "unsupported",
    `${describeFile(file)}: the server does not send the range asked for`,
    {
      guidance: "Check what is between here and the server: a proxy may be in the way of range requests.",
      data: { type: file.type, name: file.name, ...range },
    },
  );
}
