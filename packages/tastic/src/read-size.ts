/** Sizes that users give, and what is wrong with them in the words of Go's parsers. */
import { messageOf } from "@tastic/errors";
import { parseSize } from "@tastic/snapshots";

/** Bytes; `fail` makes an error of why not, which is said in the words of Go's parsers. */
export function readSize(given: string, fail: (why: string) => Error): number {
  try {
    return parseSize(given);
  } catch (error) {
    const number = /[bkmgt]$/i.test(given) ? given.slice(0, -1) : given;
    if (/^-\d+$/.test(number)) throw fail(`ParseSize: "${number}": value out of range`);
    if (!/^\+?\d+$/.test(number))
      throw fail(`strconv.ParseInt: parsing ${JSON.stringify(number)}: invalid syntax`);
    if (Number(number) >= 2 ** 63) throw fail(`strconv.ParseInt: parsing "${number}": value out of range`);
    if (number !== given) throw fail(`ParseSize: "${number}": value out of range`);
    throw fail(messageOf(error));
  }
}
