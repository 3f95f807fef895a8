/**
 * Sizes and shares as restic reads and shows them: "5M", "4.580 KiB", "12.50%".
 */
import { TasticError } from "@tastic/errors";

const UNITS = new Map([
  ["b", 1],
  ["k", 2 ** 10],
  ["m", 2 ** 20],
  ["g", 2 ** 30],
  ["t", 2 ** 40],
]);
const SHOWN_UNITS: readonly (readonly [size: number, name: string])[] = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

/**
 * Bytes of a size such as "5", "5k" or "5G": powers of 1024.
 * @throws TasticError invalid-argument
 */
export function parseSize(text: string): number {
  const match = /^\+?(\d+)([bkmgt]?)$/i.exec(text);
  const size = Number(match?.[1]) * (UNITS.get((match?.[2] ?? "").toLowerCase()) ?? 1);
  // restic counts with 63 bits.
  if (match !== null && size < 2 ** 63) return size;
  const reason = match === null ? "is not a size" : "is too large for a size";
  throw new TasticError("invalid-argument", `${JSON.stringify(text)} ${reason}`, {
    guidance: "Give a whole number of bytes, or one followed by k, M, G or T.",
  });
}

/** A number with so many digits behind the point. Halves go to the even digit as in Go, where `toFixed` rounds up. */
function fixed(value: number, digits: number): string {
  // A half has few binary digits, so twenty decimal ones tell it from its neighbours.
  const exact = value.toFixed(20);
  const cut = exact.length - 20 + digits;
  if (!/^50*$/.test(exact.slice(cut))) return value.toFixed(digits);
  return Number(exact[cut - 1]) % 2 === 0 ? exact.slice(0, cut) : value.toFixed(digits);
}

/** Bytes for people: "1023 B", "4.580 KiB". */
export function formatBytes(bytes: number): string {
  const [size, name] = SHOWN_UNITS.find(([unit]) => bytes >= unit) ?? [1, "B"];
  return size === 1 ? `${bytes} B` : `${fixed(bytes / size, 3)} ${name}`;
}

/** A part of a whole as "12.50%", at most "100.00%"; empty if there is no whole. */
export function formatPercent(part: number, whole: number): string {
  return whole === 0 ? "" : `${fixed(Math.min(100, (100 * part) / whole), 2)}%`;
}
