/**
 * What `check --read-data-subset` means: "2/5", "1.5%" or "50M".
 */
import { parseSize } from "@tastic/snapshots";
import type { ReadSelection } from "@tastic/snapshots";
import { fatal } from "./text-error.js";

const MAX_PARTS = 256;
const FLAG = "check flag --read-data-subset";

/** @throws TasticError invalid-argument */
export function parseReadSubset(given: string): ReadSelection {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(given) ?? [];
  if (part !== undefined && of !== undefined) return partOf(Number(part), Number(of));
  const [, percentage] = /^([+-]?[\d.]+)%$/.exec(given) ?? [];
  if (percentage !== undefined) return percentageOf(Number(percentage));
  let bytes = 0;
  try {
    bytes = parseSize(given);
  } catch (cause) {
    throw fatal(`${FLAG} has invalid value, please see documentation`, {
      guidance: "Give n/t, a percentage such as 2.5%, or a size such as 500M.",
      cause,
    });
  }
  if (bytes > 0) return { kind: "bytes", bytes };
  throw fatal(`${FLAG}=n n must be above 0`);
}

function partOf(part: number, of: number): ReadSelection {
  if (part === 0 || of === 0 || part > of) {
    throw fatal(`${FLAG}=n/t values must be positive integers, and n <= t, e.g. --read-data-subset=1/2`);
  }
  if (of > MAX_PARTS) throw fatal(`${FLAG}=n/t t must be at most ${MAX_PARTS}`);
  return { kind: "part", part, of };
}

function percentageOf(percentage: number): ReadSelection {
  if (percentage > 0 && percentage <= 100) return { kind: "percentage", percentage };
  throw fatal(`${FLAG}=x% x must be above 0.0% and at most 100.0%`);
}
