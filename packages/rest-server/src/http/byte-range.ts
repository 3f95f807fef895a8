/** The `Range` header (RFC 9110, section 14): one range of bytes is served, several are answered with everything. */

export type RangeAnswer =
  | { readonly kind: "whole" }
  /** `end` is the first byte that is not wanted. */
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

const whole: RangeAnswer = { kind: "whole" };
const unsatisfiable: RangeAnswer = { kind: "unsatisfiable" };

export function parseRange(header: string | undefined, size: number): RangeAnswer {
  if (header === undefined || header === "") return whole;
  // Units that nobody knows are to be passed over.
  if (!/^bytes\s*=/i.test(header)) return whole;
  const specifications = header.slice(header.indexOf("=") + 1).split(",");
  if (specifications.length > 1) return whole;
  const [, first, last] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(specifications[0]!) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return unsatisfiable;
  if (first === "") {
    const length = Math.min(toNumber(last), size);
    return length === 0 ? unsatisfiable : { kind: "part", start: size - length, end: size };
  }
  const start = toNumber(first);
  const inclusive = last === "" ? size - 1 : Math.min(toNumber(last), size - 1);
  if (start >= size || toNumber(last === "" ? first : last) < start) return unsatisfiable;
  return { kind: "part", start, end: inclusive + 1 };
}

/** Numbers that are too large to be right are as good as endless. */
function toNumber(digits: string): number {
  return digits.length > 15 ? Number.MAX_SAFE_INTEGER : Number(digits);
}
